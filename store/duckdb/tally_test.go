// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// tallyStore holds random records in several segments, one of them merged.
func tallyStore(t testing.TB, r *rand.Rand, batches, rows int) *Store {
	t.Helper()
	s := New(Config{Dir: t.TempDir(), NoMerge: true, Threads: 2}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	for i := range batches {
		b := storetest.RandomBatch(r, rows)
		if i%3 == 0 { // one segment without any that are known to be benign, or count more than once
			for row := range rows {
				b.Excluded.Codes[row], b.Count[row] = b.Excluded.Code(""), 1
			}
		}
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(i + 1), Batches: []*event.Batch{b}}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// bothWays asks a question of the counts and of the records themselves; tallied says
// whether it could be counted for.
func bothWays(t testing.TB, s *Store, q event.Aggregate) (counted, engine []event.Cell, tallied bool) {
	t.Helper()
	by, err := dimensions(q.By)
	if err != nil {
		t.Fatal(err)
	}
	state, release, err := s.states.pin()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, way := range []bool{true, false} {
		ask, err := s.ask(state.Manifest, &q.Query)
		if err != nil {
			t.Fatal(err)
		}
		p := plan{question: ask, by: by, metrics: q.Metrics, limit: MaxCells}
		if way {
			if err := p.tallied(t.Context()); err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			tallied = p.tally != nil
		}
		cells, err := p.cells(t.Context())
		if err != nil {
			t.Fatalf("counted %v, %+v: %v", way, q, err)
		}
		slices.SortFunc(cells, func(a, b event.Cell) int { return slices.Compare(a.Group, b.Group) })
		if way {
			counted = cells
		} else {
			engine = cells
		}
	}
	return counted, engine, tallied
}

// What is counted by codes is what the engine counts record by record, whatever the
// scope, its masks, the filters and the time.
func TestTallyAnswersAsTheEngine(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 4711))
	s := tallyStore(t, r, 5, 400)
	batch := storetest.RandomBatch(r, 400)
	rounds, counted := 150, 0
	if testing.Short() {
		rounds = 50
	}
	for range rounds {
		q := storetest.RandomCount(r, batch)
		got, want, tallied := bothWays(t, s, q)
		if tallied {
			counted++
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("by %q, filters %+v, from %v to %v, scope %+v (-engine +counted): %s", q.By, q.Filters, q.From, q.To, q.Scope, d)
		}
	}
	if counted < rounds/3 {
		t.Errorf("%d of %d questions were counted for: the test shows little", counted, rounds)
	}
}

// Questions of which the benchmark's goals speak are counted by codes; those about
// addresses and folded events are not.
func TestTallyTakes(t *testing.T) {
	s := tallyStore(t, rand.New(rand.NewPCG(32, 4711)), 3, 200)
	any := event.Query{From: event.TimeUnset, To: event.TimeUnset}
	operator := any
	operator.Scope = &event.Scope{Grants: []event.Grant{
		{All: []event.Filter{{Field: "cert.tlp", Op: event.OpAtMost, Values: []string{"TLP:GREEN"}}, {Field: "cert.audience", Op: event.OpMissing}}},
		{All: []event.Filter{{Field: "cert.tlp", Op: event.OpExists}}, Mask: slices.Concat(event.MaskAffected, event.MaskComputed)},
	}}
	records, events := []event.Metric{event.MetricRecords}, []event.Metric{event.MetricEvents}
	for _, c := range []struct {
		q    event.Aggregate
		want bool
	}{
		{event.Aggregate{Query: any, By: []string{"source.geo.country_iso_code"}, Metrics: records}, true},
		{event.Aggregate{Query: operator, By: []string{"source.geo.country_iso_code", "cert.rsit"}, Metrics: records}, true},
		{event.Aggregate{Query: operator, By: []string{"affected.country", "cert.rsit"}, Metrics: records}, true},
		{event.Aggregate{Query: operator, Metrics: records}, true},
		{event.Aggregate{Query: operator, By: []string{"source.ip"}, Metrics: records}, false},
		{event.Aggregate{Query: operator, By: []string{"cert.rsit"}, Metrics: events}, false},
		{event.Aggregate{Query: operator, By: []string{"hour"}, Metrics: records}, false},
	} {
		t.Run(fmt.Sprint(c.q.By, c.q.Metrics), func(t *testing.T) {
			got, want, tallied := bothWays(t, s, c.q)
			if d := cmp.Diff(want, got); tallied != c.want || d != "" {
				t.Errorf("counted by codes: %v, want %v (-engine +counted): %s", tallied, c.want, d)
			}
		})
	}
}

// Where there are more kinds of records than numbers may be held, the engine counts.
func TestTallyTooWide(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 4711))
	s := tallyStore(t, r, 1, 1)
	b := new(event.Batch)
	for i := range mostKinds + 1000 {
		e := event.Event{}
		e.Reset()
		e.ID[0], e.ID[1], e.ID[2], e.Time, e.Count = byte(i), byte(i>>8), byte(i>>16), storetest.Epoch, 1
		e.Observer, e.RuleName = fmt.Sprint("sensor ", i%499), fmt.Sprint("rule ", i%503)
		b.Append(&e)
	}
	if err := s.Commit(t.Context(), store.Commit{Position: 2, Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	q := event.Aggregate{
		Query: event.Query{From: event.TimeUnset, To: event.TimeUnset}, By: []string{"observer.name", "rule.name"}, Metrics: []event.Metric{event.MetricRecords},
	}
	got, want, tallied := bothWays(t, s, q)
	if d := cmp.Diff(want, got); tallied || d != "" {
		t.Errorf("counted by codes: %v (-engine +counted): %s", tallied, d)
	}
}

func TestTallyCancelled(t *testing.T) {
	s := tallyStore(t, rand.New(rand.NewPCG(34, 4711)), 2, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Aggregate(ctx, event.Aggregate{
		Query: event.Query{From: event.TimeUnset, To: event.TimeUnset}, By: []string{"cert.rsit"}, Metrics: []event.Metric{event.MetricRecords},
	}, 10)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a question that was given up: %v", err)
	}
}
