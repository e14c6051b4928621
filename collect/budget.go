// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// budget bounds the memory of all requests under way; one sensor gets at most
// half of it, so that nobody can shut the others out.
type budget struct {
	size  int64
	wait  time.Duration
	all   *semaphore.Weighted
	mu    sync.Mutex
	parts map[string]*part
	held  int64
}

// part is what one sensor may hold; it lives while the sensor has requests.
type part struct {
	sem   *semaphore.Weighted
	users int
}

func newBudget(size int64, wait time.Duration) *budget {
	return &budget{size: size, wait: wait, all: semaphore.NewWeighted(size), parts: map[string]*part{}}
}

// lease is what one request holds.
type lease struct {
	budget *budget
	sensor string
	part   *part
	bytes  int64
}

func (b *budget) open(sensor string) *lease {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.parts[sensor]
	if p == nil {
		p = &part{sem: semaphore.NewWeighted(b.size / 2)}
		b.parts[sensor] = p
	}
	p.users++
	return &lease{budget: b, sensor: sensor, part: p}
}

// take adds to the lease, waiting a little when memory is short.
func (l *lease) take(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, l.budget.wait)
	defer cancel()
	if l.part.sem.Acquire(ctx, int64(n)) != nil {
		return errCrowded
	}
	if l.budget.all.Acquire(ctx, int64(n)) != nil {
		l.part.sem.Release(int64(n))
		return errCrowded
	}
	l.bytes += int64(n)
	l.budget.count(int64(n))
	return nil
}

// free gives everything back.
func (l *lease) free() {
	l.part.sem.Release(l.bytes)
	l.budget.all.Release(l.bytes)
	l.budget.count(-l.bytes)
	l.bytes = 0
}

// close gives everything back and ends the lease.
func (l *lease) close() {
	l.free()
	l.budget.mu.Lock()
	defer l.budget.mu.Unlock()
	if l.part.users--; l.part.users == 0 {
		delete(l.budget.parts, l.sensor)
	}
}

func (b *budget) count(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += n
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
