// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"haidang/event"
	"haidang/store/duckdb/disk"
	"haidang/store/storetest"
)

func TestWhatIsWrittenAheadCountsWithItsCommit(t *testing.T) {
	dir, r := prepare(t, 1)
	s := open(t, dir, nil)
	ahead := func() {
		t.Helper()
		if err := s.Append(t.Context(), []*event.Batch{storetest.RandomBatch(r, 7)}); err != nil {
			t.Fatal(err)
		}
	}
	before := shape(t, s)
	ahead()
	if got := shape(t, s); got != before {
		t.Errorf("records show before their commit: %s", got)
	}
	shut(t, s)
	onlyLiveFiles(t, dir)
	s = open(t, dir, nil)
	if got := shape(t, s); got != before {
		t.Errorf("records that nobody committed came back: %s", got)
	}
	ahead()
	ahead()
	if err := s.Commit(t.Context(), full(9, r)); err != nil {
		t.Fatal(err)
	}
	if n := s.Stats(); n.Rows != 5+7+7+5 || n.Segments != 2 {
		t.Errorf("%d records in %d segments, want 24 in 2", n.Rows, n.Segments)
	}
	shut(t, s)
	onlyLiveFiles(t, dir)
}

// fuse fails one step.
type fuse struct {
	mu     sync.Mutex
	left   int
	failed string // the step that it failed
}

var errOnce = errors.New("once")

func (f *fuse) hook(op disk.Op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left != -1 {
		return nil
	}
	f.failed = string(op) + " " + name
	return errOnce
}

// A step that fails is tried again, and every record is there once; only where it
// is unknown what of the records written ahead reached the disk, nothing more is
// taken, and a start finds the state before.
func TestAFailedStepLosesNothingAndDoublesNothing(t *testing.T) {
	origin, _ := prepare(t, 2)
	run := func(s *Store) error {
		r := rand.New(rand.NewPCG(8, 8))
		try := func(step func() error) (err error) {
			for range 3 {
				if err = step(); err == nil {
					return nil
				}
			}
			return err
		}
		for range 2 {
			b := []*event.Batch{storetest.RandomBatch(r, 9)}
			if err := try(func() error { return s.Append(context.Background(), b) }); err != nil {
				return err
			}
		}
		c := full(9, r)
		return try(func() error { return s.Commit(context.Background(), c) })
	}
	s := open(t, copyDir(t, origin), nil)
	before := shape(t, s)
	if err := run(s); err != nil {
		t.Fatal(err)
	}
	after := shape(t, s)
	shut(t, s)
	broken := 0
	for step := 0; ; step++ {
		dir := copyDir(t, origin)
		f := &fuse{left: 1 << 30}
		s := open(t, dir, f.hook)
		f.mu.Lock()
		f.left = step
		f.mu.Unlock()
		err := run(s)
		want := after
		if err != nil {
			want = before
			broken++
			if !strings.HasPrefix(f.failed, "sync ") && !strings.HasPrefix(f.failed, "syncdir") {
				t.Errorf("after a failure at %q: %v", f.failed, err)
			}
		}
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stopping after a failure at %q: %v", f.failed, err)
		}
		again := open(t, dir, nil)
		if got := shape(t, again); got != want && (err == nil || got != after) {
			t.Errorf("after a failure at %q:\n%s\nwant\n%s", f.failed, got, want)
		}
		shut(t, again)
		onlyLiveFiles(t, dir)
		if f.failed == "" {
			if step < 10 || broken == 0 || broken > 2 {
				t.Errorf("%d steps, after %d of which nothing went on", step, broken)
			}
			return
		}
	}
}
