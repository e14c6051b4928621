// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"

	"haidang/event"
	desk "haidang/release"
)

// Series is what the gate asks of the series that others published.
type Series interface {
	List() []event.Series // by id, without points
	Series(id string) (event.Series, bool)
}

// WithSeries gives the gate the series. It is called before the first question.
func (g *Gate) WithSeries(s Series) *Gate {
	g.series = s
	return g
}

// AllSeries lists the attributed series by id, without their points. They were
// published by others: anybody may see them.
func (g *Gate) AllSeries(_ context.Context, v Viewer) Released[[]event.Series] {
	if g.series == nil {
		return release(v, []event.Series{})
	}
	var out []event.Series
	for _, s := range g.series.List() {
		if g.shown(v, seriesBlock(s.ID), "") == nil {
			out = append(out, s)
		}
	}
	return release(v, out)
}

// OneSeries gives a series with its points, or ErrNotFound.
func (g *Gate) OneSeries(_ context.Context, v Viewer, id string) (Released[event.Series], error) {
	if g.series == nil {
		return Released[event.Series]{}, ErrNotFound
	}
	s, ok := g.series.Series(id)
	if !ok {
		return Released[event.Series]{}, ErrNotFound
	}
	if err := g.shown(v, seriesBlock(id), ""); err != nil {
		return Released[event.Series]{}, err
	}
	return release(v, s), nil
}

func seriesBlock(id string) desk.Block { return desk.Block("series/" + id) }
