// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// boundHeap has the heap outgrow what is in use by as much as is configured, now that
// the start is over, and the runtime hold little more than that: see heapBound. The
// environment's GOGC and GOMEMLIMIT win.
func (a *App) boundHeap(context.Context) error {
	growth := a.cfg.Memory.Growth
	if os.Getenv("GOGC") != "" || growth <= 0 {
		return nil
	}
	debug.SetGCPercent(growth)
	if os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	a.life.add("bound of the heap", func(context.Context) error { debug.SetMemoryLimit(math.MaxInt64); return nil })
	a.background("bounding the heap", (&heapBound{growth: int64(growth)}).follow)
	return nil
}

// heapBound keeps what the runtime holds near what the collector lets the heap grow
// to. By itself it holds a tenth more, and takes new memory for large buffers while
// what was freed lies about in pieces: at full rate, a sixth of all. Up to a limit it
// gives such pieces back first. The limit follows what is in use, so that it hardly
// has anything collected earlier, however much that is.
type heapBound struct {
	growth int64 // per cent
	limit  int64 // as set; 0 before
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
		h := readHeap()
		if limit := b.next(h); h.live > 0 && limit != b.limit {
			b.limit = limit
			debug.SetMemoryLimit(limit)
		}
		select {
		case <-ctx.Done():
			return
		case <-afterCollection():
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
