// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"

	"haidang/event"
)

// Journal is what the gate asks for raw records.
type Journal interface {
	// Raw gives the record at a place of the journal; one that is no longer kept
	// has no Data, and Since says from when on records are.
	Raw(ctx context.Context, sequence uint64, offset uint32) (RawRecord, error)
}

// RawRecord is a record as its sensor sent it.
type RawRecord struct {
	Data   []byte
	Format string
	Door   string
	Batch  string
	Kept   bool
	Since  event.Time // of the oldest that is kept, where this one is not; TimeUnset for none
}

// WithJournal gives the gate its neighbour for raw records. It is called before
// the first question.
func (g *Gate) WithJournal(j Journal) *Gate {
	g.journal = j
	return g
}

// Raw gives a record as it came, to whoever may see all of it: a raw record
// holds whatever a redaction takes away. Anybody else gets ErrNotFound, as for an
// id that nothing has.
func (g *Gate) Raw(ctx context.Context, v Viewer, id event.Bytes16) (Released[RawRecord], error) {
	scope, err := g.scope(v, Search)
	if err != nil {
		return Released[RawRecord]{}, err
	}
	e, err := g.record(ctx, scope, id)
	if err != nil {
		return Released[RawRecord]{}, err
	}
	if e == nil || g.journal == nil {
		return Released[RawRecord]{}, ErrNotFound
	}
	f := g.library.book().facts(e)
	if g.rules.Decide(v, Search, &f).Kind != Whole {
		return Released[RawRecord]{}, ErrNotFound
	}
	r, err := g.journal.Raw(ctx, e.RawSeq, e.RawOffset)
	if err == nil {
		err = g.tell(ctx, Sight{v, Search, SeenRaw, f.Label.Tier, 1})
	}
	if err != nil {
		return Released[RawRecord]{}, err
	}
	return release(v, r), nil
}

// record gives one record whole, if the scope admits it: it is asked for without
// a scope only once it is known to the viewer. Nil where it does not.
func (g *Gate) record(ctx context.Context, scope *event.Scope, id event.Bytes16) (*event.Event, error) {
	q := event.Query{
		From: event.TimeUnset, To: event.TimeUnset, Limit: 1, Scope: scope,
		Filters: []event.Filter{{Field: "event.id", Values: []string{id.String()}}},
	}
	seen, err := g.records.Events(ctx, q)
	if err != nil || seen.Rows == nil || seen.Rows.Rows() == 0 {
		return nil, err
	}
	q.Scope = nil
	full, err := g.records.Events(ctx, q)
	if err != nil || full.Rows == nil || full.Rows.Rows() == 0 {
		return nil, err
	}
	e := new(event.Event)
	full.Rows.Row(0, e)
	return e, nil
}
