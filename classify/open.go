// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"haidang/event"
	"haidang/figure"
)

// Lattice is what open figures are made with. Sectors gives attacks by sector and
// kind, and who contributes to each.
type Lattice struct {
	Home      event.Country
	Zone      *time.Location
	Now       func() time.Time
	Watermark func() event.Time
	// Data changes with whatever figures of a period are made of, but for decisions;
	// nil where that is not known.
	Data    func(from, to event.Time) string
	Sectors func(from, to event.Time) (parts []Contribution, whole bool, err error)
	// Work says what each sensor did in a period; nil where it is not known, and
	// changes are then not judged by it.
	Work func(from, to event.Time, stage event.Stage) ([]SensorWork, error)
	// Views says which sensors saw what of a line; nil where it is not known, and lines
	// rest on what the whole does.
	Views func(ViewQuery) ([]SensorView, error)
	// Losses says what became of what sensors sent, by hour of acceptance; nil where
	// it is not known.
	Losses func(from, to time.Time) []SensorHour
	Notes  Notebook // nil: kept as long as the gate lives
	// Units counts participants; Thresholds bound what is published of them.
	Units      func(event.UnitQuery) (event.Units, error)
	Thresholds Thresholds
}

// WithLattice gives the gate what open figures are made with. It is called before
// the first question.
func (g *Gate) WithLattice(l Lattice) *Gate {
	if l.Notes == nil {
		l.Notes = &pages{}
	}
	g.lattice = l
	return g
}

// asked is a question of the open lattice that was understood.
type asked struct {
	def    *figure.Definition
	table  *table
	by     []string
	of     string
	period figure.Period
	base   figure.Period
	on     figure.Base // "" where no change is asked for
	now    time.Time
	form   int // of a citation that is worked out again, 0 for today's
	bare   bool
}

// Figure gives one declared table in a period of the calendar: the figures that
// are open to everybody. Anything else is a QuestionError that names the nearest
// table. A change compares whole periods, so that a period that is still running
// has none. Protected dimensions are answered for local days, and for longer periods
// of whole months, once these are final: what is hidden is worked out when nothing
// changes any more, of a longer period beside all that is published of others.
func (g *Gate) Figure(_ context.Context, v Viewer, q event.FigureQuery) (Released[event.Figure], error) {
	a, err := g.understand(q)
	if err != nil {
		return Released[event.Figure]{}, err
	}
	if err := g.shownFigure(v, &a); err != nil {
		return Released[event.Figure]{}, err
	}
	passed, err := g.passed()
	if err != nil {
		return Released[event.Figure]{}, err
	}
	f := a.frame(g.lattice.Watermark(), passed)
	if err := g.protects(&a, f.Status); err != nil {
		return Released[event.Figure]{}, err
	}
	w := workrooms.Get().(*workroom)
	defer w.done()
	if len(q.Groups) > 0 {
		f.Rows = w.rows
	}
	if err := g.count(&a, &f, w); err != nil {
		return Released[event.Figure]{}, err
	}
	if f.Silent, err = g.silent(&a, &f); err != nil {
		return Released[event.Figure]{}, err
	}
	if err := g.settle(&a, &f, passed); err != nil {
		return Released[event.Figure]{}, err
	}
	if !q.Later && g.lattice.Notes.Flush() != nil { // what cannot be kept is not final
		if err := g.settle(&a, &f, passed); err != nil {
			return Released[event.Figure]{}, err
		}
	}
	if len(q.Groups) > 0 {
		w.rows, f.Rows = f.Rows, chosen(f.Rows, q.Groups)
	}
	return release(v, shortened(f, q.Limit)), nil
}

// chosen copies the rows of some groups.
func chosen(rows []event.FigureRow, groups [][]string) []event.FigureRow {
	out := make([]event.FigureRow, 0, len(groups))
	for i := range rows {
		at := slices.IndexFunc(groups, func(g []string) bool { return slices.Equal(g, rows[i].Group) })
		if at >= 0 {
			out = append(out, rows[i])
			out[len(out)-1].Group = groups[at] // the other one may keep many more in memory
		}
	}
	return out
}

// count fills in the numbers.
func (g *Gate) count(a *asked, f *event.Figure, w *workroom) (err error) {
	if a.def.Counts.OfParticipants() {
		return g.units(*a, f)
	}
	if w.now, err = g.lines(*a, a.period, f, w.now); err != nil {
		return err
	}
	if err := g.hosts(a, w.now); err != nil {
		return err
	}
	w.before = w.before[:0]
	if a.on != "" {
		if w.before, err = g.lines(*a, a.base, f, w.before); err != nil {
			return err
		}
	}
	a.fill(f, w.now, w.before)
	if err := g.panel(a, f); err != nil {
		return err
	}
	return g.apart(*a, f)
}

func shortened(f event.Figure, limit int) event.Figure {
	if limit > 0 && len(f.Rows) > limit {
		f.Rows = f.Rows[:limit]
	}
	return f
}

// understand reads a question against definitions, calendar and tables.
func (g *Gate) understand(q event.FigureQuery) (a asked, err error) {
	book := figure.BuiltIn()
	if a.def = book.Find(q.Figure); a.def == nil || a.def.Counts == figure.CountsRule {
		return a, &QuestionError{Field: "figure", Detail: fmt.Sprintf("%q is no figure that is counted; there are %s", q.Figure, strings.Join(book.Counted(), ", "))}
	}
	if q.Of != "" && q.Of != figure.World {
		if c, ok := event.ParseCountry(q.Of); !ok || c.String() != q.Of {
			return a, &QuestionError{Field: "of", Detail: fmt.Sprintf("%q is neither a country's code of two capital letters nor %s", q.Of, figure.World)}
		}
		if !figure.IsCountry(q.Of) {
			return a, &QuestionError{Field: "of", Detail: fmt.Sprintf("%q is no country's code (ISO 3166-1 alpha-2, as VN)", q.Of)}
		}
	}
	a.by, a.form, a.bare = q.By, q.Form, q.Bare
	if a.table, a.of, err = declared(a.def, q.Of, g.lattice.Home.String(), q.By); err != nil {
		return a, err
	}
	return a, g.calendar(&a, q)
}

// calendar reads the period and the base.
func (g *Gate) calendar(a *asked, q event.FigureQuery) (err error) {
	zone := g.lattice.Zone
	switch strings.ToLower(q.Zone) {
	case "", "local":
	case "utc":
		zone = time.UTC
	default:
		return &QuestionError{Field: "zone", Detail: fmt.Sprintf("%q is neither local nor UTC", q.Zone)}
	}
	a.now = g.lattice.Now().In(zone)
	a.period = figure.Containing(figure.Day, a.now)
	if q.Period != "" {
		if a.period, err = figure.ParsePeriod(q.Period, zone); err != nil {
			return &QuestionError{Field: "period", Detail: err.Error()}
		}
	}
	if a.period.From.After(a.now) {
		return &QuestionError{Field: "period", Detail: a.period.String() + " has not begun"}
	}
	if q.Base == "" {
		return nil
	}
	if a.on, err = figure.ParseBase(q.Base, a.period.Kind); err != nil {
		return &QuestionError{Field: "base", Detail: err.Error()}
	}
	if a.base, err = a.period.Base(a.on); err != nil {
		return &QuestionError{Field: "base", Detail: err.Error()}
	}
	if a.now.Before(a.period.To) {
		ended := figure.Containing(a.period.Kind, a.period.From.Add(-time.Nanosecond))
		if a.period.Kind == figure.YearToDate {
			ended = figure.Containing(a.period.Kind, a.period.To.AddDate(0, 0, -2))
		}
		return &QuestionError{Field: "base", Detail: fmt.Sprintf("%s is still running, and a change compares whole periods; the last one that has ended is %s", a.period, ended)}
	}
	return nil
}

// frame makes the figure without its numbers.
func (a *asked) frame(watermark, passed event.Time) event.Figure {
	f := event.Figure{
		Definition: a.def.ID, Unit: a.def.Unit.EN, Of: a.of, By: a.by, Period: a.spell(a.period),
		Status: figure.StatusOf(a.period, a.now, passed, 1), Revision: 1,
		At: event.TimeOf(a.now), Watermark: watermark,
	}
	if a.on != "" {
		base := a.spell(a.base)
		f.BaseKind, f.Base = string(a.on), &base
	}
	return f
}

func (a *asked) spell(p figure.Period) event.FigurePeriod {
	return event.FigurePeriod{
		Name: p.String(), Kind: p.Kind.String(), Zone: p.Zone(), From: event.TimeOf(p.From), To: event.TimeOf(p.To),
		Days: p.Days(), Ended: !a.now.Before(p.To),
	}
}
