// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync"
	"time"
)

// queue holds the parts that wait to be written, and decides when they leave
// together. Every sensor has a lane of its own; a message takes from the lanes
// by turns, so that one that floods delays itself and nobody else.
type queue struct {
	message   int // payload at which a message is full
	pending   int64
	groupWait time.Duration
	partWait  time.Duration
	start     time.Time
	wake      chan struct{}

	mu      sync.Mutex
	room    *sync.Cond
	lanes   map[string]*lane
	turn    []*lane // lanes with parts, the next one's first
	bytes   int64   // of all parts, in a message
	memory  int64   // that they hold
	kept    int64   // memory of pieces that are kept back
	partAt  int64   // since when there are parts
	lastAt  int64   // since when there is one that ends a batch
	open    int     // batches begun and not ended
	closing int     // of these, those that wait to be on disk
	closed  bool
}

func newQueue(c Config) *queue {
	q := &queue{
		message: c.MessageBytes, pending: c.PendingBytes,
		groupWait: c.GroupWait, partWait: c.PartWait,
		start: time.Now(), wake: make(chan struct{}, 1),
		lanes: map[string]*lane{},
	}
	q.room = sync.NewCond(&q.mu)
	return q
}

func (q *queue) clock() int64 { return int64(time.Since(q.start)) }

func (q *queue) stopped() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// enter counts a batch in; false when the journal is stopping.
func (q *queue) enter() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.open++
	return true
}

// hold lets a batch keep its last piece back, while not too much is kept so.
func (q *queue) hold(a *Append) bool {
	var cost int64
	for _, p := range a.held {
		cost += p.cost
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kept+cost > q.pending/2 {
		return false
	}
	q.kept += cost
	a.holding = cost
	return true
}

// unhold ends that.
func (q *queue) unhold(a *Append) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kept -= a.holding
	a.holding = 0
}

// put queues parts of one batch; it waits for room, and gives the batch's error
// when it failed meanwhile.
func (q *queue) put(a *Append, parts []*part) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(parts) == 0 {
		return a.err
	}
	for a.err == nil && !q.closed && q.crowded(a.delivery.Sensor) {
		q.room.Wait()
	}
	if a.err != nil {
		return a.err
	}
	if q.closed {
		return ErrStopped
	}
	now := q.clock()
	if len(q.turn) == 0 {
		q.partAt = now
	}
	if parts[len(parts)-1].flags&flagLast != 0 {
		if q.closing == 0 {
			q.lastAt = now
		}
		q.closing++
	}
	q.push(a.delivery.Sensor, parts)
	q.signal()
	return nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// end gives a batch up that is not being committed: parts not yet taken are
// dropped by the committer, and its claim is released.
func (q *queue) end(a *Append, err error) {
	q.mu.Lock()
	if a.err == nil {
		a.err = err
	}
	done := !a.ended
	a.ended = true
	if done && a.entered {
		q.open--
	}
	q.mu.Unlock()
	if done {
		a.j.pins.drop(a.batch)
		a.j.ledger.release(a.ticket)
	}
	q.signal()
}

// close refuses what comes from now on; false when it was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.closed = true
	q.room.Broadcast()
	q.signal()
	return true
}

// due says how long the waiting parts may wait on: 0 for not at all, negative
// when there are none.
func (q *queue) due() time.Duration {
	if len(q.turn) == 0 {
		return -1
	}
	if q.closed || q.bytes >= int64(q.message) || (q.closing > 0 && q.closing >= q.open) {
		return 0
	}
	now := q.clock()
	wait := q.partWait - time.Duration(now-q.partAt)
	if q.closing > 0 {
		wait = min(wait, q.groupWait-time.Duration(now-q.lastAt))
	}
	return max(wait, 0)
}

// next waits until a message is due and takes its parts; nothing when idle
// ended first, or when the queue is closed and empty.
func (q *queue) next(idle <-chan time.Time) (parts []*part, more bool) {
	for {
		q.mu.Lock()
		wait := q.due()
		if wait == 0 {
			parts = q.take()
			q.mu.Unlock()
			return parts, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, false
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-q.wake:
		case <-timer:
		case <-idle:
			return nil, true
		}
	}
}

// drain takes everything, to be refused.
func (q *queue) drain() []*part {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*part
	for len(q.turn) > 0 {
		out = append(out, q.take()...)
	}
	return out
}

// fail marks a batch as failed, so that its owner and its other parts learn it.
func (q *queue) fail(a *Append, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if a.err == nil {
		a.err = err
	}
	q.room.Broadcast()
}

// failed gives the batch's error.
func (q *queue) failed(a *Append) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return a.err
}
