// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"
	"testing/synctest"
	"time"

	"haidang/event"
)

// paced is a hand-over of 100 bytes that somebody follows; offer lets the
// consumer have a message with one piece.
type paced struct {
	*testing.T
	handover
	seq uint64
}

func newPaced(t *testing.T) *paced {
	p := &paced{T: t, handover: handover{limit: 100}}
	if !p.follow() {
		t.Fatal("somebody follows already")
	}
	return p
}

func (p *paced) offer(sensor string, size int) uint64 {
	p.Helper()
	data := make([]byte, size)
	r := p.keep(data, func() {}, true)
	if r == nil {
		p.Fatalf("no room for %d bytes", size)
	}
	p.seq++
	p.handover.offer(p.seq, 0, []*part{{
		app: &Append{delivery: event.Delivery{Sensor: sensor}}, head: head{flags: flagLast, rawLen: uint32(size)}, raw: r,
	}})
	return p.seq
}

// takes is the consumer taking a message and its bytes.
func (p *paced) takes(seq uint64) {
	p.Helper()
	m, ok := p.next(seq)
	if !ok {
		p.Fatalf("message %d does not wait", seq)
	}
	m.free(nil)
}

// waitsFor says how long a sensor's next batch waits.
func (p *paced) waitsFor(sensor string) time.Duration {
	began := time.Now()
	waited := p.admit(sensor, nil)
	took := time.Since(began)
	if waited != (took > 0) {
		p.Errorf("it waited %s and says %t", took, waited)
	}
	return took
}

func TestPaceByWhatWaits(t *testing.T) {
	for _, x := range []struct {
		name              string
		ready             int
		flooding, another time.Duration
	}{
		{"nothing", 0, 0, 0},
		{"half", 50, 0, 0},
		{"more", 51, paceFor, 0},
		{"three quarters", 75, paceFor, 0},
		{"almost all", 76, paceFor, paceFor},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPaced(t)
				if x.ready > 0 {
					p.offer("flooding", x.ready)
				}
				if got := p.waitsFor("flooding"); got != x.flooding {
					t.Errorf("the flooding sensor waits %s, want %s", got, x.flooding)
				}
				if got := p.waitsFor("another"); got != x.another {
					t.Errorf("another sensor waits %s, want %s", got, x.another)
				}
			})
		})
	}
}

func TestPaceEndsWithRoom(t *testing.T) {
	for name, makeRoom := range map[string]func(p *paced, first uint64){
		"taken":     func(p *paced, first uint64) { p.takes(first) },
		"forgotten": func(p *paced, first uint64) { p.forget(first + 1) },
		"left":      func(p *paced, _ uint64) { p.leave() },
		"kept for a batch that ends later": func(p *paced, first uint64) {
			if m, ok := p.next(first); !ok || m.parts[0].raw == nil {
				p.Error("the message does not wait with its bytes")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPaced(t)
				first := p.offer("a", 40)
				p.offer("b", 40)
				go func() {
					time.Sleep(100 * time.Millisecond)
					makeRoom(p, first)
				}()
				if got := p.waitsFor("b"); got != 100*time.Millisecond {
					t.Errorf("it waited %s, want 100ms", got)
				}
				if got := p.waitsFor("b"); got != 0 {
					t.Errorf("with room it waits %s", got)
				}
			})
		})
	}
}

// A store that does not come back for long makes nobody wait each time.
func TestPaceStopsWhereTheConsumerStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaced(t)
		first := p.offer("a", 20)
		p.offer("a", 80)
		time.Sleep(standstill + time.Millisecond)
		if got := p.waitsFor("a"); got != 0 {
			t.Errorf("it waits %s for a consumer that stands still", got)
		}
		p.takes(first)
		if got := p.waitsFor("a"); got != paceFor {
			t.Errorf("it waits %s for a consumer that goes on, want %s", got, paceFor)
		}
	})
}

func TestPaceEndsWithTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaced(t)
		p.offer("a", 80)
		stop := make(chan struct{})
		go func() {
			time.Sleep(10 * time.Millisecond)
			close(stop)
		}()
		began := time.Now()
		p.admit("a", stop)
		if got := time.Since(began); got != 10*time.Millisecond {
			t.Errorf("it waited %s, want 10ms", got)
		}
	})
}

// Everything that was counted in is counted out.
func TestPaceForgetsNothing(t *testing.T) {
	p := newPaced(t)
	var seqs []uint64
	for i := range 5 {
		seqs = append(seqs, p.offer([]string{"a", "b"}[i%2], 20))
	}
	for _, seq := range seqs {
		p.takes(seq)
	}
	if p.pace.ready != 0 || len(p.pace.of) != 0 || p.bytes != 0 {
		t.Errorf("%d bytes are ready, of %v; %d are held", p.pace.ready, p.pace.of, p.bytes)
	}
}
