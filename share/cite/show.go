// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"net/http"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/figure"
)

// shownFigure is what a citation's page shows.
type shownFigure struct {
	ID, Permalink, JSON, CSV, Quote string
	Definition, DefinitionPath      string
	Name, Unit, Place, Period, Zone string
	Sentence                        string
	Status, Revision                string
	Replay                          bool
	Newer, Older                    string // addresses
	Differences                     []shownDifference
	By                              []string
	Base                            string // what changes are measured against, in words
	Ranked                          string
	Unconfirmed                     string
	Rows                            []shownRow
	Sensors, Silent, Hours, Set     string
	Position                        string
	Snapshots                       []event.Snapshot
	Computed                        moment
	Software, Key, Signature        string
	Canonical                       string
}

type shownRow struct {
	Group                                []string
	Value, PerDay, Rank, Change, Against string
	Of                                   string // of a ratio: of what
	Rests                                string // on what the change rests, where the line is judged by itself
	Hidden, Few                          bool
}

type shownDifference struct{ What, Old, New string }

// figurePage shows a citation, in the language of the reader; the address is the
// same in both.
func (s *Server) figurePage(w http.ResponseWriter, r *http.Request, c *event.Citation) {
	l := s.spoken(r)
	d := s.describe(l, c)
	at := "/f/" + c.ID
	s.show(w, r, l, http.StatusOK, &page{
		Page: "figure", Title: d.Name + ", " + d.Place + ", " + d.Period, Path: at + "?lang=" + l.Code,
		Other: at + "?lang=" + s.other(l).Code, Replay: c.Figure.Replay, Body: d,
	})
}

func (s *Server) describe(l *language, c *event.Citation) *shownFigure {
	f := &c.Figure
	out := &shownFigure{
		ID: c.ID, Permalink: s.permalink(c.ID), JSON: "/f/" + c.ID + ".json", CSV: "/f/" + c.ID + ".csv",
		Definition: f.Definition, DefinitionPath: l.path("definitions") + "/" + f.Definition, Name: f.Definition, Unit: f.Unit,
		Place: figure.PlaceName(l.Code, f.Of), Period: periodName(l.Code, &f.Period), Zone: f.Period.Zone,
		Status: l.T("status." + string(f.Status)), Revision: strconv.Itoa(f.Revision), Replay: f.Replay,
		Sensors: l.Number(int64(c.Coverage.Sensors)), Silent: l.Number(int64(c.Coverage.Silent)), Hours: "–", Set: c.Coverage.Set,
		Position: l.Number(int64(c.Position)), Snapshots: c.Snapshots,
		Computed: l.moment(c.Computed), Software: c.Software, Key: c.Key, Canonical: string(c.Canonical),
	}
	if d := figure.BuiltIn().Find(f.Definition); d != nil {
		out.Name, out.Unit = d.Name.In(l.Code), d.Unit.In(l.Code)
	}
	if text, err := figure.BuiltIn().Sentence(l.Code, f); err == nil {
		out.Sentence = text
	}
	if c.Coverage.Hours != nil {
		out.Hours = l.Number(*c.Coverage.Hours)
	}
	if c.Revises != "" {
		out.Older = "/f/" + c.Revises
	}
	if c.RevisedBy != "" {
		out.Newer = "/f/" + c.RevisedBy
	}
	for _, d := range c.Differences {
		out.Differences = append(out.Differences, l.difference(&d))
	}
	out.Quote = l.T("figure.quote", "name", l.T("name"), "figure", out.Name, "id", f.Definition, "place", out.Place, "period", out.Period,
		"status", out.Status, "link", out.Permalink)
	s.table(l, f, out)
	return out
}

// table fills in what belongs to the rows.
func (s *Server) table(l *language, f *event.Figure, out *shownFigure) {
	for _, by := range f.By {
		out.By = append(out.By, l.T("by."+by))
	}
	if f.Base != nil {
		out.Base = figure.Base(f.BaseKind).PhraseOf(l.Code, f.Period.Kind) + " (" + periodName(l.Code, f.Base) + ")"
	}
	if f.Ranked > 0 {
		out.Ranked = l.Number(int64(f.Ranked))
	}
	if f.Unconfirmed != nil {
		out.Unconfirmed = l.Number(*f.Unconfirmed)
	}
	for i := range f.Rows {
		out.Rows = append(out.Rows, l.row(&f.Rows[i]))
	}
}

func (l *language) row(r *event.FigureRow) shownRow {
	out := shownRow{Hidden: r.Hidden, Few: r.Few, Value: l.Number(r.Value), PerDay: l.decimal(decimal(r.PerDay)), Rank: "–"}
	if x := r.Ratio; x != nil {
		out.Value, out.PerDay = l.decimal(tenths(x.Value)), "–"
		out.Of = l.T("figure.of", "n", l.Number(x.Numerator), "of", l.Number(x.Denominator))
		if x.High > 0 {
			out.Of += " (" + l.decimal(tenths(x.Low)) + "–" + l.decimal(tenths(x.High)) + ")"
		}
	}
	if r.Estimated {
		out.Of = join(out.Of, l.T("figure.estimated"))
	}
	if r.Hosts != nil {
		out.Of = join(out.Of, l.T("figure.hosts", "n", l.Number(r.Hosts.Count)))
	}
	for _, g := range r.Group {
		if g == "" {
			g = l.T("unknown")
		}
		out.Group = append(out.Group, g)
	}
	if r.Rank > 0 {
		out.Rank = strconv.Itoa(r.Rank)
	}
	if c := r.Change; c != nil {
		out.Change, out.Against = "–", l.Number(c.Value)
		if c.Ratio != nil {
			out.Against = l.decimal(tenths(c.Ratio.Value))
		}
		if c.Value != 0 {
			out.Change = l.signed(decimal(c.Percent)) + "\u00a0%"
		}
	}
	out.Rests = l.rests(r.Rests)
	return out
}

// rests says what the same sensors saw of a line, "" where there is nothing to say
// beside the change.
func (l *language) rests(r *event.FigureRests) string {
	switch {
	case r == nil || r.Rests == event.RestsOnMost && r.Percent == nil:
		return ""
	case r.Rests == event.RestsOnNothing:
		return l.T("rests.break")
	case r.Percent == nil:
		return l.T("rests.panel", "n", "–")
	}
	return l.T("rests."+r.Rests, "n", l.signed(tenths(*r.Percent))+"\u00a0%")
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

func (l *language) difference(d *event.FigureDifference) shownDifference {
	out := shownDifference{What: l.T("differs." + d.What), Old: d.From, New: d.To}
	if len(d.Group) > 0 {
		out.What += " (" + strings.Join(d.Group, ", ") + ")"
	}
	switch d.What {
	case "status":
		out.Old, out.New = l.T("status."+d.From), l.T("status."+d.To)
	case "value", "base":
		out.Old, out.New = l.absent(d.Old), l.absent(d.New)
	}
	return out
}

func (l *language) absent(v *int64) string {
	if v == nil {
		return "–"
	}
	return l.Number(*v)
}
