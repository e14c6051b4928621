// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/event"
	"haidang/store"
)

// While the store is stuck, what was read stays within bounds; nothing of it is
// lost when the store goes on.
func TestAStuckStoreHoldsUpReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(2000)}
		parts, stuck, read := w.parts(), make(chan struct{}), atomic.Int64{}
		consume, commit := parts.Consume, parts.Commit
		parts.Consume = func(ctx context.Context, after event.Position, fn func(event.Chunk) error) error {
			return consume(ctx, after, func(c event.Chunk) error {
				read.Add(1)
				return fn(c)
			})
		}
		parts.Commit = func(ctx context.Context, c store.Commit) error {
			<-stuck
			return commit(ctx, c)
		}
		p := New(Config{Workers: 2, CommitEvery: 50 * time.Millisecond, Hold: 256 << 10}, parts)
		p.Start(0)
		time.Sleep(time.Hour)
		synctest.Wait()
		stopped := read.Load()
		time.Sleep(time.Hour)
		if n := read.Load(); n != stopped || n > 400 {
			t.Errorf("%d chunks were read, then %d: reading is not bounded", stopped, n)
		}
		held := testutil.ToFloat64(p.metrics.held.waiting) + testutil.ToFloat64(p.metrics.held.committing)
		if held < 256<<10 || held > 256<<10+64<<10 {
			t.Errorf("%v bytes are held, want about those of a commit", held)
		}
		close(stuck)
		time.Sleep(time.Hour)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.added) != len(w.chunks) || !slices.Equal(w.rows, w.added) {
			t.Errorf("%d of %d counted, %d committed", len(w.added), len(w.chunks), len(w.rows))
		}
	})
}

// A slow commit alone is no reason to stop counting: the picture goes on.
func TestCountingGoesOnBesideASlowCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		parts, stuck := w.parts(), make(chan struct{})
		feed := make(chan event.Chunk)
		parts.Consume = func(ctx context.Context, _ event.Position, fn func(event.Chunk) error) error {
			for c := range feed {
				if err := fn(c); err != nil {
					return err
				}
			}
			<-ctx.Done()
			return ctx.Err()
		}
		parts.Commit = func(context.Context, store.Commit) error { <-stuck; return nil }
		p := New(Config{Workers: 1, CommitEvery: 10 * time.Millisecond, Hold: 64 << 20}, parts)
		p.Start(0)
		for seq := range 20 {
			feed <- event.Chunk{Seq: event.Position(seq + 1), Through: event.Position(seq + 1), Records: 1, Data: raw}
			time.Sleep(100 * time.Millisecond)
		}
		w.mu.Lock()
		if len(w.added) != 20 {
			t.Errorf("%d of 20 records were counted while a commit hung", len(w.added))
		}
		w.mu.Unlock()
		close(stuck)
		close(feed)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// The journal gets back what it lent, once for each chunk.
func TestChunksAreReleasedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{chunks: journalOf(50)}
		var released atomic.Int64
		for i := range w.chunks {
			if i%5 == 0 {
				w.chunks[i].Data, w.chunks[i].Dup = nil, 1
			}
			w.chunks[i].Release = func() { released.Add(1) }
		}
		p := New(Config{Workers: 2, CommitEvery: 50 * time.Millisecond, Hold: 1 << 20}, w.parts())
		p.Start(0)
		time.Sleep(time.Minute)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := released.Load(); n != int64(len(w.chunks)) {
			t.Errorf("%d of %d chunks were released", n, len(w.chunks))
		}
	})
}

// Many small requests share batches where more is waiting.
func TestSmallChunksShareABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		for seq := range 1000 {
			w.chunks = append(w.chunks, event.Chunk{Seq: event.Position(seq + 1), Through: event.Position(seq + 1), Records: 1, Data: []byte("x")})
		}
		parts, batches := w.parts(), 0
		parts.Enrich = func(*event.Batch) {
			w.mu.Lock()
			defer w.mu.Unlock()
			batches++
		}
		p := New(Config{Workers: 2, CommitEvery: 100 * time.Millisecond, Hold: 64 << 20}, parts)
		p.Start(0)
		time.Sleep(time.Hour)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.rows) != 1000 || !slices.IsSorted(w.rows) || batches > 50 {
			t.Errorf("%d records in %d batches", len(w.rows), batches)
		}
	})
}

func TestBatchesAreUsedAgain(t *testing.T) {
	f := free{limit: 1 << 20}
	b := f.get(1000)
	if cap(b.Time) < 1000 || cap(b.CommunityID) < 1000 {
		t.Fatalf("room for %d rows, want 1000", cap(b.Time))
	}
	f.put(b)
	if small := f.get(10); small == b || cap(small.Time) > smallRows {
		t.Error("a few records hold the memory of a thousand")
	}
	if again := f.get(1000); again != b {
		t.Error("the batch was not used again")
	}
	f.put(b)
	var e event.Event
	e.Reset()
	e.Action, e.Residual = "alert", []byte(`{"a":1}`)
	fill := func() {
		b := f.get(1000)
		for range 1000 {
			b.AppendSet(&e)
		}
		b.Pad()
		f.put(b)
	}
	fill()
	if n := testing.AllocsPerRun(50, fill); n != 0 {
		t.Errorf("%v allocations a batch in the steady state", n)
	}
	if f.size() != b.Size() {
		t.Errorf("%d bytes kept, the batch has %d", f.size(), b.Size())
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	f := free{limit: 1 << 20}
	var all []*event.Batch
	for range 10 {
		all = append(all, f.get(1000))
	}
	for _, b := range all {
		f.put(b)
	}
	if n := f.size(); n > 1<<20 || n < 1<<19 {
		t.Errorf("%d bytes kept of a limit of 1 MiB", n)
	}
}

// While nothing comes, the memory of batches is given back; it is not while
// records come one commit after the other.
func TestMemoryIsGivenBackWhileNothingComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		parts := w.parts()
		feed := make(chan event.Chunk)
		parts.Consume = func(ctx context.Context, _ event.Position, fn func(event.Chunk) error) error {
			for c := range feed {
				if err := fn(c); err != nil {
					return err
				}
			}
			<-ctx.Done()
			return ctx.Err()
		}
		p := New(Config{Workers: 1, CommitEvery: time.Second, Hold: 64 << 20}, parts)
		p.Start(0)
		for seq := range 100 {
			feed <- event.Chunk{Seq: event.Position(seq + 1), Through: event.Position(seq + 1), Records: 1, Data: raw}
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			if seq > 10 && p.free.size()+int64(testutil.ToFloat64(p.metrics.held.waiting)) == 0 {
				t.Fatalf("nothing is kept after %d chunks", seq)
			}
		}
		time.Sleep(time.Minute)
		if n := p.free.size(); n != 0 {
			t.Errorf("%d bytes are kept after a quiet minute", n)
		}
		close(feed)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
