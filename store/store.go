// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"haidang/event"
)

// Store keeps committed records and answers questions about them. Append and
// Commit are called by one goroutine at a time; all other methods by any number.
type Store interface {
	// Start opens what is on disk. Until then only Position and the like, which
	// answer zero, may be called.
	Start(ctx context.Context) error
	// Stop ends background work and lets running questions finish or be
	// cancelled by ctx.
	Stop(ctx context.Context) error

	// Append writes records ahead of the commit that they belong to, or nothing of
	// them: they count when the next Commit does, and are gone when there is none.
	// About GroupRows of them at once are best.
	Append(ctx context.Context, batches []*event.Batch) error
	// Commit makes everything in c and what was appended since the last commit
	// durable, or nothing of c, which may then be tried again.
	Commit(ctx context.Context, c Commit) error
	// Position is the journal position of the last commit.
	Position() event.Position
	// Watermark is that of the last commit; event.TimeUnset before the first.
	Watermark() event.Time
	// Sidecars gives all slots of a kind, ordered by key, each with its parts in
	// the order in which they were committed.
	Sidecars(kind string) ([]Slot, error)
	// Kept is Sidecars of the keys that begin with a prefix, to be read when they
	// are needed.
	Kept(kind, prefix string) ([]KeptSlot, error)

	// Events gives the newest records that match, by (@timestamp, event.id).
	Events(ctx context.Context, q event.Query) (*Page, error)
	// Count gives one number a metric. Known-benign records are left out unless
	// a filter names cert.excluded.
	Count(ctx context.Context, q event.Query, metrics []event.Metric) ([]int64, error)
	// Aggregate gives at most limit cells, the largest first by the first
	// metric, then by group. Known-benign records are treated as in Count. A
	// scope that hides cert.excluded makes them ordinary ones.
	Aggregate(ctx context.Context, q event.Aggregate, limit int) ([]event.Cell, error)
	// Walk gives every committed record once, whole, in batches that belong to
	// fn, in no order that can be relied on; what is committed meanwhile is not seen.
	Walk(ctx context.Context, fn func(*event.Batch) error) error

	// Rejects pages through quarantined records, oldest first.
	Rejects(ctx context.Context, q RejectQuery) (*RejectPage, error)
	// Accounting counts committed records by sensor and hour of acceptance
	// (event.ingested), from inclusive, to exclusive; empty sensor for all.
	Accounting(ctx context.Context, sensor string, from, to event.Time) ([]Hour, error)
	// Outcome counts what became of the records in the spans.
	Outcome(ctx context.Context, spans []Span) (Outcome, error)

	// Stats describes what is kept.
	Stats() Stats
	// Expire drops whole segments (and quarantine) whose newest event.ingested
	// is before the given time and says how many records went.
	Expire(ctx context.Context, before event.Time) (rows int64, err error)
}

// GroupRows is how many records lie together in a file: enough that what they
// have in common is said seldom, few enough that they need not be kept in memory
// for long before they are written.
const GroupRows = 1 << 15

// Commit is one step of the store.
type Commit struct {
	Position  event.Position // everything up to here is in this or earlier commits
	Batches   []*event.Batch // owned by the store during the call only
	Rejects   []event.Reject
	Sidecars  []Sidecar
	Watermark event.Time
}

// Sidecar is a part that another room keeps beside the records, committed with
// them: roll-ups, the batch ledger. The store does not look inside.
type Sidecar struct {
	Kind, Key string // the slot
	Replace   bool   // all earlier parts of the slot are dropped; else this is one more
	Data      []byte // empty with Replace drops the slot
}

// Slot is what is kept under one kind and key.
type Slot struct {
	Key  string
	Data [][]byte
}

// KeptSlot is what is kept under one kind and key, not read yet.
type KeptSlot struct {
	Key   string
	Parts []KeptPart
}

// KeptPart is a part where it lies. It can be read as long as somebody knows it,
// wherever merging moves it and even if another took its place.
type KeptPart interface {
	Size() int64
	// Read gives all of it, checked.
	Read() ([]byte, error)
	// ReadAt gives some of it, unchecked.
	ReadAt(p []byte, off int64) (int, error)
}

// Page is one answer of Events.
type Page struct {
	// Batch holds the records, newest first. Columns that the query did not
	// ask for (Query.Fields) are filled with "not set".
	Batch *event.Batch
	Next  string // cursor of the next page; empty when there is none
}

// RejectQuery asks for quarantined records; empty fields do not restrict.
type RejectQuery struct {
	Sensor   string
	Reason   event.Reason
	Batch    string
	From, To event.Time // by time of acceptance, To exclusive; zero or TimeUnset leaves that end open
	After    string     // cursor of the previous page
	Limit    int        // at most this many; 0 means 100
}

// RejectPage is one answer of Rejects.
type RejectPage struct {
	Rejects []event.Reject
	Next    string
}

// Hour is what was committed of one sensor's records accepted in one hour.
type Hour struct {
	Sensor      string
	Hour        event.Time // its start, UTC
	Stored      int64
	Quarantined map[event.Reason]int64
}

// Span is a run of records in the journal: those of one message whose offset is
// at least From and below To.
type Span struct {
	Seq      event.Position
	From, To uint32
}

// Outcome says what became of journalled records.
type Outcome struct {
	Stored      int64
	Quarantined map[event.Reason]int64
}

// Stats describes what is kept.
type Stats struct {
	Segments       int
	Rows           int64
	Bytes          int64 // segments only
	SidecarBytes   int64
	RejectBytes    int64
	Rejects        int64
	Oldest, Newest event.Time // @timestamp; TimeUnset when empty
}
