// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// boundHeap has the heap outgrow what is in use by as much as is configured, now that
// the start is over, and the runtime hold little more than that: see heapBound. The
// environment's GOGC and GOMEMLIMIT win.
func (a *App) boundHeap(context.Context) error {
	growth := a.cfg.Memory.Growth
	if os.Getenv("GOGC") != "" || growth <= 0 {
		return nil
	}
	a.heap = &heapBound{bulk: int64(growth), limited: os.Getenv("GOMEMLIMIT") == ""}
	a.heap.turn(false)
	if !a.heap.limited {
		return nil
	}
	a.life.add("bound of the heap", func(context.Context) error { debug.SetMemoryLimit(math.MaxInt64); return nil })
	a.background("bounding the heap", a.heap.follow)
	return nil
}

// quietGrowth is how many times as far the heap may grow while no records come in
// bulk. What is in use are counts then, with room that the flow has left, and who asks
// while it is collected waits for that.
const quietGrowth = 2

// heapBound keeps what the runtime holds near what the collector lets the heap grow
// to. By itself it holds a tenth more, and takes new memory for large buffers while
// what was freed lies about in pieces: at full rate, a sixth of all. Up to a limit it
// gives such pieces back first. The limit follows what is in use, so that it hardly
// has anything collected earlier, however much that is.
type heapBound struct {
	bulk    int64 // growth while records come in bulk, per cent
	limited bool

	mu     sync.Mutex
	growth int64 // per cent, now
	limit  int64 // as set; 0: not yet for this growth
}

// turn sets the growth for records that come in bulk or do not.
func (b *heapBound) turn(bulk bool) {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.growth, b.limit = b.bulk, 0
	if !bulk {
		b.growth *= quietGrowth
	}
	debug.SetGCPercent(int(b.growth))
	b.mu.Unlock()
	b.adjust()
}

// adjust sets the limit by what the last collection left.
func (b *heapBound) adjust() {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := readHeap()
	if limit := b.next(h); b.limited && h.live > 0 && limit != b.limit {
		b.limit = limit
		debug.SetMemoryLimit(limit)
	}
}

// heapState is what the last collection left, in bytes.
type heapState struct {
	live   int64 // in use
	roots  int64 // looked through beside: stacks and variables
	beside int64 // held, but neither in use nor free for it
}

// pace is by how much the limit changes after a collection: what is in use differs
// from one to the next. Memory that was given back has to be asked for again, page by
// page, and what is in use for a moment only need not make room for as much garbage.
const pace = 4 << 20

// next gives the limit for what is held. It always leaves half of the growth.
func (b *heapBound) next(h heapState) int64 {
	want := h.limit(b.growth)
	if b.limit == 0 {
		return want
	}
	return max(h.limit(b.growth/2), min(want, b.limit+pace), b.limit-pace)
}

// limit gives the one at which the heap has grown by so many per cent.
func (h heapState) limit(growth int64) int64 {
	goal := h.live + (h.live+h.roots)*growth/100
	goal += goal / 32 // the collector keeps away from a limit by so much
	return (goal + h.beside + pace - 1) / pace * pace
}

// follow adjusts the limit after each collection, until ctx ends.
func (b *heapBound) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-afterCollection():
			b.adjust()
		}
	}
}

// afterCollection gives a channel that is closed after the next collection.
func afterCollection() <-chan struct{} {
	done := make(chan struct{})
	runtime.AddCleanup(new([64]byte), func(done chan struct{}) { close(done) }, done)
	return done
}

func readHeap() heapState {
	s := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
	}
	metrics.Read(s)
	of := func(i int) int64 { return int64(s[i].Value.Uint64()) }
	return heapState{live: of(0), roots: of(1) + of(2), beside: of(3) - of(4) - of(5) - of(6)}
}
