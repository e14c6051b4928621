// SPDX-License-Identifier: Apache-2.0

package app

import (
	"haidang/classify"
	"haidang/event"
	"haidang/measure"
)

// lattice hands the gate what open figures are made with.
func (a *App) lattice() classify.Lattice {
	return classify.Lattice{Home: a.home, Zone: a.zone, Now: a.now, Watermark: a.measure.Watermark, Sectors: a.sectors}
}

// sectors counts a period's attacks by sector, with who contributes.
func (a *App) sectors(from, to event.Time) ([]event.Count, bool, error) {
	return a.sectorsOf(a.measure, from, to)
}

func (a *App) sectorsOf(m *measure.Measure, from, to event.Time) ([]event.Count, bool, error) {
	cells, whole, err := m.Contributions([]measure.Dim{measure.DimSector}, from, to, event.StageAttempt, a.ministry())
	if err != nil {
		return nil, false, rollupProblem(err)
	}
	out := make([]event.Count, len(cells))
	for i, c := range cells {
		out[i] = event.Count{
			Key: c.Group[0], Events: c.Events, Records: c.Records,
			Organisations: c.Orgs, Largest: c.Largest, Second: c.Second,
		}
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
