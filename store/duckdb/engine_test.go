// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/manifest"
	"haidang/store/storetest"
)

// TestEngineStaysInItsFolder: no question can reach another file, load an
// extension, or open the lock.
func TestEngineStaysInItsFolder(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(t.TempDir(), "s"), nil)
	defer shut(t, s)
	for _, text := range []string{
		"SELECT * FROM read_csv('" + outside + "')",
		"SELECT * FROM read_parquet('" + s.cfg.Dir + "/../secret.parquet')",
		"COPY (SELECT 1) TO '" + outside + "'",
		"ATTACH '" + outside + ".db'",
		"INSTALL httpfs", "LOAD httpfs",
		"SET enable_external_access = true",
		"SELECT * FROM read_csv('http://127.0.0.1:1/x')",
	} {
		err := s.engine.query(t.Context(), text, new(args), func([]driver.Value) error { return nil })
		if err == nil {
			t.Errorf("%s went through", text)
		}
	}
}

// TestTooLargeAQuestion: what does not fit into memory is the asker's error, and
// the store goes on.
func TestTooLargeAQuestion(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), MemoryLimit: "40MB", SpillLimit: "1MB", Threads: 2, NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	tel := storetest.NewTelemetry(1)
	for i := range 4 {
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(i + 1), Batches: []*event.Batch{tel.Batch(100_000)}}); err != nil {
			t.Fatal(err)
		}
	}
	all := event.Query{From: event.TimeUnset, To: event.TimeUnset}
	_, err := s.Aggregate(t.Context(), event.Aggregate{Query: all, By: []string{"event.id", "source.ip"}, Metrics: event.Metrics}, 10)
	var q *store.QueryError
	if !errors.As(err, &q) || !strings.Contains(q.Detail, "memory") {
		t.Fatalf("error %v, want a QueryError that says what to do", err)
	}
	if n, err := s.Count(t.Context(), all, event.Metrics[:1]); err != nil || n[0] != 400_000 {
		t.Errorf("afterwards: %v, %v", n, err)
	}
}

// TestCancelWhileAsking: a question that would run for hours ends soon after its
// asker gave up.
func TestCancelWhileAsking(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s"), nil)
	defer shut(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.engine.query(ctx, "SELECT sum(a.range % 7 * b.range % 5) FROM range(10000000) a, range(10000000) b", new(args), func([]driver.Value) error {
		t.Error("it was answered")
		return nil
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		levels string
		full   int // elements that fit
		want   run
		ok     bool
	}{
		{"", 99, run{}, false},
		{"0000000", 99, run{}, false},
		{"00000000", 99, run{0, 8}, true},
		{"1000000000", 99, run{1, 9}, true},
		{"1111111100000000", 99, run{8, 16}, true}, // the lowest level first
		{"000", 2, run{0, 2}, true},                // full before the fan is
		{"0000", 1, run{}, false},                  // nothing fits beside another
		{"2100000", 99, run{}, false},
	} {
		got, ok := due(len(c.levels), func(i int) int { return int(c.levels[i]) }, func(r run, _ int) bool { return r.to-r.from < c.full })
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q, %d fit: %v, %t, want %v, %t", c.levels, c.full, got, ok, c.want, c.ok)
		}
	}
}

// TestBurst: large commits are merged when many wait; small ones, and what is of a
// higher level, hold nothing up.
func TestBurst(t *testing.T) {
	young := func(n int, rows int64) (out []manifest.Segment) {
		for range n {
			out = append(out, manifest.Segment{Rows: rows})
		}
		return out
	}
	old := manifest.Segment{File: manifest.File{Level: 1}, Rows: 1 << 20}
	for _, c := range []struct {
		segments []manifest.Segment
		want     bool
	}{
		{nil, false},
		{[]manifest.Segment{old}, false},
		{young(fan, 900), false},
		{young(fan, burstRows), true},
		{append([]manifest.Segment{old}, young(burstFan-1, burstRows)...), true},
		{young(burstFan, burstRows), false},
		{append(young(fan, burstRows), young(1, 900)...), false},
	} {
		if got := inBurst(&manifest.Manifest{Segments: c.segments}); got != c.want {
			t.Errorf("%d segments: %t", len(c.segments), got)
		}
	}
}

// TestPinnedFilesStay: a file is deleted only when the last state that names it
// is left.
func TestPinnedFilesStay(t *testing.T) {
	dir, _ := prepare(t, 9)
	s := open(t, dir, nil)
	defer shut(t, s)
	state, release, err := s.states.pin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.mergeOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, g := range state.Segments {
		if _, err := os.Stat(s.dir.Name(g.Name)); err != nil {
			t.Errorf("a pinned file went: %v", err)
		}
	}
	release()
	release() // once is enough
	onlyLiveFiles(t, dir)
	if n := len(s.states.manifest().Segments); n != 2 {
		t.Errorf("%d segments after merging 9", n)
	}
}
