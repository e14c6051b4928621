// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
)

// budget bounds the memory of all requests under way. One sensor gets at most
// half of it, and among those that wait the sensor that holds least comes next,
// so that nobody can shut the others out.
type budget struct {
	size int64
	wait time.Duration

	mu     sync.Mutex
	held   int64
	shares map[string]*share
	queued int    // claims that wait
	claims uint64 // that there ever were
}

// share is what one sensor holds; it lives while the sensor has requests.
type share struct {
	held  int64
	users int
	queue []*claim
}

// claim is a request for memory that waits.
type claim struct {
	bytes   int64
	number  uint64 // of all claims
	granted chan struct{}
}

func newBudget(size int64, wait time.Duration) *budget {
	return &budget{size: size, wait: wait, shares: map[string]*share{}}
}

// lease is what one request holds.
type lease struct {
	budget *budget
	sensor string
	share  *share
	bytes  int64
}

func (b *budget) open(sensor string) *lease {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shares[sensor]
	if s == nil {
		s = &share{}
		b.shares[sensor] = s
	}
	s.users++
	return &lease{budget: b, sensor: sensor, share: s}
}

// take adds to the lease, waiting a little when memory is short.
func (l *lease) take(ctx context.Context, n int) error {
	b := l.budget
	b.mu.Lock()
	b.claims++
	c := &claim{int64(n), b.claims, make(chan struct{})}
	l.share.queue = append(l.share.queue, c)
	b.queued++
	b.serve()
	b.mu.Unlock()
	select {
	case <-c.granted:
		l.bytes += c.bytes
		return nil
	default:
	}
	wait := time.NewTimer(b.wait)
	defer wait.Stop()
	select {
	case <-c.granted:
	case <-wait.C:
	case <-ctx.Done():
	}
	if !b.settle(l.share, c) {
		return errCrowded
	}
	l.bytes += c.bytes
	return nil
}

// settle reports whether a claim was granted; if not, it waits no longer.
func (b *budget) settle(s *share, c *claim) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(s.queue, c)
	if i < 0 {
		return true
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	b.queued--
	b.serve() // others may have waited behind it
	return false
}

// serve grants what can be granted. Nobody overtakes the sensor whose turn it
// is, so that small claims cannot starve a large one.
func (b *budget) serve() {
	for b.queued > 0 {
		s := b.next()
		if s == nil || b.held+s.queue[0].bytes > b.size {
			return
		}
		c := s.queue[0]
		s.queue = s.queue[1:]
		b.queued--
		s.held += c.bytes
		b.held += c.bytes
		close(c.granted)
	}
}

// next is the waiting sensor that holds least, of those below half of all;
// among equals the one that waits longest.
func (b *budget) next() *share {
	var least *share
	for _, s := range b.shares {
		if len(s.queue) == 0 || s.held+s.queue[0].bytes > b.size/2 {
			continue
		}
		if least == nil || s.held < least.held || s.held == least.held && s.queue[0].number < least.queue[0].number {
			least = s
		}
	}
	return least
}

// free gives everything back.
func (l *lease) free() {
	l.budget.mu.Lock()
	defer l.budget.mu.Unlock()
	l.share.held -= l.bytes
	l.budget.held -= l.bytes
	l.bytes = 0
	l.budget.serve()
}

// close gives everything back and ends the lease.
func (l *lease) close() {
	l.free()
	l.budget.mu.Lock()
	defer l.budget.mu.Unlock()
	if l.share.users--; l.share.users == 0 {
		delete(l.budget.shares, l.sensor)
	}
}

func (b *budget) inFlight() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return float64(b.held)
}

var errCrowded = problem(429, "crowded", "Too many requests at once",
	"The memory for requests under way is used up, by all senders or by this one. Nothing was accepted; send the batch again after the time in Retry-After.")

// bytesText writes a limit so that a person can read it.
func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
