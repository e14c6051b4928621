// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"slices"

	"haidang/event"
)

// Rollups is what the gate asks of the counts kept in memory.
type Rollups interface {
	Rollup(q event.RollupQuery) (event.Rollup, error)
}

// WithRollups gives the gate its neighbour for counts kept in memory. It is
// called before the first question.
func (g *Gate) WithRollups(r Rollups) *Gate {
	g.rollups = r
	return g
}

// Rollup gives counts by declared dimensions of any period. Free periods can be
// subtracted from each other, so that nobody but those who may see every count
// can ask (STATISTICS, "Fixed lattice").
func (g *Gate) Rollup(v Viewer, q event.RollupQuery) (Released[event.Rollup], error) {
	return g.RollupFor(context.Background(), v, q)
}

// RollupFor is Rollup within a request.
func (g *Gate) RollupFor(ctx context.Context, v Viewer, q event.RollupQuery) (Released[event.Rollup], error) {
	if !v.seesCounts() {
		return Released[event.Rollup]{}, ErrForbidden
	}
	c, err := g.compiled(v, Count)
	if err != nil {
		return Released[event.Rollup]{}, err
	}
	r, err := g.rollups.Rollup(q)
	if err == nil {
		err = g.tell(ctx, Sight{v, Count, SeenCounts, c.tier, 1})
	}
	if err != nil {
		return Released[event.Rollup]{}, err
	}
	return release(v, withoutKeys(r)), nil
}

// withoutKeys takes away what disclosure control alone needs: sums of secret
// hashes. The answer given may be somebody else's too, and stays as it is.
func withoutKeys(r event.Rollup) event.Rollup {
	bare := func(d *event.Distinct) *event.Distinct {
		if d == nil {
			return nil
		}
		out := *d
		out.Key = 0
		return &out
	}
	r.Rows = slices.Clone(r.Rows)
	for i := range r.Rows {
		r.Rows[i].Affected, r.Rows[i].Hosting = bare(r.Rows[i].Affected), bare(r.Rows[i].Hosting)
	}
	return r
}
