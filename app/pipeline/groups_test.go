// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"haidang/event"
	"haidang/store"
)

// thousand makes a thousand records of every chunk.
type thousand struct{}

func (thousand) Chunk(c *event.Chunk, _ event.Sensor, b *event.Batch, r []event.Reject) []event.Reject {
	var e event.Event
	e.Reset()
	e.RawSeq = uint64(c.Seq)
	for range 1000 {
		b.Append(&e)
	}
	return r
}

// Records are written while more of their commit is still being counted, in
// groups that need not be written once more when files are merged; what they
// took of memory is used again.
func TestRecordsAreWrittenAheadOfTheirCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		for i := range 500 { // one message
			w.chunks = append(w.chunks, event.Chunk{Seq: 1, Records: 1000, Data: raw, Offset: uint32(i)})
		}
		parts := w.parts()
		parts.Normalise = func() Chunker { return thousand{} }
		var mu sync.Mutex
		var groups []int
		seen := map[*event.Batch]bool{}
		parts.Append = func(_ context.Context, batches []*event.Batch) error {
			mu.Lock()
			defer mu.Unlock()
			rows := 0
			for _, b := range batches {
				rows += b.Rows()
				seen[b] = true
			}
			groups = append(groups, rows)
			return nil
		}
		more := make(chan struct{})
		consume := parts.Consume
		parts.Consume = func(ctx context.Context, after event.Position, fn func(event.Chunk) error) error {
			return consume(ctx, after, func(c event.Chunk) error {
				if c.Offset == 499 {
					<-more
					c.Through = 1
				}
				return fn(c)
			})
		}
		p := New(Config{Workers: 2, CommitEvery: time.Hour, Hold: 64 << 20}, parts)
		p.Start(0)
		time.Sleep(time.Minute)
		mu.Lock()
		ahead := len(groups)
		mu.Unlock()
		if ahead < 10 || len(w.commits) > 0 {
			t.Errorf("%d groups were written ahead, %d commits made", ahead, len(w.commits))
		}
		close(more)
		time.Sleep(time.Minute)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, rows := range groups {
			total += rows
			if rows < store.GroupRows*3/4 || rows > store.GroupRows*7/4 {
				t.Errorf("a group of %d records", rows)
			}
		}
		if total != 500_000 || len(w.commits) != 1 {
			t.Errorf("%d records in %d commits", total, len(w.commits))
		}
		if len(seen) > 125 {
			t.Errorf("%d batches were made, as if none of 250 had been used again", len(seen))
		}
	})
}

// refusing makes of every chunk a thousand records, or a large reject.
type refusing struct{ thousand }

func (r refusing) Chunk(c *event.Chunk, s event.Sensor, b *event.Batch, rejects []event.Reject) []event.Reject {
	if c.Sensor == "broken" {
		return append(rejects, event.Reject{Seq: c.Seq, Bytes: make([]byte, 64<<10)})
	}
	return r.thousand.Chunk(c, s, b, rejects)
}

// Before its time a commit is made of several times what may be held in memory of
// records, which are written ahead, but not of rejects, which are not.
func TestWhenACommitIsDue(t *testing.T) {
	const hold = 4 << 20
	held := func(sensor string, records uint32) (most int64, commits int) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{}
			for i := range 200 {
				w.chunks = append(w.chunks, event.Chunk{
					Delivery: event.Delivery{Sensor: sensor}, Seq: event.Position(i + 1), Through: event.Position(i + 1), Records: records, Data: raw,
				})
			}
			parts := w.parts()
			parts.Normalise = func() Chunker { return refusing{} }
			var since int64
			parts.Append = func(_ context.Context, batches []*event.Batch) error {
				for _, b := range batches {
					if b.Rows() > 0 {
						since += b.Size()
					}
				}
				return nil
			}
			parts.Commit = func(_ context.Context, c store.Commit) error {
				most, since = max(most, since+rejectsSize(c.Rejects)), 0
				commits++
				return nil
			}
			p := New(Config{Workers: 2, CommitEvery: time.Hour, Hold: hold}, parts)
			p.Start(0)
			time.Sleep(time.Minute)
			if err := p.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		return most, commits
	}
	if most, commits := held("good", 1000); most < commitHolds*hold || most > (commitHolds+1)*hold {
		t.Errorf("the largest of %d commits had %d MiB of records, want a little more than %d", commits, most>>20, commitHolds*hold>>20)
	}
	if most, commits := held("broken", 1); most < hold/2 || most > hold || commits < 3 {
		t.Errorf("the largest of %d commits had %d KiB of rejects, want about %d", commits, most>>10, hold/2>>10)
	}
}
