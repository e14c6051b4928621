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
		s.show(w, r, l, http.StatusOK, &page{Page: "list", Title: l.T("series.title"), Path: l.path("series"), Other: s.other(l).path("series"), Body: out})
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
		ID: x.ID, Path: l.path("series") + "/" + x.ID, Name: x.Name.In(l.Code), Source: x.Source, Method: x.Method.In(l.Code),
		Licence: x.Licence, URL: x.URL, Unit: x.Unit.In(l.Code), Population: x.Population.In(l.Code),
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
		Period: periodName(l.Code, &p.Period), Country: l.T("series.none.country"), Rank: "–", Value: l.decimal(p.Value), PerDay: l.decimal(p.PerDay),
		Previous: l.changed(p.Previous), Year: l.changed(p.Year), Status: l.T("status." + p.Status),
	}
	if p.Country != "" {
		out.Country = figure.PlaceName(l.Code, p.Country)
	}
	if p.Low != "" {
		out.Interval = l.decimal(p.Low) + "–" + l.decimal(p.High)
	}
	if p.Rank > 0 {
		rank := strconv.Itoa(p.Rank)
		if p.RankWorst > p.Rank {
			rank += "–" + strconv.Itoa(p.RankWorst)
		}
		out.Rank = l.T("series.rank", "rank", rank, "n", p.Ranked)
	}
	for _, b := range p.Before {
		out.Before = append(out.Before, l.T("series.before", "version", b.Version, "value", l.decimal(b.Value), "status", l.T("status."+b.Status)))
	}
	return out
}

func (l *language) changed(c *event.SeriesChange) string {
	switch {
	case c == nil:
		return "–"
	case c.Points != "":
		return l.signed(c.Points) + " " + l.T("series.points")
	case c.Percent != "":
		return l.signed(c.Percent) + "\u00a0%"
	}
	return "–"
}
