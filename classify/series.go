// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"

	"haidang/event"
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
	return release(v, g.series.List())
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
	return release(v, s), nil
}
