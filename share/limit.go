// SPDX-License-Identifier: Apache-2.0

package share

import (
	"sync"
	"time"
)

// maxLimited is how many keys of a generation a limiter remembers.
const maxLimited = 1 << 15

// Limiter is a token bucket for each key, in bounded memory: keys that were not
// seen for a generation are forgotten, full buckets and old ones first. Its methods
// may be called by any goroutine.
type Limiter[K comparable] struct {
	burst float64
	every time.Duration // a token comes back
	now   func() time.Time

	mu         sync.Mutex
	young, old map[K]*tokens
}

type tokens struct {
	left float64
	at   time.Time
}

// NewLimiter gives every key so many tokens, of which one comes back every so often.
func NewLimiter[K comparable](burst int, every time.Duration, now func() time.Time) *Limiter[K] {
	return &Limiter[K]{burst: float64(burst), every: every, now: now, young: map[K]*tokens{}, old: map[K]*tokens{}}
}

// Allow takes a token of a key, if it has one.
func (l *Limiter[K]) Allow(key K) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	t := l.young[key]
	if t == nil {
		if t = l.old[key]; t == nil {
			t = &tokens{l.burst, now}
		}
		if len(l.young) >= maxLimited {
			l.old, l.young = l.young, map[K]*tokens{}
		}
		l.young[key] = t
	}
	t.left = min(l.burst, t.left+max(0, float64(now.Sub(t.at))/float64(l.every)))
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}
