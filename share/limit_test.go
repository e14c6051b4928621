// SPDX-License-Identifier: Apache-2.0

package share

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := NewLimiter[string](3, time.Minute, func() time.Time { return now })
	allowed := func(key string, n int) (got int) {
		for range n {
			if l.Allow(key) {
				got++
			}
		}
		return got
	}
	if got := allowed("a", 10); got != 3 {
		t.Errorf("%d at once, want 3", got)
	}
	if got := allowed("b", 1); got != 1 {
		t.Error("one key's attempts count for another")
	}
	now = now.Add(59 * time.Second)
	if got := allowed("a", 1); got != 0 {
		t.Error("a token came back too early")
	}
	now = now.Add(2 * time.Second)
	if got := allowed("a", 5); got != 1 {
		t.Errorf("%d after a minute, want 1", got)
	}
	now = now.Add(time.Hour)
	if got := allowed("a", 10); got != 3 {
		t.Errorf("%d after an hour, want 3", got)
	}
	now = now.Add(-time.Hour)
	if got := allowed("a", 10); got != 0 {
		t.Error("a clock that goes back gives tokens")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := NewLimiter[string](1, time.Hour, func() time.Time { return now })
	l.Allow("victim")
	for n := range 3 * maxLimited {
		l.Allow(fmt.Sprint(n))
		if n%(maxLimited/2) == 0 && l.Allow("victim") {
			t.Fatal("who is asked about again and again is forgotten")
		}
	}
	if n := len(l.young) + len(l.old); n > 2*maxLimited {
		t.Errorf("%d keys are remembered", n)
	}
}

func BenchmarkLimiter(b *testing.B) {
	l := NewLimiter[int](1<<30, time.Nanosecond, time.Now)
	for n := range b.N {
		l.Allow(n & 1023)
	}
}
