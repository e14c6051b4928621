// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/participant"
	"haidang/share"
)

// lattice hands the gate what open figures are made with.
func (a *App) lattice() classify.Lattice { return a.latticeOver(a.measure, a.participants) }

// latticeOver is the same over other counts.
func (a *App) latticeOver(m *measure.Measure, p *participant.Room) classify.Lattice {
	work := newSensorWork(a, m)
	return classify.Lattice{
		Home: a.home, Zone: a.zone, Now: a.now, Watermark: a.measure.Watermark, Data: a.counted(m, p), Sectors: contributions{a, m}.sectors,
		Notes: a.notes, Work: work.of, Views: work.seen, Units: p.Count, Thresholds: a.thresholds(),
		Losses: a.losses,
	}
}

// counted names the state of what figures of a period are made of: its own counts,
// and what sensors and organisations are now.
func (a *App) counted(m *measure.Measure, p *participant.Room) func(from, to event.Time) string {
	standing := share.NewAnswers[string](workFor, 2, a.now)
	return func(from, to event.Time) string {
		registered := strconv.FormatUint(a.identity.Registered(), 10)
		of, _ := standing.Get(registered, func() (string, error) { return a.standing(), nil })
		return fmt.Sprint(m.Version(from, to), " ", p.Version(from, to), " ", of)
	}
}

// standing is a digest of what changes of figures rest on beside counts: which
// sensors are enrolled with which coverage, and which organisations are one.
func (a *App) standing() string {
	var of []string
	for _, e := range a.identity.List() {
		of = append(of, e.Name+"\x00"+e.Covers)
	}
	for _, o := range a.identity.Organisations() {
		of = append(of, fmt.Sprint(o.ID, o.Parent))
	}
	slices.Sort(of)
	sum := sha256.Sum256([]byte(strings.Join(of, "\x01")))
	return hex.EncodeToString(sum[:8])
}

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
		every(ctx, decideEvery, func() { a.decide(ctx) })
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

// sectors counts a period's attacks by sector, kind and band, with who contributes.
func (c contributions) sectors(from, to event.Time) ([]classify.Contribution, bool, error) {
	cells, whole, err := c.measure.Contributions([]measure.Dim{measure.DimSector, measure.DimKind, measure.DimBand}, from, to, event.StageAttempt, c.app.ministry())
	if err != nil {
		return nil, false, rollupProblem(err)
	}
	out := make([]classify.Contribution, len(cells))
	for i, cell := range cells {
		out[i] = classify.Contribution{Sector: cell.Group[0], Kind: cell.Group[1], Band: cell.Group[2], Events: cell.Events, Units: cell.Units}
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
