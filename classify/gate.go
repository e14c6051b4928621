// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"haidang/classify/pack"
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
	Next string     // empty on the last page
	Tier event.Tier // of all rows, where EventsOf was asked; else unset
}

// Policy is by what the gate decides.
type Policy struct {
	Pack       *pack.Pack // nil: the built-in one
	Agreements Agreements // nil: every sensor's is Enrolment
	Register   Register   // nil: there are no sharing groups
	Rulings    Rulings    // nil: there are none
}

// Gate answers questions for viewers. It is safe for concurrent use.
type Gate struct {
	measure   Measure
	records   Records
	ledger    Ledger
	rollups   Rollups
	lattice   Lattice
	journal   Journal
	citations Citations
	series    Series
	releases  Releases
	editions  editions
	rules     *Rules
	library   *library
	witness   func(context.Context, Sight) error

	settling sync.Mutex // held while notes of the lattice are read and written
	masked   map[string]maskedTables
	// unrevised remembers notes of final figures; settling guards it.
	unrevised map[string]unrevised
	released  atomic.Pointer[releasedDay]
	deciding  sync.Mutex // held while tables of longer periods are made; taken before settling
	longer    map[string]long
	sizes     map[string]sizeTable // of quarters; deciding guards it
	// background is set while DecideNext works: nobody else decides then.
	background atomic.Bool
}

// NewGate makes the gate before its three neighbours, with the policy of an
// observatory that has agreed on nothing but enrolments.
func NewGate(m Measure, r Records, l Ledger) *Gate {
	return (&Gate{measure: m, records: r, ledger: l}).WithPolicy(Policy{})
}

// WithPolicy gives the gate its policy. It is called before the first question.
func (g *Gate) WithPolicy(p Policy) *Gate {
	g.rules = builtIn()
	if p.Pack != nil {
		g.rules = NewRules(p.Pack)
	}
	if p.Agreements == nil {
		p.Agreements = OneForAll(Enrolment())
	}
	if p.Register == nil {
		p.Register = NoGroups{}
	}
	if p.Rulings == nil {
		p.Rulings = NoRulings{}
	}
	g.library = &library{agreements: p.Agreements, register: p.Register, rulings: p.Rulings}
	return g
}

// Pack gives the pack of classes in force.
func (g *Gate) Pack() *pack.Pack { return g.rules.pack }

// Picture gives the national picture: to those who may see every count as it is,
// to everybody else as the table of public figures allows.
func (g *Gate) Picture(v Viewer) Released[event.Picture] {
	p := g.measure.Picture()
	if v.seesCounts() {
		return release(v, p)
	}
	open := publicPicture(p)
	open.Sectors, open.SectorDay = g.sectorsReleased()
	return release(v, g.sections(v, open))
}

// seesCounts reports whether a viewer may see every count of the national
// picture: operators and analysts of the centre, with a token that is for counts.
func (v Viewer) seesCounts() bool {
	return v.anyOf(1<<Operator|1<<Analyst) && v.May(Count) && !v.a.Abroad
}

// Events gives the records that the viewer may search, reduced to what it may see.
func (g *Gate) Events(ctx context.Context, v Viewer, q event.Query) (Released[Page], error) {
	return g.EventsFor(ctx, v, Search, q)
}

// EventsFor gives records for a purpose: Own, Community, Search or Block.
// Purposes that only count give no records.
func (g *Gate) EventsFor(ctx context.Context, v Viewer, p Purpose, q event.Query) (Released[Page], error) {
	if p == Count || p == Figures {
		return Released[Page]{}, ErrForbidden
	}
	c, err := g.compiled(v, p)
	if err != nil {
		return Released[Page]{}, err
	}
	q.Scope = c.scope
	page, err := g.records.Events(ctx, q)
	if err != nil {
		return Released[Page]{}, err
	}
	return g.give(ctx, v, p, c, q.Fields, page)
}

// Count gives the metrics over all records that match and that the viewer may
// count.
func (g *Gate) Count(ctx context.Context, v Viewer, q event.Query, m []event.Metric) (Released[[]int64], error) {
	return g.CountFor(ctx, v, Count, q, m)
}

// CountFor counts for a purpose. Records that a ruling marks as known benign are
// left out, as those that came so marked are, and false alarms with them, unless a
// filter names cert.excluded.
func (g *Gate) CountFor(ctx context.Context, v Viewer, p Purpose, q event.Query, m []event.Metric) (Released[[]int64], error) {
	c, err := g.counting(v, p, q.Filters)
	if err != nil {
		return Released[[]int64]{}, err
	}
	q.Scope = c.scope
	n, err := g.records.Count(ctx, q, m)
	if err == nil {
		err = g.tell(ctx, Sight{v, p, SeenCounts, c.tier, int64(len(n))})
	}
	if err != nil {
		return Released[[]int64]{}, err
	}
	return release(v, n), nil
}

// Aggregate gives the metrics by groups, largest first, over the records that the
// viewer may count. Groups are made of what it may see.
func (g *Gate) Aggregate(ctx context.Context, v Viewer, a event.Aggregate, limit int) (Released[[]event.Cell], error) {
	return g.AggregateFor(ctx, v, Count, a, limit)
}

// AggregateFor aggregates for a purpose.
func (g *Gate) AggregateFor(ctx context.Context, v Viewer, p Purpose, a event.Aggregate, limit int) (Released[[]event.Cell], error) {
	c, err := g.counting(v, p, a.Filters)
	if err != nil {
		return Released[[]event.Cell]{}, err
	}
	a.Scope = c.scope
	cells, err := g.records.Aggregate(ctx, a, limit)
	if err == nil {
		err = g.tell(ctx, Sight{v, p, SeenCounts, c.tier, int64(len(cells))})
	}
	if err != nil {
		return Released[[]event.Cell]{}, err
	}
	return release(v, cells), nil
}

// scope gives what the viewer may read for a purpose. Visitors and sensors ask no
// free questions, whatever is open: the open interface answers declared tables
// only (STATISTICS, "Fixed lattice"). What counts in open figures is still to be
// disclosure-controlled, so that only those who see every count may ask for it.
func (g *Gate) scope(v Viewer, p Purpose) (*event.Scope, error) {
	c, err := g.compiled(v, p)
	return c.scope, err
}

func (g *Gate) compiled(v Viewer, p Purpose) (compiled, error) {
	return g.compile(v, p, everything)
}

// counting is compiled for counts.
func (g *Gate) counting(v Viewer, p Purpose, filters []event.Filter) (compiled, error) {
	if slices.ContainsFunc(filters, func(f event.Filter) bool { return f.Field == "cert.excluded" }) {
		return g.compile(v, p, everything)
	}
	return g.compile(v, p, counted)
}

func (g *Gate) compile(v Viewer, p Purpose, which marks) (compiled, error) {
	if v.a == nil || p == Figures && !v.seesCounts() {
		return compiled{}, ErrForbidden
	}
	b := g.library.book()
	return b.scopes.of(g.rules, v, p, event.TierUnset, which, b), nil
}
