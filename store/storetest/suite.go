// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
	"haidang/store"
)

// Open gives a store, not yet started, that keeps its files in dir.
type Open func(t testing.TB, dir string) store.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"Empty", testEmpty},
		{"CommitAndRestart", testCommitAndRestart},
		{"Pages", testPages},
		{"PagesWhileCommitting", testPagesWhileCommitting},
		{"Fields", testFields},
		{"Filters", testFilters},
		{"WrongQuestions", testWrongQuestions},
		{"Aggregates", testAggregates},
		{"Equalities", testEqualities},
		{"Scopes", testScopes},
		{"Twins", testTwins},
		{"BinarySearch", testBinarySearch},
		{"WrongScopes", testWrongScopes},
		{"BothSidesInOneCountry", testBothSides},
		{"KnownBenign", testKnownBenign},
		{"Walk", testWalk},
		{"MergingChangesNothing", testMerging},
		{"ReadersDuringMerging", testReadersDuringMerging},
		{"Expire", testExpire},
		{"Rejects", testRejects},
		{"Accounting", testAccounting},
		{"Outcome", testOutcome},
		{"Sidecars", testSidecars},
		{"SidecarsInLongRun", testSidecarsInLongRun},
		{"Cancelled", testCancelled},
		{"AwkwardText", testAwkwardText},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

var always = event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1000}

// opened starts a store in dir and stops it when the test ends.
func opened(t testing.TB, open Open, dir string) store.Store {
	t.Helper()
	s := open(t, dir)
	if err := s.Start(t.Context()); err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s store.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// committer commits batches at rising positions, all but the last of them written
// ahead.
type committer struct {
	t  testing.TB
	s  store.Store
	at event.Position
}

func (c *committer) commit(batches ...*event.Batch) {
	c.t.Helper()
	c.at += 10
	for len(batches) > 1 {
		if err := c.s.Append(context.Background(), batches[:1]); err != nil {
			c.t.Fatalf("Append: %v", err)
		}
		batches = batches[1:]
	}
	err := c.s.Commit(context.Background(), store.Commit{
		Position: c.at, Batches: batches, Watermark: Epoch + event.Time(c.at),
	})
	if err != nil {
		c.t.Fatalf("Commit: %v", err)
	}
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 4711)) }

// page reads all pages of a query.
func pages(t testing.TB, s store.Store, q event.Query) (out []event.Event) {
	t.Helper()
	for range 10_000 {
		p, err := s.Events(context.Background(), q)
		if err != nil {
			t.Fatalf("Events: %v", err)
		}
		if n := p.Batch.Rows(); n > q.Limit || n == 0 && p.Next != "" {
			t.Fatalf("a page of %d records, limit %d, next %q", n, q.Limit, p.Next)
		}
		for _, r := range records(p.Batch) {
			out = append(out, r.Event)
		}
		if q.Cursor = p.Next; p.Next == "" {
			return out
		}
	}
	t.Fatal("the cursor never ends")
	return nil
}

func sameEvents(t testing.TB, got []event.Event, want []record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i].Event) {
			t.Fatalf("record %d (-want +got): %s", i, cmp.Diff(want[i].Event, got[i], cmpopts.EquateEmpty()))
		}
	}
}

// eventually waits until ok, for what happens in the background on a real disk.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen within two minutes", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
