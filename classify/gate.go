// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"time"

	"haidang/event"
)

// ErrForbidden is answered to a viewer who may not ask the question at all.
// It says nothing about whether there is an answer.
var ErrForbidden = errors.New("an operator token is needed for this question")

// Measure is what the gate asks of the live counts.
type Measure interface {
	Picture() event.Picture
}

// Records is what the gate asks of the store.
type Records interface {
	Events(ctx context.Context, q event.Query) (Page, error)
	Count(ctx context.Context, q event.Query, metrics []event.Metric) ([]int64, error)
	Aggregate(ctx context.Context, a event.Aggregate, limit int) ([]event.Cell, error)
}

// Ledger is what the gate asks about batches, quarantine and accounting.
type Ledger interface {
	Batch(ctx context.Context, id string, wait time.Duration) (BatchState, error)
	Rejects(ctx context.Context, q RejectQuery) (RejectPage, error)
	Sensors(ctx context.Context) ([]SensorReport, error)
	Accounting(ctx context.Context, sensor string, from, to time.Time) ([]Hour, error)
}

// Page is one page of records, newest first, and the cursor of the next.
type Page struct {
	Rows *event.Batch
	Next string // empty on the last page
}

// Gate answers questions for viewers. It is safe for concurrent use.
type Gate struct {
	measure Measure
	records Records
	ledger  Ledger
	rollups Rollups
}

// NewGate makes the gate before its three neighbours.
func NewGate(m Measure, r Records, l Ledger) *Gate {
	return &Gate{measure: m, records: r, ledger: l}
}

// Picture gives the national picture.
func (g *Gate) Picture(v Viewer) Released[event.Picture] {
	p := g.measure.Picture()
	if v.role == Operator {
		return release(v, p)
	}
	return release(v, publicPicture(p))
}

// Events gives records. Only an operator may ask.
func (g *Gate) Events(ctx context.Context, v Viewer, q event.Query) (Released[Page], error) {
	if v.role != Operator {
		return Released[Page]{}, ErrForbidden
	}
	p, err := g.records.Events(ctx, q)
	return release(v, p), err
}

// Count gives the metrics over all records that match.
func (g *Gate) Count(ctx context.Context, v Viewer, q event.Query, m []event.Metric) (Released[[]int64], error) {
	if v.role != Operator {
		return Released[[]int64]{}, ErrForbidden
	}
	n, err := g.records.Count(ctx, q, m)
	return release(v, n), err
}

// Aggregate gives the metrics by groups, largest first.
func (g *Gate) Aggregate(ctx context.Context, v Viewer, a event.Aggregate, limit int) (Released[[]event.Cell], error) {
	if v.role != Operator {
		return Released[[]event.Cell]{}, ErrForbidden
	}
	c, err := g.records.Aggregate(ctx, a, limit)
	return release(v, c), err
}
