// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// addresses counts a period's distinct affected addresses.
func (g *Gate) addresses(a asked, p figure.Period, f *event.Figure, to lines) (lines, error) {
	f.Distinct = true
	q := a.table.rollup(a.def, a.of, a.by, event.TimeOf(p.From), event.TimeOf(p.To))
	q.Stage, q.Distinct = event.StageAttempt, []event.DistinctSide{event.DistinctAffected}
	r, err := g.rollups.Rollup(q)
	if err != nil {
		return nil, err
	}
	if !r.Whole {
		return nil, gone(p)
	}
	f.Replay = f.Replay || r.Replay
	for i := range r.Rows {
		if n := publishedUnits(r.Rows[i].Affected); n != nil {
			to = append(to, line{group: r.Rows[i].Group, value: n.Count, estimated: n.Estimated})
		}
	}
	return to, nil
}

// publishedUnits gives a number of addresses as it may be published: with the noise
// of its members where it was counted, as it is where a sketch estimates it.
func publishedUnits(d *event.Distinct) *event.FigureUnits {
	switch {
	case d == nil || d.Count == 0:
		return nil
	case !d.Exact:
		return &event.FigureUnits{Count: d.Count, Estimated: true}
	}
	return &event.FigureUnits{Count: disclosure.Perturb(d.Count, d.Key)}
}

// hosts adds to attacks by hosting side how many addresses they came from: a few
// make spikes. Where the sets of a period are no longer kept there are none.
func (g *Gate) hosts(a *asked, now lines) error {
	if a.bare || a.def.Counts != figure.CountsHosted {
		return nil
	}
	r, err := g.rollups.Rollup(a.table.hosts(a.def, a.of, a.by, event.TimeOf(a.period.From), event.TimeOf(a.period.To)))
	if err != nil || !r.Whole {
		return err
	}
	now.sort()
	for i := range r.Rows {
		if at := now.find(r.Rows[i].Group); at >= 0 {
			now[at].hosts = publishedUnits(r.Rows[i].Hosting)
		}
	}
	return nil
}
