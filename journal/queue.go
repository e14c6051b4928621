// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync"
	"time"
)

// queue holds the parts that wait to be written, and decides when they leave
// together.
type queue struct {
	message   int // payload at which a message is full
	pending   int64
	groupWait time.Duration
	partWait  time.Duration
	start     time.Time
	wake      chan struct{}

	mu      sync.Mutex
	room    *sync.Cond
	parts   []*part
	bytes   int64 // of parts
	open    int   // batches begun and not ended
	closing int   // of these, those that wait to be on disk
	closed  bool
}

func newQueue(c Config) *queue {
	q := &queue{
		message: c.MessageBytes, pending: c.PendingBytes,
		groupWait: c.GroupWait, partWait: c.PartWait,
		start: time.Now(), wake: make(chan struct{}, 1),
	}
	q.room = sync.NewCond(&q.mu)
	return q
}

func (q *queue) clock() int64 { return int64(time.Since(q.start)) }

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

// put queues parts of one batch; it waits for room, and gives the batch's error
// when it failed meanwhile.
func (q *queue) put(a *Append, parts []*part) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes > q.pending && a.err == nil && !q.closed && len(parts) > 0 {
		q.room.Wait()
	}
	if a.err != nil {
		return a.err
	}
	if len(parts) == 0 {
		return nil
	}
	if q.closed {
		return ErrStopped
	}
	now := q.clock()
	for _, p := range parts {
		p.at = now
		q.bytes += int64(p.size)
	}
	q.parts = append(q.parts, parts...)
	if parts[len(parts)-1].flags&flagLast != 0 {
		q.closing++
	}
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
	if done {
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
	if len(q.parts) == 0 {
		return -1
	}
	if q.closed || q.bytes >= int64(q.message) || (q.closing > 0 && q.closing >= q.open) {
		return 0
	}
	now := q.clock()
	wait := q.partWait - time.Duration(now-q.parts[0].at)
	for _, p := range q.parts {
		if p.flags&flagLast != 0 {
			wait = min(wait, q.groupWait-time.Duration(now-p.at))
			break
		}
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

// take removes the first parts that fit into one message, at least one.
func (q *queue) take() []*part {
	n, size := 0, 0
	for n < len(q.parts) && n < 1<<16-1 {
		s := q.parts[n].size
		if last := q.parts[n]; last.flags&flagLast != 0 {
			s += 8 * len(last.app.refs)
		}
		if n > 0 && size+s > q.message {
			break
		}
		size += s
		n++
	}
	out := append([]*part(nil), q.parts[:n]...)
	rest := copy(q.parts, q.parts[n:])
	clear(q.parts[rest:])
	q.parts = q.parts[:rest]
	for _, p := range out {
		q.bytes -= int64(p.size)
		if p.flags&flagLast != 0 {
			q.closing--
			q.open-- // leaves as one: nobody waits for it any more
			p.app.ended = true
		}
	}
	q.room.Broadcast()
	return out
}

// drain takes everything, to be refused.
func (q *queue) drain() []*part {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*part
	for len(q.parts) > 0 {
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
