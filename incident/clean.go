// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"slices"
	"time"

	"haidang/event"
)

// Cleaning is one time that an incident was resolved.
type Cleaning struct {
	Org      uint32
	Key      event.Bytes16
	RSIT     event.RSIT
	Opened   time.Time // first seen; for one that returned, when it returned
	Resolved time.Time
	Relapsed bool // it was seen again later: it was not clean after all
}

// Days gives days-to-clean, with fractions; 0 where it was resolved before it
// was seen last time round.
func (c *Cleaning) Days() float64 { return max(0, c.Resolved.Sub(c.Opened).Hours()/24) }

// Cleanings lists all resolutions from (inclusive) to (exclusive), by time. Of
// several resolutions of the same round the last one counts: it was spoken of
// again in between.
func (b *Book) Cleanings(from, to time.Time) (out []Cleaning) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, page := range b.pages {
		for _, c := range rounds(page) {
			if !c.Resolved.Before(from) && c.Resolved.Before(to) {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b Cleaning) int {
		return cmp.Or(a.Resolved.Compare(b.Resolved), cmp.Compare(a.Org, b.Org), slices.Compare(a.Key[:], b.Key[:]))
	})
	return out
}

// rounds cuts a history at its relapses; a round that ended otherwise than
// resolved has no cleaning.
func rounds(page []Entry) (out []Cleaning) {
	var open *Cleaning
	for n := range page {
		e := &page[n]
		if e.Relapse && open != nil {
			open.Relapsed = true
			out = append(out, *open)
		}
		open = nil
		if e.Status == event.StatusResolved {
			open = &Cleaning{
				Org: e.Subject.Org, Key: e.Subject.Key, RSIT: e.Subject.RSIT,
				Opened: e.Subject.First.Std(), Resolved: e.When,
			}
		}
	}
	if open != nil {
		out = append(out, *open)
	}
	return out
}

// MedianDays gives the median of days-to-clean; ok is false where there is none.
func MedianDays(list []Cleaning) (days float64, ok bool) {
	if len(list) == 0 {
		return 0, false
	}
	var all []float64
	for i := range list {
		all = append(all, list[i].Days())
	}
	slices.Sort(all)
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2, true
	}
	return all[len(all)/2], true
}
