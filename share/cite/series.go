// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"net/http"
	"strconv"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

// shownSeries is what a series' page shows.
type shownSeries struct {
	ID, Path, Name, Source, Method, Licence, URL, Unit, Population string
	Version                                                        string
	Imported                                                       moment
	Ranks                                                          bool
	Points                                                         []shownPoint
}

type shownPoint struct {
	Period, Country, Rank, Value, Interval, PerDay, Previous, Year, Status string
	Before                                                                 []string
}

// list answers with all series of others.
func (s *Server) list(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var out []shownSeries
		released := s.dep.Gate.AllSeries(r.Context(), classify.Nobody())
		for _, x := range released.Value() {
			out = append(out, l.series(&x))
		}
		s.show(w, r, l, http.StatusOK, &page{Page: "list", Title: l.t("series.title"), Path: l.path("series"), Other: s.other(l).path("series"), Body: out})
	}
}

// series answers with one of them.
func (s *Server) series(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		released, err := s.dep.Gate.OneSeries(r.Context(), classify.Nobody(), r.PathValue("id"))
		if err != nil {
			s.without(w, r, err)
			return
		}
		x := released.Value()
		body := l.series(&x)
		s.show(w, r, l, http.StatusOK, &page{
			Page: "series", Title: body.Name + " (" + x.Source + ")", Path: body.Path, Other: s.other(l).path("series") + "/" + x.ID, Body: body,
		})
	}
}

func (l *language) series(x *event.Series) shownSeries {
	out := shownSeries{
		ID: x.ID, Path: l.path("series") + "/" + x.ID, Name: x.Name.In(l.code), Source: x.Source, Method: x.Method.In(l.code),
		Licence: x.Licence, URL: x.URL, Unit: x.Unit.In(l.code), Population: x.Population.In(l.code),
		Version: strconv.Itoa(x.Version), Imported: l.moment(x.Imported),
	}
	for i := range x.Points {
		p := &x.Points[i]
		out.Ranks = out.Ranks || p.Rank > 0
		out.Points = append(out.Points, l.point(p))
	}
	return out
}

func (l *language) point(p *event.SeriesPoint) shownPoint {
	out := shownPoint{
		Period: periodName(l.code, &p.Period), Country: l.t("series.none.country"), Rank: "–", Value: l.decimal(p.Value), PerDay: l.decimal(p.PerDay),
		Previous: l.changed(p.Previous), Year: l.changed(p.Year), Status: l.t("status." + p.Status),
	}
	if p.Country != "" {
		out.Country = figure.PlaceName(l.code, p.Country)
	}
	if p.Low != "" {
		out.Interval = l.decimal(p.Low) + "–" + l.decimal(p.High)
	}
	if p.Rank > 0 {
		rank := strconv.Itoa(p.Rank)
		if p.RankWorst > p.Rank {
			rank += "–" + strconv.Itoa(p.RankWorst)
		}
		out.Rank = l.t("series.rank", "rank", rank, "n", p.Ranked)
	}
	for _, b := range p.Before {
		out.Before = append(out.Before, l.t("series.before", "version", b.Version, "value", l.decimal(b.Value), "status", l.t("status."+b.Status)))
	}
	return out
}

func (l *language) changed(c *event.SeriesChange) string {
	switch {
	case c == nil:
		return "–"
	case c.Points != "":
		return l.signed(c.Points) + " " + l.t("series.points")
	case c.Percent != "":
		return l.signed(c.Percent) + "\u00a0%"
	}
	return "–"
}
