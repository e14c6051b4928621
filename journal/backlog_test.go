// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"haidang/event"
)

// waitOf gives what a refused sender is told to wait.
func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	var w interface{ RetryAfter() time.Duration }
	if !errors.Is(err, ErrBehind) || !errors.As(err, &w) {
		t.Fatalf("%v is no refusal that names a time", err)
	}
	return w.RetryAfter()
}

// The time to wait follows from how fast the store commits.
func TestRetryAfterFollowsTheDrainRate(t *testing.T) {
	for _, c := range []struct {
		name       string
		rate       int64 // bytes committed a second, for a minute
		silent     time.Duration
		least, not time.Duration
	}{
		{"nothing was ever committed", 0, 0, time.Minute, time.Minute},
		{"slowly", 1 << 20, 0, 50 * time.Second, time.Minute},
		{"fast", 8 << 20, 0, 7 * time.Second, 10 * time.Second},
		{"at once", 1 << 30, 0, time.Second, time.Second},
		{"fast, then not at all", 8 << 20, 5 * time.Minute, time.Minute, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := backlog{limit: 256 << 20}
			now, seq, done := time.Unix(1e9, 0), uint64(0), uint64(0)
			for range 60 {
				for range c.rate >> 20 {
					seq++
					b.add(seq, 1<<20)
				}
				now, done = now.Add(time.Second), seq
				b.committed(done, now)
			}
			if err := b.check(now); err != nil {
				t.Fatalf("refused with %d bytes behind", b.behind())
			}
			for b.behind() <= 256<<20 {
				seq++
				b.add(seq, 1<<20)
			}
			now = now.Add(c.silent)
			if got := waitOf(t, b.check(now)); got < c.least || got > c.not {
				t.Errorf("told to wait %s, want %s to %s", got, c.least, c.not)
			}
			b.committed(seq, now)
			if err := b.check(now); err != nil || b.behind() != 0 {
				t.Errorf("%v with %d bytes behind, all committed", err, b.behind())
			}
		})
	}
}

// What is not committed is known within a small share of the limit, in little memory.
func TestBacklogIsCountedInFewRuns(t *testing.T) {
	b := backlog{limit: 1 << 20}
	r := rand.New(rand.NewPCG(1, 1))
	sizes := []int64{0}
	var total int64
	for seq := uint64(1); total < 1<<20; seq++ {
		n := 1 + r.IntN(300)
		b.add(seq, n)
		total += int64(n)
		sizes = append(sizes, int64(n))
	}
	if b.behind() != total || len(b.runs) > 2*runs+2 {
		t.Errorf("%d bytes in %d runs, want %d", b.behind(), len(b.runs), total)
	}
	for seq := range sizes {
		total -= sizes[seq]
		b.committed(uint64(seq), time.Unix(int64(seq), 0))
		if d := b.behind() - total; d < 0 || d > 1<<20/runs+300 {
			t.Fatalf("after %d: %d bytes too many", seq, d)
		}
	}
}

// A journal whose store lags refuses, says when to come again, and takes batches
// once the store has caught up; also over a restart.
func TestBehind(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MaxBehind = 256 << 10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(2, 2))
	var err error
	sent := 0
	for ; err == nil && sent < 100; sent++ {
		_, err = send(t.Context(), j, delivery("s", ""), noise(r, 30<<10))
	}
	if sent < 8 || sent > 16 {
		t.Fatalf("%d batches of 30 KiB: %v", sent, err)
	}
	if d := waitOf(t, err); d != time.Minute {
		t.Errorf("told to wait %s, although nothing was ever committed", d)
	}
	closeJournal(t, j)
	j = open(t, c, 0, Dependencies{})
	if _, err := j.Begin(delivery("s", "")); !errors.Is(err, ErrBehind) {
		t.Errorf("after a restart: %v", err)
	}
	last := j.State().Last
	closeJournal(t, j)
	j = open(t, c, last-2, Dependencies{})
	mustSend(t, j, delivery("s", ""), "a\n")
	j.Committed(last)
	if n := j.backlog.behind(); n > 1<<10 {
		t.Errorf("%d bytes behind", n)
	}
	if p, _ := ParseBatch(mustSend(t, j, delivery("s", ""), "b\n").Batch); p <= event.Position(last) {
		t.Errorf("position %d", p)
	}
}
