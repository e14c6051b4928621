// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// communityOf asks how many records each of the community ids has.
func communityOf(t *testing.T, s *Store) map[event.Bytes20]int {
	t.Helper()
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1000, Fields: []string{communityName}}
	q.Filters = []event.Filter{{Field: communityName, Op: event.OpExists}}
	page, err := s.Events(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[event.Bytes20]int)
	for _, id := range page.Batch.CommunityID {
		out[id]++
	}
	return out
}

// merged waits until all segments are one.
func merged(t *testing.T, s *Store) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); s.Stats().Segments > 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d segments after a minute", s.Stats().Segments)
		}
	}
}

// TestFirstLayout: a folder written before community ids were left out is read,
// alone, beside segments of today, and merged with them. Of its 40 records, the
// even ones have ids that follow from nothing.
func TestFirstLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS("testdata/first-layout")); err != nil {
		t.Fatal(err)
	}
	want := make(map[event.Bytes20]int)
	for i := 0; i < 40; i += 2 {
		var id event.Bytes20
		for k := range id {
			id[k] = byte(i + k + 1)
		}
		want[id]++
	}
	s := New(Config{Dir: dir}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := communityOf(t, s); !maps.Equal(got, want) {
		t.Errorf("alone: %x, want %x", got, want)
	}
	r := rand.New(rand.NewPCG(22, 22))
	for n := range fan - 1 {
		b := storetest.RandomBatch(r, 20)
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(2 + n), Batches: []*event.Batch{b}}); err != nil {
			t.Fatal(err)
		}
		for _, id := range b.CommunityID {
			if id.IsSet() {
				want[id]++
			}
		}
		if n == 0 {
			if got := communityOf(t, s); !maps.Equal(got, want) {
				t.Errorf("beside another: %x, want %x", got, want)
			}
		}
	}
	merged(t, s)
	if got := communityOf(t, s); !maps.Equal(got, want) {
		t.Errorf("merged: %x, want %x", got, want)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
