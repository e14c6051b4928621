// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"slices"
	"sync"

	"haidang/event"
)

// cache keeps answers until something of their period changes, and of the periods
// asked about last all that any question about them needs: pages ask a period for one
// table after another.
type cache struct {
	mu      sync.Mutex
	known   map[question]answer
	periods []*keptCensus // the one used last comes last
	ahead   ahead
}

type question struct {
	from, to event.Time
	by       string
	of       event.Country
}

type answer struct {
	version int64
	units   event.Units
}

// period is one as it was at a version.
type period struct {
	from, to event.Time
	version  int64
}

// keptCensus is one that is taken by whoever asks first.
type keptCensus struct {
	period
	once sync.Once
	census
	err error
}

const (
	mostAnswers = 4096
	mostPeriods = 16 // some 100 KB each
)

func (c *cache) answer(q question, version int64) (event.Units, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.known[q]
	return a.units, ok && a.version == version
}

func (c *cache) keep(q question, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= mostAnswers {
		clear(c.known)
	}
	c.known[q] = a
}

// census gives that of a period, taken once for all who ask. One that could not be
// taken is taken again for who asks next.
func (c *cache) census(p period, take func(*census) error) (*census, error) {
	k := c.find(p)
	k.once.Do(func() {
		if k.err = take(&k.census); k.err != nil {
			c.forget(k)
		}
	})
	return &k.census, k.err
}

// find gives the place of a period's census.
func (c *cache) find(p period) *keptCensus {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.periods, func(k *keptCensus) bool { return k.period == p })
	if i < 0 {
		if c.periods = append(c.periods, &keptCensus{period: p}); len(c.periods) > mostPeriods {
			c.periods = slices.Delete(c.periods, 0, 1)
		}
		return c.periods[len(c.periods)-1]
	}
	k := c.periods[i]
	c.periods = append(slices.Delete(c.periods, i, i+1), k)
	return k
}

func (c *cache) forget(gone *keptCensus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.periods = slices.DeleteFunc(c.periods, func(k *keptCensus) bool { return k == gone })
}

// forgetAll makes the next questions be counted anew.
func (c *cache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
	c.periods, c.ahead = nil, ahead{}
}
