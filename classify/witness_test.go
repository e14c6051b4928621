// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

func amberAgreed() Policy {
	a := Enrolment()
	a.Default, a.Terms.Deliver = event.Label{Tier: event.T2, Personal: event.PersonalNone}, true
	return Policy{Agreements: OneForAll(a)}
}

// What is told says who saw how much of which tier, before it is given.
func TestTheWitnessIsToldFirst(t *testing.T) {
	store := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPClear), recordOf(2, 7, event.TLPUnset)}}
	var told []Sight
	g := NewGate(store, store, store).WithPolicy(amberAgreed()).WithWitness(func(_ context.Context, s Sight) error {
		told = append(told, s)
		return nil
	})
	analyst, member := OperatorNamed("an"), NewViewer(hospital)
	ctx := t.Context()
	for _, c := range []struct {
		name string
		ask  func() error
		want Sight
	}{
		{"an analyst's records by their labels", func() error { _, err := g.Events(ctx, analyst, event.Query{}); return err },
			Sight{analyst, Search, SeenRecords, event.T2, 2}},
		{"without labels by what may be read", func() error {
			_, err := g.Events(ctx, analyst, event.Query{Fields: []string{"source.ip"}})
			return err
		}, Sight{analyst, Search, SeenRecords, event.T3, 2}},
		{"a member's, whose sensors are masked", func() error { _, err := g.EventsFor(ctx, member, Own, event.Query{}); return err },
			Sight{member, Own, SeenRecords, event.T3, 2}},
		{"one tier", func() error { _, err := g.EventsOf(ctx, member, Own, event.T2, event.Query{}); return err },
			Sight{member, Own, SeenRecords, event.T2, 1}},
		{"counts", func() error { _, err := g.Count(ctx, analyst, event.Query{}, event.Metrics[:1]); return err },
			Sight{analyst, Count, SeenCounts, event.T3, 1}},
		{"aggregates", func() error { _, err := g.AggregateFor(ctx, member, Own, event.Aggregate{}, 1); return err },
			Sight{member, Own, SeenCounts, event.T3, 0}},
		{"why", func() error { _, err := g.Why(ctx, analyst, Search, id(1)); return err },
			Sight{analyst, Search, SeenWhy, event.T0, 1}},
	} {
		told = nil
		if err := c.ask(); err != nil {
			t.Fatal(c.name, err)
		}
		var want []Sight
		if c.want.Tier >= event.T2 {
			want = []Sight{c.want}
		}
		if d := cmp.Diff(want, told, cmp.AllowUnexported(Sight{}), cmp.Comparer(func(a, b Viewer) bool { return a == b })); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestWhatTheWitnessRefusesIsNotGiven(t *testing.T) {
	store := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPAmber)}}
	full := errors.New("disk full")
	g := NewGate(store, store, store).WithRollups(flat{}).WithPolicy(amberAgreed()).WithWitness(func(context.Context, Sight) error { return full })
	v := OperatorNamed("an")
	events, err1 := g.Events(t.Context(), v, event.Query{})
	of, err2 := g.EventsOf(t.Context(), v, Search, event.T2, event.Query{})
	count, err3 := g.Count(t.Context(), v, event.Query{}, nil)
	cells, err4 := g.Aggregate(t.Context(), v, event.Aggregate{}, 1)
	why, err5 := g.Why(t.Context(), v, Search, id(1))
	rollup, err6 := g.Rollup(v, event.RollupQuery{})
	for i, err := range []error{err1, err2, err3, err4, err5, err6} {
		if !errors.Is(err, ErrUnwitnessed) || !errors.Is(err, full) {
			t.Errorf("answer %d: %v", i+1, err)
		}
	}
	if events.Value().Rows != nil || of.Value().Rows != nil || count.Value() != nil || cells.Value() != nil || why.Value().Tier != nil || rollup.Value().Rows != nil {
		t.Error("something was given all the same")
	}
	// What is open or empty is given without it.
	store.rows = []*event.Event{recordOf(1, 7, event.TLPClear)}
	if r, err := g.Events(t.Context(), v, event.Query{}); err != nil || r.Value().Rows.Rows() != 1 {
		t.Errorf("an open record: %v", err)
	}
	store.rows = nil
	if _, err := g.EventsFor(t.Context(), NewViewer(hospital), Own, event.Query{}); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
}

type flat struct{}

func (flat) Rollup(event.RollupQuery) (event.Rollup, error) {
	return event.Rollup{Rows: make([]event.RollupRow, 1)}, nil
}

// A question for one tier admits the records of that tier and no others, and all
// tiers together admit what a question for all does.
func TestTiersApart(t *testing.T) {
	pol := amberAgreed()
	g := NewGate(nil, nil, nil).WithPolicy(pol)
	for _, v := range []Viewer{NewViewer(hospital), OperatorNamed("an"), NewViewer(Attributes{Person: "an", Roles: []Role{Member}, Orgs: []uint32{7}})} {
		for _, p := range []Purpose{Own, Search} {
			tiers := g.Tiers(v, p)
			for tlp := event.TLPUnset; tlp <= event.TLPRed; tlp++ {
				e := recordOf(1, 7, tlp)
				f := FactsOf(e, pol.Agreements, NoGroups{})
				sees := Decide(v, p, &f).Kind != Nothing
				if sees && !slices.Contains(tiers, f.Label.Tier) {
					t.Errorf("%v for %v: sees %v, not one of its tiers %v", v, p, f.Label.Tier, tiers)
				}
				for _, tier := range []event.Tier{event.T0, event.T1, event.T1c, event.T2, event.T3, event.T4} {
					b := g.library.book()
					scope := b.scopes.of(g.rules, v, p, tier, everything, b).scope
					if got := firstGrant(scope, e) != nil; got != (sees && tier == f.Label.Tier) {
						t.Errorf("%v for %v: %v of tier %v asked for as %v: %v", v, p, tlp, f.Label.Tier, tier, got)
					}
				}
			}
		}
	}
}
