// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"haidang/app/admin"
	"haidang/cite"
	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/participant"
)

// foldMargin is how long before a period a record may stand that one of the period
// folds into (events/1: 24 hours for feeds).
const foldMargin = event.Time(24 * 3600e9)

// replayFigure works a cited figure out again: from the records that were there at
// its journal position or, where some of them have expired, from the roll-ups.
func (a *App) replayFigure(ctx context.Context, q admin.Canonical) (out admin.ReplayedFigure, err error) {
	c, err := cite.Parse(q.Canonical)
	if err != nil {
		return out, err
	}
	if p := a.store.Position(); c.Position > p {
		return out, fmt.Errorf("the figure is of journal position %d, this observatory is at %d: it is another's, or was put back from an older backup", c.Position, p)
	}
	citation := event.Citation{CitedFigure: c, Canonical: q.Canonical, ID: cite.ID(q.Canonical)}
	question, err := a.questionOf(&c)
	if err != nil {
		return out, err
	}
	m, gate := a.measure, a.gate
	whole, err := a.recordsWhole(ctx, &c)
	if err != nil {
		return out, err
	}
	if out.FromRecords = whole && !q.Rollups; out.FromRecords {
		var p *participant.Room
		if m, p, out.Records, err = a.countUpTo(ctx, &c); err != nil {
			return out, fmt.Errorf("counting records: %w", err)
		}
		gate = a.gateOver(m, p)
	}
	r, err := a.comparedAgain(ctx, gate, m, question, &citation)
	var gone *classify.QuestionError
	if errors.As(err, &gone) {
		out.Gone = gone.Detail
		return out, nil
	}
	out.Same, out.Canonical, out.At = r.Same, r.Canonical, r.At
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, admin.FigureDifference(d))
	}
	if kept, err := a.citations.book.Get(ctx, citation.ID); err == nil {
		out.RevisedBy = kept.RevisedBy
	}
	return out, err
}

func (a *App) questionOf(c *event.CitedFigure) (event.FigureQuery, error) {
	f := &c.Figure
	q := event.FigureQuery{Figure: f.Definition, Of: f.Of, By: f.By, Period: f.Period.Name, Base: f.BaseKind, Zone: "local", Form: c.Form}
	switch f.Period.Zone {
	case a.zone.String():
	case "UTC":
		q.Zone = "UTC"
	default:
		return q, fmt.Errorf("the figure's periods are cut in %s, this observatory's in %s or UTC", f.Period.Zone, a.zone)
	}
	return q, nil
}

// comparedAgain works a figure out and holds it against its citation. It may have been
// cited when the counts of its periods did not say yet what sensors saw of a line:
// then changes rested on the whole, as they did in the form before.
func (a *App) comparedAgain(ctx context.Context, g *classify.Gate, m *measure.Measure, q event.FigureQuery, c *event.Citation) (cite.Replayed, error) {
	again, err := a.figureAgain(ctx, g, m, q)
	if err != nil {
		return cite.Replayed{}, err
	}
	r, err := cite.Compare(c, again)
	if err != nil || r.Same || c.Form != 0 || q.Base == "" {
		return r, err
	}
	q.Form = cite.FormOfWhole
	if again, err = a.figureAgain(ctx, g, m, q); err != nil {
		return r, err
	}
	if then, err := cite.Compare(c, again); err == nil && then.Same {
		return then, nil
	}
	return r, nil
}

func (a *App) figureAgain(ctx context.Context, g *classify.Gate, m *measure.Measure, q event.FigureQuery) (out event.CitedFigure, err error) {
	r, err := g.Figure(ctx, classify.Nobody(), q)
	if err != nil {
		return out, err
	}
	out.Figure = r.Value()
	out.Coverage, err = a.coverageOf(m, out.Figure.Period.From, out.Figure.Period.To, a.citations.setKey)
	return out, err
}

// spans are the figure's period and its base's, with what folds into them. What a
// longer period shows by sector depends on the year up to its end; participants are
// kept by whole local days.
func (a *App) spans(c *event.CitedFigure) (out [][2]event.Time) {
	for _, p := range []*event.FigurePeriod{&c.Figure.Period, c.Figure.Base} {
		if p == nil {
			continue
		}
		from := p.From
		if slices.Contains(c.Figure.By, "sector") && p.Kind != "day" {
			from = event.TimeOf(time.Date(from.Std().In(a.zone).Year(), 1, 1, 0, 0, 0, 0, a.zone))
		}
		to := p.To
		if c.Figure.Distinct {
			y, m, d := to.Std().In(a.zone).Date()
			to = event.TimeOf(time.Date(y, m, d+1, 0, 0, 0, 0, a.zone))
		}
		out = append(out, [2]event.Time{from - foldMargin, to})
	}
	return out
}

// recordsWhole says whether all records are still stored that the figure was counted
// from.
func (a *App) recordsWhole(ctx context.Context, c *event.CitedFigure) (bool, error) {
	r := rebuild{app: a, since: event.TimeUnset}
	if err := r.findDay(ctx); err != nil {
		return false, err
	}
	for _, s := range a.spans(c) {
		if r.since.IsSet() && s[0] < r.since {
			return false, nil
		}
	}
	return true, nil
}

// countUpTo counts the records of the figure's periods that lie at or before its
// journal position, into counts of their own.
func (a *App) countUpTo(ctx context.Context, c *event.CitedFigure) (*measure.Measure, *participant.Room, int64, error) {
	var n int64
	units, err := a.participantConfig()
	if err != nil {
		return nil, nil, 0, err
	}
	room := participant.New(units, participant.Dependencies{Log: a.log, Now: a.now, Open: a.openInputs()})
	next, stop := iter.Pull2(a.batchesUpTo(ctx, c, &n))
	defer stop()
	cfg := measure.Config{Home: a.home, Zone: a.zone, SketchKey: a.keys.sketch, FoldBudget: int64(a.cfg.Measure.FoldMemory), Attic: a.cfg.Data}
	deps := measure.Dependencies{Log: a.log, Now: a.now, SensorInfo: a.identity.Sensor, Open: a.openInputs()}
	m := measure.New(cfg, deps)
	err = measure.Rebuild(cfg, deps, nil, func() (*event.Batch, error) {
		b, err, _ := next()
		if b != nil {
			room.Add(b)
		}
		return b, err
	}, func(parts []measure.Part) error {
		for _, p := range parts {
			if err := m.Load(p.Key, p.Data); err != nil {
				return err
			}
		}
		return nil
	})
	return m, room, n, err
}

func (a *App) batchesUpTo(ctx context.Context, c *event.CitedFigure, n *int64) iter.Seq2[*event.Batch, error] {
	within, open := a.spans(c), a.openInputs()
	return func(yield func(*event.Batch, error) bool) {
		err := a.store.Walk(ctx, func(b *event.Batch) error {
			var out event.Batch
			var e event.Event
			for row := range b.Rows() {
				for _, s := range within {
					if at := b.Time[row]; at >= s[0] && at < s[1] && event.Position(b.RawSeq[row]) <= c.Position {
						b.Row(row, &e)
						out.Append(&e)
						if open == nil || open(b, row) { // how many others there are is nobody's business
							*n++
						}
						break
					}
				}
			}
			if out.Rows() > 0 && !yield(&out, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// gateOver answers figures from other counts by the same rules.
func (a *App) gateOver(m *measure.Measure, p *participant.Room) *classify.Gate {
	l := a.latticeOver(m, p)
	l.Notes = readNotes{a.notes} // what was published stands, whatever comes out
	return a.gateBefore(m).WithLattice(l)
}
