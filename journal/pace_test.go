// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// paced is a pace whose consumer follows, with batches let in and on disk.
func paced(steady, burst int64, batches ...int64) *pace {
	p := newPace(steady, burst)
	p.follow(true)
	for i, bytes := range batches {
		p.ask("early", bytes)
		p.wrote(uint64(i+1), bytes)
	}
	return &p
}

func isIn(w *waiter) bool {
	if w == nil {
		return true
	}
	select {
	case <-w.in:
		return true
	default:
		return false
	}
}

// A burst runs ahead. After it senders get half of what the consumer takes, until it
// is no further behind than in a flow that lasts.
func TestPaceAfterBurst(t *testing.T) {
	p := paced(20, 100, slices.Repeat([]int64{10}, 10)...)
	var waiting []*waiter
	for i := range 10 {
		w := p.ask(fmt.Sprint("sensor ", i), 10)
		if isIn(w) {
			t.Fatalf("a batch does not wait with %d bytes ahead of %d", p.ahead, p.limit)
		}
		waiting = append(waiting, w)
	}
	var in []int
	for seq := range uint64(10) {
		p.took(seq + 1)
		n := 0
		for _, w := range waiting {
			if isIn(w) {
				n++
			}
		}
		in = append(in, n)
	}
	// The limit falls by 5 with each 10 that are taken, from 100 to 50, and who waits
	// is let in when there is room for 10 at least, half of 20.
	if want := []int{0, 1, 1, 2, 2, 3, 3, 4, 4, 5}; !slices.Equal(in, want) {
		t.Errorf("let in after each batch that was taken: %d, want %d", in, want)
	}
	if p.limit != 50 || p.ahead != 50 {
		t.Errorf("%d bytes ahead of %d at most, want 50 of 50", p.ahead, p.limit)
	}
}

// The limit ends at what a flow that lasts may be ahead by, and starts anew after a
// rest.
func TestPaceRests(t *testing.T) {
	p := paced(20, 100, slices.Repeat([]int64{50}, 2)...)
	w := p.ask("a", 10)
	p.took(2)
	for seq := uint64(3); seq < 10; seq++ {
		p.wrote(seq, p.ahead)
		p.took(seq)
		p.ask("a", 19)
	}
	if !isIn(w) || p.limit != 20 {
		t.Fatalf("let in: %v; at most %d bytes ahead, want 20", isIn(w), p.limit)
	}
	p.ask("a", 1)
	if isIn(p.ask("a", 1)) {
		t.Fatal("a batch does not wait though the consumer is behind")
	}
	p.took(100)
	p.waited = p.waited.Add(-2 * restTime)
	if p.ask("a", 1); p.limit != 100 {
		t.Errorf("after a rest %d bytes may be ahead, want 100", p.limit)
	}
}

// Sensors take turns, however many batches one of them sends.
func TestPaceTurns(t *testing.T) {
	p := paced(10, 10, 10)
	var order []string
	var all []*waiter
	names := []string{"flood", "flood", "flood", "quiet", "flood", "other"}
	for _, name := range names {
		all = append(all, p.ask(name, 10))
	}
	for seq := uint64(1); len(order) < len(names); seq++ {
		before := make([]bool, len(all))
		for i, w := range all {
			before[i] = isIn(w)
		}
		p.took(seq)
		for i, w := range all {
			if isIn(w) && !before[i] {
				order = append(order, names[i])
				p.wrote(seq+1, 10)
			}
		}
	}
	if want := []string{"flood", "quiet", "other", "flood", "flood", "flood"}; !slices.Equal(order, want) {
		t.Errorf("let in: %s, want %s", order, want)
	}
}

// A consumer that takes nothing holds senders up once.
func TestPaceStandstill(t *testing.T) {
	p := paced(10, 10, 10)
	p.patience = 30 * time.Millisecond
	began := time.Now()
	p.enter(t.Context(), "a", 10)
	if waited := time.Since(began); waited < p.patience {
		t.Errorf("waited %s, want %s", waited, p.patience)
	}
	if w := p.ask("a", 10); w != nil {
		t.Error("waits for a consumer that stands still")
	}
	p.took(1)
	if isIn(p.ask("a", 10)) {
		t.Error("does not wait for a consumer that goes on")
	}
}

// Who gives up, is refused, or outlives the consumer leaves nothing behind.
func TestPaceEnds(t *testing.T) {
	p := paced(10, 10, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.enter(ctx, "gives up", 10)
	w := p.ask("next", 10)
	p.took(1)
	if isIn(w) {
		t.Error("let in while what was let in before is not on disk")
	}
	if p.refused(10); !isIn(w) {
		t.Error("waits for a batch that was refused")
	}
	w = p.ask("last", 10)
	p.follow(false)
	if !isIn(w) {
		t.Error("waits for a consumer that is gone")
	}
	p.wrote(2, 10)
	p.wrote(3, 10)
	if p.ahead != 0 || len(p.lanes)+len(p.turn)+len(p.stored.runs) != 0 || p.stored.bytes != 0 {
		t.Errorf("left: %d bytes, lanes %v, turn %v, stored %v", p.ahead, p.lanes, p.turn, p.stored)
	}
}

// In a flow that lasts, faster than the consumer, everything is handed over in memory
// and nothing is read back.
func TestPacedFlowIsHandedOver(t *testing.T) {
	c := testConfig(t.TempDir())
	c.HandoverBytes, c.BurstBytes = 512<<10, -1
	j := open(t, c, 0, Dependencies{})
	f := follow(t, j, func() { time.Sleep(2 * time.Millisecond) })
	const senders, each = 4, 40
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				if _, err := send(t.Context(), j, delivery(fmt.Sprint("sensor-", s), ""), strings.Repeat(fmt.Sprintf("%06d\n", i), 4<<10)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(f.all(t, senders*each)); n != senders*each {
		t.Errorf("%d chunks came, want %d", n, senders*each)
	}
	if n := testutil.ToFloat64(j.m.readBack); n != 0 {
		t.Errorf("%v messages were read back", n)
	}
	if j.pace.ahead != 0 {
		t.Errorf("%d bytes are ahead of a consumer that has all", j.pace.ahead)
	}
}
