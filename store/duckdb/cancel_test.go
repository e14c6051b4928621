// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb && unix

package duckdb

import (
	"context"
	"errors"
	"testing"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// TestCancelQuestions: whoever gives up while a long question is answered hears
// so, not all of the work is done, and the store answers the next one. The work is
// told by processor time: how long it takes is the machine's affair.
func TestCancelQuestions(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	tel := storetest.NewTelemetry(1)
	commits := 40
	if testing.Short() {
		commits = 15
	}
	b := tel.Batch(50_000) // the same records again: what takes long is to group them
	for i := range commits {
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(i + 1), Batches: []*event.Batch{b}}); err != nil {
			t.Fatal(err)
		}
	}
	all := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 100}
	scoped := all
	scoped.Scope = &event.Scope{Grants: []event.Grant{{Truncate: []string{"affected.ip"}}}}
	long := event.Aggregate{Query: all, By: []string{"source.ip", "destination.ip", "source.port", "rule.id", "minute"}, Metrics: event.Metrics}
	within := long
	within.Query = scoped
	for _, c := range []struct {
		name string
		ask  func(ctx context.Context) error
	}{
		{"groups", func(ctx context.Context) error { _, err := s.Aggregate(ctx, long, 100); return err }},
		{"groups within a scope", func(ctx context.Context) error { _, err := s.Aggregate(ctx, within, 100); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			used := processor(t)
			if err := c.ask(t.Context()); err != nil {
				t.Fatal(err)
			}
			work := processor(t) - used
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			used = processor(t)
			go func() { // gives up when a twentieth of the work is done
				for ctx.Err() == nil && processor(t)-used < work/20 {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			if err := c.ask(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v", err)
			}
			done := processor(t) - used
			t.Logf("the whole takes %s of processors; given up after %s, it took %s", work, work/20, done)
			if done > work/2 {
				t.Error("that is too much of it")
			}
		})
	}
	if n, err := s.Count(t.Context(), all, event.Metrics[:1]); err != nil || n[0] < int64(commits)*50_000 {
		t.Errorf("afterwards: %v, %v", n, err)
	}
}

// TestCancelHunt: our own reader gives up between row groups too.
func TestCancelHunt(t *testing.T) {
	dir, _ := prepare(t, 9)
	s := open(t, dir, nil)
	defer shut(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 100}
	for _, field := range []string{"rule.id", "observer.name"} {
		q.Filters = []event.Filter{{Field: field, Op: event.OpEqual, Values: []string{"x"}}}
		if _, err := s.Events(ctx, q); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", field, err)
		}
	}
}
