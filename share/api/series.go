// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

const seriesText = "Numbers that vendors and partners published, under their names: they count in their own way, and are never added to what is counted here. " +
	"Numbers are decimal texts with the digits that the source gave. Changes and ranks follow from the numbers of the same series alone."

func (a *API) series(h huma.API) {
	huma.Register(h, huma.Operation{
		OperationID: "series-list", Method: http.MethodGet, Path: "/api/v1/series", Summary: "Series that others published", Description: seriesText,
		RejectUnknownQueryParameters: true,
	}, func(ctx context.Context, _ *struct{}) (*seriesListOut, error) {
		out := &seriesListOut{}
		out.Body.Series = []seriesHead{}
		r := a.deps.Gate.AllSeries(ctx, classify.Nobody())
		for _, s := range r.Value() {
			out.Body.Series = append(out.Body.Series, headOf(&s))
		}
		return out, nil
	})
	huma.Register(h, huma.Operation{
		OperationID: "series", Method: http.MethodGet, Path: "/api/v1/series/{id}", Summary: "One series, with its source", Description: seriesText,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, RejectUnknownQueryParameters: true,
	}, func(ctx context.Context, in *seriesIn) (*seriesOut, error) {
		r, err := a.deps.Gate.OneSeries(ctx, classify.Nobody(), in.ID)
		if err != nil {
			return nil, a.problem(ctx, classify.Nobody(), err)
		}
		s := r.Value()
		out := &seriesOut{Body: seriesBody{seriesHead: headOf(&s), Points: make([]seriesPoint, len(s.Points)), csv: in.Format == "csv"}}
		for i := range s.Points {
			out.Body.Points[i] = encodePoint(&s.Points[i])
		}
		return out, nil
	})
}

type seriesIn struct {
	ID     string `path:"id" example:"vendor-web-threats"`
	Format string `query:"format" enum:"json,csv" default:"json"`
}

type seriesListOut struct {
	Body struct {
		Series []seriesHead `json:"series"`
	}
}

type seriesOut struct {
	Body seriesBody
}

// seriesHead says what a series is and whose.
type seriesHead struct {
	ID         string      `json:"id"`
	Name       twoLanguage `json:"name"`
	Source     string      `json:"source" doc:"who published it; name it wherever a number is shown"`
	Method     twoLanguage `json:"method"`
	Licence    string      `json:"licence"`
	URL        string      `json:"url"`
	Unit       twoLanguage `json:"unit" doc:"% for shares: their changes are in points"`
	Population twoLanguage `json:"population"`
	Version    int         `json:"version" doc:"of the whole; a changed number makes the next"`
	Imported   string      `json:"imported"`
	About      twoLanguage `json:"about" doc:"path of its page"`
}

type seriesBody struct {
	seriesHead
	Points []seriesPoint `json:"points" doc:"by period, then country"`

	csv bool
}

type seriesPoint struct {
	Period   string         `json:"period" example:"2026-Q3"`
	From     string         `json:"from" doc:"inclusive"`
	To       string         `json:"to" doc:"exclusive"`
	Country  string         `json:"country,omitempty" doc:"code, or world; absent where the series is of no country"`
	Value    string         `json:"value"`
	Low      string         `json:"low,omitempty"`
	High     string         `json:"high,omitempty"`
	Active   string         `json:"active,omitempty" doc:"participants behind a share"`
	Status   string         `json:"status" enum:"provisional,final,revised"`
	Version  int            `json:"version" doc:"of the series, in which this number first stood"`
	PerDay   string         `json:"per_day,omitempty" doc:"over the period's days, rounded"`
	Previous *seriesChange  `json:"previous,omitempty" doc:"change on the period before"`
	Year     *seriesChange  `json:"year,omitempty" doc:"change on the same period a year before"`
	Rank     int            `json:"rank,omitempty" doc:"rank/1 among the countries of the period; shares of fewer than 10,000 participants have none"`
	Worst    int            `json:"worst_rank,omitempty" doc:"where intervals overlap the place is a range from rank to this"`
	Ranked   int            `json:"ranked,omitempty" doc:"how many countries have a rank"`
	Before   []seriesBefore `json:"before,omitempty" doc:"what stood here in earlier versions, the oldest first"`
}

type seriesChange struct {
	Base    string `json:"base" doc:"the base's period"`
	Value   string `json:"base_value"`
	Percent string `json:"percent,omitempty" doc:"absent where the base is 0, and for shares"`
	Points  string `json:"points,omitempty" doc:"of shares: percentage points"`
}

type seriesBefore struct {
	Version int    `json:"version"`
	Value   string `json:"value"`
	Low     string `json:"low,omitempty"`
	High    string `json:"high,omitempty"`
	Status  string `json:"status"`
}

func headOf(s *event.Series) seriesHead {
	return seriesHead{
		s.ID, twoLanguage(s.Name), s.Source, twoLanguage(s.Method), s.Licence, s.URL, twoLanguage(s.Unit), twoLanguage(s.Population),
		s.Version, s.Imported.String(), twoLanguage{"/vi/chuoi-so-lieu/" + s.ID, "/en/series/" + s.ID},
	}
}

func encodePoint(p *event.SeriesPoint) seriesPoint {
	out := seriesPoint{
		Period: p.Period.Name, From: p.Period.From.String(), To: p.Period.To.String(), Country: p.Country, Value: p.Value, Low: p.Low, High: p.High,
		Active: p.Active, Status: p.Status, Version: p.Version, PerDay: p.PerDay, Rank: p.Rank, Ranked: p.Ranked,
	}
	if p.RankWorst > p.Rank {
		out.Worst = p.RankWorst
	}
	for _, c := range []struct {
		from *event.SeriesChange
		to   **seriesChange
	}{{p.Previous, &out.Previous}, {p.Year, &out.Year}} {
		if c.from != nil {
			x := seriesChange(*c.from)
			*c.to = &x
		}
	}
	for _, b := range p.Before {
		out.Before = append(out.Before, seriesBefore(b))
	}
	return out
}

// ContentType says how the series is written.
func (b seriesBody) ContentType(given string) string {
	if b.csv {
		return statsCSV
	}
	return given
}

// writeCSV repeats the source on every line.
func (b seriesBody) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"series", "name_en", "source", "licence", "unit_en", "population_en", "version", "period", "from", "to", "country", "value", "low", "high", "active",
		"status", "per_day", "previous", "previous_percent", "previous_points", "year", "year_percent", "year_points", "rank", "worst_rank", "ranked"})
	for i := range b.Points {
		p := &b.Points[i]
		line := []string{b.ID, event.Inert(b.Name.EN), event.Inert(b.Source), event.Inert(b.Licence), event.Inert(b.Unit.EN), event.Inert(b.Population.EN), strconv.Itoa(p.Version),
			p.Period, p.From, p.To, p.Country, p.Value, p.Low, p.High, p.Active, p.Status, p.PerDay}
		for _, c := range []*seriesChange{p.Previous, p.Year} {
			if c == nil {
				c = &seriesChange{}
			}
			line = append(line, c.Base, c.Percent, c.Points)
		}
		_ = out.Write(append(line, rankCell(p.Rank), rankCell(p.Worst), rankCell(p.Ranked)))
	}
	out.Flush()
	return out.Error()
}

func rankCell(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
