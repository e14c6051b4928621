// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

const mib = int64(1) << 20

// While as much is in use, the limit is what the collector lets the heap grow to
// and little more.
func TestTheLimitIsJustAboveTheGrowth(t *testing.T) {
	for _, live := range []int64{1 * mib, 100 * mib, 300 * mib, 5000 * mib} {
		h := heapState{live: live, roots: mib, beside: 20 * mib}
		b := heapBound{growth: 30}
		goal := h.live + (h.live+h.roots)*30/100
		if got := b.next(h); got < goal+goal/33+h.beside || got > goal+goal/30+h.beside+pace {
			t.Errorf("%d MiB in use: the limit is %d MiB, the heap grows to %d", live/mib, got/mib, goal/mib)
		}
	}
}

// The limit follows what is in use, step by step, and leaves half of the growth
// whatever comes.
func TestTheLimitFollowsWhatIsInUse(t *testing.T) {
	b := heapBound{growth: 30}
	state := func(live int64) heapState { return heapState{live: live * mib, beside: 20 * mib} }
	next := func(live int64) int64 {
		b.limit = b.next(state(live))
		return b.limit
	}
	first := next(300)
	for range 3 { // what is in use for a moment
		if got := next(320); got > first+3*pace || got < state(320).limit(15) {
			t.Errorf("after a moment the limit is %d MiB, it was %d", got/mib, first/mib)
		}
	}
	if got, least := next(900), state(900).limit(15); got != least {
		t.Errorf("with three times as much in use the limit is %d MiB, want %d", got/mib, least/mib)
	}
	for range 100 {
		next(900)
	}
	if got, want := b.limit, state(900).limit(30); got != want {
		t.Errorf("after a while the limit is %d MiB, want %d", got/mib, want/mib)
	}
	if got := next(300); got != state(900).limit(30)-pace {
		t.Errorf("at once the limit sinks to %d MiB", got/mib)
	}
	for range 1000 {
		next(300)
	}
	if got, want := b.limit, state(300).limit(30); got != want {
		t.Errorf("in the end the limit is %d MiB, want %d", got/mib, want/mib)
	}
}

var held [][]byte // what the tests below have in use

// The runtime's own limit rises with what is in use before the collector would
// have to work for it, and is gone after the stop.
func TestTheHeapIsBoundWhileTheObservatoryRuns(t *testing.T) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		t.Skip("the environment wins")
	}
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	a := App{log: slog.New(slog.DiscardHandler)}
	a.life.log = slog.New(slog.DiscardHandler)
	defer debug.SetGCPercent(debug.SetGCPercent(60))
	runtime.GC() // so that something is known to be in use
	a.cfg.Memory.Growth = 30
	if err := a.boundHeap(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "a limit", func() bool { return limit() < math.MaxInt64 })
	if heapGrowth() != 30*quietGrowth {
		t.Errorf("the heap may grow by %d per cent", heapGrowth())
	}
	for range 32 {
		held = append(held, make([]byte, 4*mib))
	}
	until(t, "a limit for what is in use now", func() bool {
		runtime.GC()
		h := readHeap()
		return h.live > 128*mib && limit() >= h.limit(45)
	})
	quiet := limit()
	a.heap.turn(true)
	if heapGrowth() != 30 || limit() >= quiet {
		t.Errorf("while records come in bulk the heap may grow by %d per cent, to %d MiB; it was %d", heapGrowth(), limit()/mib, quiet/mib)
	}
	held = nil
	until(t, "a limit for what is in use no more", func() bool { runtime.GC(); return limit() < 128*mib+readHeap().limit(30)/2 })
	if err := a.life.stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if limit() != math.MaxInt64 {
		t.Errorf("after the stop the limit is %d", limit())
	}
}

// until waits for something that follows a collection.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("no %s within a minute", what)
		}
	}
}
