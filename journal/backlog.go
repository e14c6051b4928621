// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"math"
	"sync"
	"time"

	"haidang/event"
)

const (
	drainSpan  = 10 * time.Second
	drainStep  = 250 * time.Millisecond // of measuring, at least
	leastRetry = time.Second
	mostRetry  = time.Minute
)

// backlog is how much of the journal the store has not committed yet, and how
// fast it commits.
type backlog struct {
	limit int64

	mu      sync.Mutex
	lag             // of the store
	rate    float64 // bytes a second, over about drainSpan
	drained int64   // since at, not yet in rate
	at      time.Time
}

// lag is messages that somebody has yet to come to, and their bytes.
type lag struct {
	runs  []run // oldest first
	bytes int64
}

// run is messages that follow each other, up to last.
type run struct {
	last  uint64
	bytes int64
}

// runs is in how many, about, a lag is known at its limit.
const runs = 2048

// add adds a message; it is not told apart from those before it where they are few
// bytes of the limit together.
func (l *lag) add(seq uint64, bytes, limit int64) {
	l.bytes += bytes
	if n := len(l.runs); n > 0 && l.runs[n-1].bytes+bytes <= limit/runs {
		l.runs[n-1].last = seq
		l.runs[n-1].bytes += bytes
		return
	}
	l.runs = append(l.runs, run{seq, bytes})
}

// take takes messages up to one away and gives their bytes.
func (l *lag) take(seq uint64) (bytes int64) {
	n := 0
	for n < len(l.runs) && l.runs[n].last <= seq {
		bytes += l.runs[n].bytes
		n++
	}
	l.runs = l.runs[n:]
	l.bytes -= bytes
	return bytes
}

func (b *backlog) add(seq uint64, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lag.add(seq, int64(size), b.limit)
}

// Committed tells the journal up to where the store has committed it: Begin
// refuses while more than MaxBehind lies after that.
func (j *Journal) Committed(p event.Position) { j.backlog.committed(uint64(p), j.now()) }

func (b *backlog) committed(seq uint64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drained += b.take(seq)
	if b.at.IsZero() {
		b.at, b.drained = now, 0
	}
	if past := now.Sub(b.at); past >= drainStep {
		b.rate += (float64(b.drained)/past.Seconds() - b.rate) * (1 - math.Exp(-past.Seconds()/drainSpan.Seconds()))
		b.at, b.drained = now, 0
	}
}

// check refuses while the store is too far behind.
func (b *backlog) check(now time.Time) error {
	b.mu.Lock()
	behind := b.bytes > b.limit
	b.mu.Unlock()
	if behind {
		return b.refusal(now)
	}
	return nil
}

// refusal is ErrBehind with the time after which a quarter of the limit will
// have been committed, at the present rate.
func (b *backlog) refusal(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	excess := max(b.bytes-b.limit/4*3, b.limit/4)
	// A store that has said nothing for a while is slower than it was.
	rate := b.rate * math.Exp(-max(0, now.Sub(b.at)-drainSpan).Seconds()/drainSpan.Seconds())
	after := mostRetry
	if rate > 0 {
		after = time.Duration(min(float64(excess)/rate, mostRetry.Seconds()) * float64(time.Second))
	}
	return &behindError{max(after, leastRetry)}
}

// behind gives the bytes that the store has not committed.
func (b *backlog) behind() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// behindError is ErrBehind with the time to wait.
type behindError struct{ after time.Duration }

func (e *behindError) Error() string { return ErrBehind.Error() }

func (e *behindError) Unwrap() error { return ErrBehind }

// RetryAfter is what the sender is told.
func (e *behindError) RetryAfter() time.Duration { return e.after }
