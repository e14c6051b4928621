// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace has senders go as fast as the consumer that follows, once they have been faster
// for a while. A burst is acknowledged as fast as it can be written down. Where more
// keeps coming than the consumer takes, running further ahead makes nobody faster: on
// the same processors what cannot be handed over in memory is read back and unpacked
// once more, and figures of now come late. So a batch that has arrived as a whole
// waits before it is committed then, and sensors take turns. A consumer that stands
// still holds nobody up: then the journal is there to be ahead of it.
type pace struct {
	steady   int64         // bytes of records that the consumer has yet to take, in a flow that lasts
	burst    int64         // likewise, before it does
	patience time.Duration // how long a batch waits at most, and the consumer may take nothing

	mu       sync.Mutex
	followed bool
	limit    int64     // of ahead: burst, or on its way to steady
	ahead    int64     // bytes let in and not taken
	stored   lag       // those of them that are on disk
	moved    time.Time // when the consumer took something last, or began to have something to take
	waited   time.Time // when somebody had to wait last
	lanes    map[string][]*waiter
	turn     []string // sensors with waiters, the next one first
}

// waiter is a batch that waits.
type waiter struct {
	bytes int64
	in    chan struct{} // closed when it is let in
}

const (
	// patience is more than the consumer needs for the largest batch that a door takes.
	patience = time.Second
	// restTime is after how long without waiting the next burst may run ahead again.
	restTime = 10 * time.Second
)

func newPace(steady, burst int64) pace {
	burst = max(burst, steady)
	return pace{steady: steady, burst: burst, limit: burst, patience: patience, lanes: map[string][]*waiter{}}
}

// enter lets a batch of so many bytes in, now or after a while.
func (p *pace) enter(ctx context.Context, sensor string, bytes int64) {
	w := p.ask(sensor, bytes)
	if w == nil {
		return
	}
	timer := time.NewTimer(p.patience)
	defer timer.Stop()
	select {
	case <-w.in:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.lanes[sensor], w); i >= 0 {
		p.admit(sensor, i)
	}
}

// ask lets a batch in, or has it wait.
func (p *pace) ask(sensor string, bytes int64) *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.waited) > restTime {
		p.limit = p.burst
	}
	if !p.followed || len(p.turn) == 0 && p.ahead < p.limit || now.Sub(p.moved) > p.patience {
		p.ahead += bytes
		return nil
	}
	p.waited = now
	w := &waiter{bytes, make(chan struct{})}
	if p.lanes[sensor] == nil {
		p.turn = append(p.turn, sensor)
	}
	p.lanes[sensor] = append(p.lanes[sensor], w)
	return w
}

// admit lets one of a sensor's waiters in, and the sensor's turn is over.
func (p *pace) admit(sensor string, i int) {
	lane := p.lanes[sensor]
	p.ahead += lane[i].bytes
	close(lane[i].in)
	lane = slices.Delete(lane, i, i+1)
	at := slices.Index(p.turn, sensor)
	p.turn = slices.Delete(p.turn, at, at+1)
	if len(lane) == 0 {
		delete(p.lanes, sensor)
		return
	}
	p.lanes[sensor] = lane
	p.turn = append(p.turn, sensor)
}

// less takes bytes away that the consumer has, or never will. Who waits is let in
// together with others, so that one message and one sync do for them.
func (p *pace) less(bytes int64) {
	p.ahead -= bytes
	if p.followed && p.ahead > p.limit-p.steady/2 {
		return
	}
	for len(p.turn) > 0 && (p.ahead < p.limit || !p.followed) {
		p.admit(p.turn[0], 0)
	}
}

// refused notes that a batch that was let in did not come to be on disk.
func (p *pace) refused(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.less(bytes)
}

// wrote notes that batches of so many bytes end in a message that is on disk.
func (p *pace) wrote(seq uint64, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.followed {
		p.less(bytes)
		return
	}
	if len(p.stored.runs) == 0 {
		p.moved = time.Now()
	}
	p.stored.add(seq, bytes, p.burst)
}

// took notes that the consumer has all up to a message.
func (p *pace) took(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = time.Now()
	bytes := p.stored.take(seq)
	if p.limit < p.burst || len(p.turn) > 0 { // senders go on with half of what is taken
		p.limit = max(p.limit-bytes/2, p.steady)
	}
	p.less(bytes)
}

// follow says whether there is a consumer that follows. Without one nobody waits.
func (p *pace) follow(followed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.followed, p.moved = followed, time.Now()
	bytes := p.stored.bytes
	p.stored = lag{}
	p.less(bytes)
}
