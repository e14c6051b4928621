// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/event"
)

// follower keeps what a consumer that follows was given, and then scribbles over
// it: the buffer is the follower's until it is released.
type follower struct {
	mu     sync.Mutex
	chunks []event.Chunk
	stall  func()
	done   chan error
	cancel context.CancelFunc
}

func follow(t *testing.T, j *Journal, stall func()) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f := &follower{stall: stall, done: make(chan error, 1), cancel: cancel}
	go func() { f.done <- j.Consume(ctx, 0, f.take) }()
	for !followed(j) {
		time.Sleep(time.Millisecond)
	}
	return f
}

func followed(j *Journal) bool {
	j.handover.mu.Lock()
	defer j.handover.mu.Unlock()
	return j.handover.followed
}

func (f *follower) take(c event.Chunk) error {
	f.stall()
	kept := c
	kept.Data, kept.Release = bytes.Clone(c.Data), nil
	for i := range c.Data {
		c.Data[i] = '!'
	}
	if c.Release != nil {
		c.Release()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chunks = append(f.chunks, kept)
	return nil
}

// all waits until so many chunks came, ends the consumer and gives them.
func (f *follower) all(t *testing.T, n int) []event.Chunk {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		f.mu.Lock()
		got := len(f.chunks)
		f.mu.Unlock()
		if got >= n || time.Now().After(deadline) {
			break
		}
	}
	f.cancel()
	<-f.done
	return f.chunks
}

// load sends batches of all kinds: of one piece and of many, aborted ones, left
// open ones, repeats, with and without keys, given and written.
func load(t *testing.T, j *Journal, seed uint64, batches int) {
	r := rand.New(rand.NewPCG(seed, 9))
	for i := range batches {
		key := ""
		if r.IntN(3) == 0 {
			key = fmt.Sprint("k", i-i%2) // every second one is a repeat, or a mismatch
		}
		a, err := j.Begin(delivery(fmt.Sprint("s", seed), key))
		if errors.Is(err, ErrKeyBusy) { // left open below
			continue
		}
		if err != nil {
			t.Error(err)
			return
		}
		body := a.Body()
		for range r.IntN(6) {
			piece := []byte(noise(r, 1+r.IntN(1<<(4+r.IntN(14)))))
			if body != nil && r.IntN(8) > 0 {
				_, _ = body.Write([]byte("same"))
			}
			var preamble []byte
			if seed == 2 {
				preamble = []byte("head\n")
			}
			if n := r.IntN(5); n == 0 {
				err = a.Write(piece, 1, preamble)
			} else if n == 1 && preamble == nil {
				zstd := packed(t, piece)
				err = a.Keep(piece, 1, zstd, func() { clear(piece) }, func() { clear(zstd) })
			} else {
				err = a.Give(piece, 1, preamble, func() { clear(piece) })
			}
			if err != nil {
				t.Error(err)
			}
		}
		switch r.IntN(12) {
		case 0:
			a.Abort()
		case 1: // its sender went away
		default:
			if _, err := a.Commit(context.Background()); err != nil && !errors.Is(err, ErrKeyMismatch) {
				t.Error(err)
			}
		}
	}
}

var asDelivered = []cmp.Option{cmpopts.IgnoreFields(event.Chunk{}, "Release"),
	cmp.Transformer("text", func(b []byte) string { return string(b) })}

// What a consumer is handed in memory is what it would have read from the log,
// chunk by chunk, whatever the load and however it stalls.
func TestHandedOverIsWhatTheLogHolds(t *testing.T) {
	for _, c := range []struct {
		name    string
		budget  int64
		message int
		stall   func(r *rand.Rand)
		both    bool // some messages must have taken each way
	}{
		{"keeps up", 64 << 20, 64 << 10, func(*rand.Rand) {}, false},
		{"stalls", 256 << 10, 16 << 10, func(r *rand.Rand) {
			if r.IntN(20) == 0 {
				time.Sleep(time.Duration(r.IntN(15)) * time.Millisecond)
			}
		}, true},
		{"large messages", 2 << 20, 1 << 20, func(r *rand.Rand) {
			if r.IntN(100) == 0 {
				time.Sleep(30 * time.Millisecond)
			}
		}, false},
		{"no room", 1, 16 << 10, func(*rand.Rand) {}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			cfg.HandoverBytes, cfg.MessageBytes, cfg.PartWait = c.budget, c.message, 2*time.Millisecond
			cfg.PendingBytes = 1 << 20
			j := open(t, cfg, 0, Dependencies{})
			r, half := rand.New(rand.NewPCG(1, 5)), make(chan struct{})
			f := follow(t, j, func() {
				if c.both { // stands still until half of all is sent
					<-half
				}
				c.stall(r)
			})
			var senders sync.WaitGroup
			for s := range uint64(6) {
				if s == 3 && c.both {
					senders.Wait()
					close(half)
				}
				senders.Go(func() { load(t, j, s, 60) })
			}
			senders.Wait()
			want := collect(t, j, 0) // a second consumer: from the log
			handed := testutil.ToFloat64(j.m.handed)
			got := f.all(t, len(want)+1) // and the mark that collect sent
			if d := cmp.Diff(want, got[:len(got)-1], asDelivered...); d != "" {
				t.Error(d)
			}
			checkOrder(t, withoutRepeats(got))
			t.Logf("%d chunks, %.0f messages handed over, %.0f read", len(got), handed, testutil.ToFloat64(j.m.readBack))
			if handed == 0 && c.budget > 1 {
				t.Error("nothing was handed over")
			}
			if c.both && handed >= testutil.ToFloat64(j.m.messages) {
				t.Error("the consumer never fell back")
			}
			if n := j.handover.waiting(); n > c.budget {
				t.Errorf("%d bytes are kept, of %d", n, c.budget)
			}
		})
	}
}

func withoutRepeats(chunks []event.Chunk) []event.Chunk {
	var out []event.Chunk
	for _, c := range chunks {
		if c.Dup == 0 {
			out = append(out, c)
		}
	}
	return out
}

// Nothing stays behind: neither of batches that were given up nor of a consumer
// that went away.
func TestNothingOfTheHandOverStays(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.MessageBytes, cfg.PartWait = 32<<10, time.Millisecond
	j := open(t, cfg, 0, Dependencies{})
	block := make(chan struct{})
	f := follow(t, j, func() { <-block })
	piece := func() []byte { return []byte(noise(rand.New(rand.NewPCG(1, 1)), 20<<10)) }
	var open []*Append
	for i := range 8 {
		a, err := j.Begin(delivery("s", ""))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := a.Give(piece(), 1, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		if i%2 == 0 {
			if _, err := a.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		open = append(open, a)
	}
	if j.handover.waiting() == 0 {
		t.Fatal("nothing waits, although the consumer stands still")
	}
	for _, a := range open {
		a.Abort()
	}
	f.cancel()
	close(block)
	<-f.done
	closeJournal(t, j)
	if n := j.handover.waiting(); n != 0 {
		t.Errorf("%d bytes are still kept", n)
	}
	if j.queue.kept != 0 || j.queue.memory != 0 || j.queue.bytes != 0 || len(j.queue.lanes) != 0 {
		t.Errorf("the queue still holds %d and %d bytes", j.queue.kept, j.queue.memory)
	}
}

// A consumer that fell behind is handed messages again once it caught up.
func TestTheFastPathIsTakenAgain(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.HandoverBytes = 1 << 20
	j := open(t, cfg, 0, Dependencies{})
	gate := make(chan struct{})
	f := follow(t, j, func() { <-gate })
	body := bytes.Repeat([]byte("x\n"), 40<<10)
	for range 20 {
		mustSend(t, j, delivery("s", ""), string(body))
	}
	close(gate)
	for testutil.ToFloat64(j.m.readBack) == 0 || j.handover.waiting() > 0 {
		time.Sleep(time.Millisecond)
	}
	slow := testutil.ToFloat64(j.m.readBack)
	before := testutil.ToFloat64(j.m.handed)
	for range 5 {
		mustSend(t, j, delivery("s", ""), string(body))
		for j.handover.waiting() > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	f.all(t, 25)
	if fast := testutil.ToFloat64(j.m.handed) - before; fast < 4 {
		t.Errorf("%.0f of 5 messages were handed over after %.0f were read", fast, slow)
	}
}

// A position that the consumer passes over is not kept for it.
func TestWhatIsPassedOverIsForgotten(t *testing.T) {
	h := handover{limit: 100}
	if h.keep(&given{data: []byte("nobody follows"), owned: true}) != nil {
		t.Error("kept although nobody follows")
	}
	if !h.follow() || h.follow() {
		t.Error("one consumer follows, no more")
	}
	released := 0
	for seq := range uint64(4) {
		r := h.keep(&given{data: make([]byte, 30), owned: true, release: func() { released++ }})
		if (r != nil) != (seq < 3) {
			t.Errorf("piece %d: kept %v of 30 bytes each", seq, r != nil)
		}
		h.offer(seq, 1, []*part{{raw: r, head: head{rawLen: 30}}})
	}
	h.forget(2)
	if _, ok := h.next(2); !ok || released != 2 || h.waiting() != 30 {
		t.Errorf("released %d, %d bytes wait", released, h.waiting())
	}
}
