// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"time"

	"haidang/event"
)

// ErrNotFound says that there is no such batch or sensor, or none that the
// viewer may know of.
var ErrNotFound = errors.New("not found")

// QuestionError says that a question cannot be answered as put; its text may be
// shown to whoever asked.
type QuestionError struct {
	Field  string // of the record, or the part of the question
	Detail string // what is wrong and what would be right
}

func (e *QuestionError) Error() string { return e.Field + ": " + e.Detail }

// BatchState is what became of one batch.
type BatchState struct {
	Batch       string
	Sensor      string
	State       string // "journalled", then "committed"
	Records     int64  // as the door counted
	Stored      int64
	Duplicate   int64
	Quarantined map[event.Reason]int64
	Lines       []event.Reject // the first rejected lines, without their bytes
}

// RejectQuery asks for quarantined records, oldest first.
type RejectQuery struct {
	Sensor string
	Reason event.Reason
	Batch  string
	Cursor string
	Limit  int
}

// RejectPage is one page of quarantined records.
type RejectPage struct {
	Rejects []event.Reject
	Next    string
}

// Hour is the accounting of one sensor and hour of acceptance:
// Received = Stored + Duplicate + sum(Quarantined) + Shed. Refused stands beside.
type Hour struct {
	Sensor      string
	Start       time.Time
	Received    int64
	Stored      int64
	Duplicate   int64
	Quarantined map[event.Reason]int64
	Shed        int64
	Refused     map[int]int64 // requests by HTTP status
	Drops       int64         // lost before us, as the sensor reports
}

// Balanced reports whether the identity of accounting holds.
func (h *Hour) Balanced() bool {
	sum := h.Stored + h.Duplicate + h.Shed
	for _, n := range h.Quarantined {
		sum += n
	}
	return sum == h.Received
}

// SensorReport is what an operator sees of one sensor.
type SensorReport struct {
	event.SensorState
	Enrolled time.Time
	Revoked  *time.Time
	Heard    bool // since the observatory keeps records of it
	// Reasons are the most frequent ones of its quarantined records of a day, each
	// with an example.
	Reasons []ReasonExample
}

// ReasonExample is one reason of quarantine with the newest record for it.
type ReasonExample struct {
	Reason  event.Reason
	Count   int64
	Example event.Reject
}

// Sensors tells how the sensors are. Only an operator may ask.
func (g *Gate) Sensors(ctx context.Context, v Viewer) (Released[[]SensorReport], error) {
	if !v.Has(Operator) {
		return Released[[]SensorReport]{}, ErrForbidden
	}
	s, err := g.ledger.Sensors(ctx)
	if err == nil {
		err = g.tellRejects(ctx, v, examples(s))
	}
	if err != nil {
		return Released[[]SensorReport]{}, err
	}
	return release(v, s), nil
}

// Batch tells what became of a batch: to the sensor that sent it and to an
// operator. It waits at most that long for the batch to be committed.
func (g *Gate) Batch(ctx context.Context, v Viewer, id string, wait time.Duration) (Released[BatchState], error) {
	if !v.Has(Operator) && !v.Has(Sender) {
		return Released[BatchState]{}, ErrForbidden
	}
	b, err := g.ledger.Batch(ctx, id, wait)
	if err != nil {
		return Released[BatchState]{}, err
	}
	if !v.Has(Operator) && b.Sensor != v.name {
		return Released[BatchState]{}, ErrNotFound // another's batch is as if it were not there
	}
	return release(v, b), nil
}

// Rejects lists quarantined records. Only an operator may ask.
func (g *Gate) Rejects(ctx context.Context, v Viewer, q RejectQuery) (Released[RejectPage], error) {
	if !v.Has(Operator) {
		return Released[RejectPage]{}, ErrForbidden
	}
	p, err := g.ledger.Rejects(ctx, q)
	if err == nil {
		err = g.tellRejects(ctx, v, p.Rejects)
	}
	if err != nil {
		return Released[RejectPage]{}, err
	}
	return release(v, p), nil
}

// tellRejects tells of quarantined records whose first bytes are shown. Nobody
// knows a label of what could not be read: it is taken as internal.
func (g *Gate) tellRejects(ctx context.Context, v Viewer, list []event.Reject) error {
	n := 0
	for i := range list {
		if len(list[i].Bytes) > 0 {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return g.tell(ctx, Sight{v, Search, SeenQuarantine, event.T3, int64(n)})
}

func examples(all []SensorReport) (out []event.Reject) {
	for i := range all {
		for _, r := range all[i].Reasons {
			out = append(out, r.Example)
		}
	}
	return out
}

// Accounting gives the hours of one sensor. Only an operator may ask.
func (g *Gate) Accounting(ctx context.Context, v Viewer, sensor string, from, to time.Time) (Released[[]Hour], error) {
	if !v.Has(Operator) {
		return Released[[]Hour]{}, ErrForbidden
	}
	h, err := g.ledger.Accounting(ctx, sensor, from, to)
	return release(v, h), err
}
