// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/store"
)

// world is everything around the pipeline: a journal of chunks, a normaliser
// that takes random time, and a store that may fail.
type world struct {
	mu      sync.Mutex
	chunks  []event.Chunk
	added   []uint64 // journal sequences in the order counted
	cut     int      // how many of them were in a cut
	commits []store.Commit
	ahead   []uint64 // appended since the last commit
	rows    []uint64 // of all commits
	groups  int      // appended
	fail    int      // so many commits fail first
}

// Chunk takes random time, so that workers finish out of order.
func (w *world) Chunk(c *event.Chunk, _ event.Sensor, b *event.Batch, r []event.Reject) []event.Reject {
	time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
	var e event.Event
	e.Reset()
	e.RawSeq = uint64(c.Seq)
	b.Append(&e)
	return append(r, event.Reject{Seq: c.Seq})
}

func (w *world) parts() Parts {
	return Parts{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Consume: func(ctx context.Context, after event.Position, fn func(event.Chunk) error) error {
			for _, c := range w.chunks {
				if c.Seq > after {
					if err := fn(c); err != nil {
						return err
					}
				}
			}
			<-ctx.Done()
			return ctx.Err()
		},
		Normalise: func() Chunker { return w },
		Enrich:    func(*event.Batch) {},
		Sensor:    func(n string) event.Sensor { return event.Sensor{Name: n} },
		Seen:      func(*event.Chunk) {},
		Add: func(b *event.Batch) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.added = append(w.added, b.RawSeq...)
		},
		Cut: func() []store.Sidecar {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.cut = len(w.added)
			return nil
		},
		Watermark: func() event.Time { return 7 },
		Committed: func(event.Position) {},
		Failed:    func(error) {},
		Append: func(_ context.Context, batches []*event.Batch) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if err := w.failing(); err != nil {
				return err
			}
			w.groups++
			for _, b := range batches {
				w.ahead = append(w.ahead, b.RawSeq...)
			}
			return nil
		},
		Commit: func(_ context.Context, c store.Commit) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if err := w.failing(); err != nil {
				return err
			}
			w.rows, w.ahead = append(w.rows, w.ahead...), nil
			w.commits = append(w.commits, c)
			return nil
		},
	}
}

func (w *world) failing() error {
	if w.fail == 0 {
		return nil
	}
	w.fail--
	return errors.New("no room")
}

// raw is what every chunk holds: so much that few of them make a group.
var raw = make([]byte, groupBytes/2)

// journalOf gives n messages of one to three chunks each.
func journalOf(n int) (out []event.Chunk) {
	for seq := 1; seq <= n; seq++ {
		pieces := 1 + seq%3
		for i := range pieces {
			c := event.Chunk{Seq: event.Position(seq), Records: 1, Data: raw, Offset: uint32(i)}
			if i == pieces-1 {
				c.Through = c.Seq
			}
			out = append(out, c)
		}
	}
	return out
}

func TestRecordsAreCountedAndCommittedInJournalOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(200)}
		p := New(Config{Workers: 4, CommitEvery: 100 * time.Millisecond, Hold: 1 << 20}, w.parts())
		p.Start(0)
		time.Sleep(time.Minute)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.added) != len(w.chunks) || !slices.IsSorted(w.added) || !slices.Equal(w.rows, w.added) {
			t.Fatalf("%d of %d counted, %d committed", len(w.added), len(w.chunks), len(w.rows))
		}
		if len(w.commits) < 10 {
			t.Errorf("%d commits; they must not wait for the end", len(w.commits))
		}
		rejects := 0
		for i, c := range w.commits {
			rejects += len(c.Rejects)
			last := c.Rejects[len(c.Rejects)-1].Seq
			if last != c.Position || c.Watermark != 7 || i > 0 && c.Position <= w.commits[i-1].Position {
				t.Errorf("commit %d ends at %d but says %d: half a message was committed", i, last, c.Position)
			}
		}
		if rejects != len(w.chunks) {
			t.Errorf("%d rejects, want %d", rejects, len(w.chunks))
		}
	})
}

func TestAFailingCommitIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(50), fail: 5}
		p := New(Config{Workers: 2, CommitEvery: 50 * time.Millisecond, Hold: 1 << 20}, w.parts())
		p.Start(0)
		time.Sleep(5 * time.Minute)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.rows, w.added) || len(w.rows) != len(w.chunks) {
			t.Errorf("%d rows committed of %d", len(w.rows), len(w.chunks))
		}
	})
}

// A commit that is given up at a stop must not be followed by a later one: the
// position would then skip what was never stored.
func TestNothingIsCommittedAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(100), fail: 1 << 30}
		p := New(Config{Workers: 2, CommitEvery: 50 * time.Millisecond, Hold: 1}, w.parts())
		p.Start(0)
		time.Sleep(time.Second)
		go func() { // room again, but only after the stop began
			time.Sleep(time.Millisecond)
			w.mu.Lock()
			w.fail = 0
			w.mu.Unlock()
		}()
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, c := range w.commits {
			if i == 0 && c.Rejects[0].Seq != 1 {
				t.Errorf("the first commit begins at %d", c.Rejects[0].Seq)
			}
		}
		if !slices.Equal(w.rows, w.added[:len(w.rows)]) {
			t.Error("a gap was committed")
		}
	})
}

func TestHalfAMessageIsNeverCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chunks := journalOf(4)
		chunks = chunks[:len(chunks)-1] // the last message's end never comes
		w := &world{chunks: chunks}
		p := New(Config{Workers: 2, CommitEvery: 50 * time.Millisecond, Hold: 1 << 20}, w.parts())
		p.Start(0)
		time.Sleep(time.Second)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, seq := range w.rows {
			if seq == 4 {
				t.Fatal("a record of the unfinished message was committed")
			}
		}
	})
}

// A journal that can no longer be read is told, not waited for in silence.
func TestAnUnreadableJournalIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(3)}
		parts := w.parts()
		damaged := errors.New("damaged")
		parts.Consume = func(context.Context, event.Position, func(event.Chunk) error) error { return damaged }
		told := make(chan error, 1)
		parts.Failed = func(err error) { told <- err }
		p := New(Config{Workers: 1, CommitEvery: time.Second, Hold: 1}, parts)
		p.Start(0)
		if err := <-told; !errors.Is(err, damaged) {
			t.Errorf("told %v", err)
		}
		if err := p.Stop(t.Context()); !errors.Is(err, damaged) {
			t.Errorf("Stop said %v", err)
		}
	})
}
