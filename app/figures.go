// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"strconv"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/participant"
)

// lattice hands the gate what open figures are made with.
func (a *App) lattice() classify.Lattice { return a.latticeOver(a.measure, a.participants) }

// latticeOver is the same over other counts.
func (a *App) latticeOver(m *measure.Measure, p *participant.Room) classify.Lattice {
	return classify.Lattice{
		Home: a.home, Zone: a.zone, Now: a.now, Watermark: a.measure.Watermark, Data: a.counted, Sectors: contributions{a, m}.sectors,
		Notes: a.notes, Work: newSensorWork(a, m).of, Units: p.Count, Thresholds: a.thresholds(),
		Losses: a.losses,
	}
}

// counted changes with every record that is kept: it names the last one.
func (a *App) counted() string { return strconv.FormatUint(uint64(a.store.Position()), 10) }

// settle decides about what may be shown of days that have become final.
func (a *App) settle() {
	if err := a.gate.Settle(); err != nil {
		a.log.Error("the sectors of a final day cannot be released; it is tried again", "error", err)
	}
}

// startDeciding decides, one after the other, which lines of protected tables longer
// periods show: of this year and the last. It takes long where much is hidden.
func (a *App) startDeciding(context.Context) error {
	a.background("deciding", func(ctx context.Context) {
		t := time.NewTicker(decideEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				a.decide(ctx)
			}
		}
	})
	return nil
}

// decideEvery is how often it is looked for periods to decide about.
const decideEvery = time.Minute

// decide decides about all that is final and undecided.
func (a *App) decide(ctx context.Context) {
	for back := 1; back >= 0; back-- {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = a.gate.DecideNext(ctx, a.now().AddDate(-back, 0, 0)); err != nil && ctx.Err() == nil {
				a.log.Error("it cannot be decided what a longer period shows by sector; it is tried again", "error", err)
				return
			}
		}
	}
}

// contributions are counts with who contributes to them.
type contributions struct {
	app     *App
	measure *measure.Measure
}

// sectors counts a period's attacks by sector and kind, with who contributes.
func (c contributions) sectors(from, to event.Time) ([]classify.Contribution, bool, error) {
	cells, whole, err := c.measure.Contributions([]measure.Dim{measure.DimSector, measure.DimKind}, from, to, event.StageAttempt, c.app.ministry())
	if err != nil {
		return nil, false, rollupProblem(err)
	}
	out := make([]classify.Contribution, len(cells))
	for i, cell := range cells {
		out[i] = classify.Contribution{Sector: cell.Group[0], Kind: cell.Group[1], Events: cell.Events, Units: cell.Units}
	}
	return out, whole, nil
}

// ministry says which organisations are one contributor: those that belong to
// the same ministry.
func (a *App) ministry() func(org uint32) uint32 {
	parents := map[uint32]uint32{}
	for _, o := range a.identity.Organisations() {
		parents[o.ID] = o.Parent
	}
	return func(org uint32) uint32 {
		for range len(parents) { // a circle ends too
			if parents[org] == 0 {
				break
			}
			org = parents[org]
		}
		return org
	}
}
