// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"haidang/event"
)

// Whole periods of the calendar are what pages ask for. Those that are over are counted
// before somebody asks, and their censuses stay, packed (packcensus.go). They are in
// memory only; a start makes them again.
//
// A census stands for the version of its period: a change of one of the days is another
// version. Nothing else changes it. The book gets people, places, seats and
// organisations at its end and changes none; a place that came later has no hour in the
// period, and without one it says nothing about where its participant was (most).

// aheadRest is after what time it is looked again for something to count ahead.
const aheadRest = time.Minute

// Ahead goes on for about so long with the censuses that are missing: of weeks, months,
// quarters, half-years and years, the newest first, then of days. Adding waits for one
// at most; one goroutine at a time may call it. more is true until none is missing.
func (r *Room) Ahead(budget time.Duration) (more bool) {
	now := r.deps.Now()
	if now.Before(r.cache.aheadAfter()) {
		return false
	}
	left := r.uncounted(now)
	for began := time.Now(); len(left) > 0; {
		kept, err := r.countAhead(left[0])
		if err != nil {
			r.deps.Log.Warn("participants of past periods are not counted ahead; the disk of the data folder may have failed", "error", err)
		}
		if left = left[1:]; !kept {
			left = nil
		} else if time.Since(began) >= budget {
			break
		}
	}
	if len(left) == 0 {
		r.cache.aheadRests(now.Add(aheadRest))
	}
	return len(left) > 0
}

// countAhead takes the census of a period as it is now; false where there is no room.
func (r *Room) countAhead(p period) (kept bool, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p.version = r.newest(p.from, p.to)
	var c census
	if err := r.take(&c, p.from, p.to); err != nil {
		return false, err
	}
	return r.cache.keepAhead(p, c.pack()), nil
}

// uncounted finds what is to be counted, in order.
func (r *Room) uncounted(now time.Time) (out []period) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var taken, n int64
	for _, p := range r.calendar() {
		p.version = r.newest(p.from, p.to)
		if size, ok := r.cache.countedAhead(p); ok {
			taken, n = taken+size, n+1
			continue
		}
		if n > 0 && taken+taken/n > aheadKeep {
			break // what is older has no room
		}
		if r.quiet(p, now.Unix()) {
			out = append(out, p)
		}
	}
	return out
}

// calendar gives the periods of the calendar that are over, lie within the days known
// and have some of them, in the order in which they are wanted.
func (r *Room) calendar() (out []period) {
	days, today := slices.Sorted(maps.Keys(r.days)), r.today()
	for _, kind := range calendarKinds {
		var from, to int32
		for i, number := range days {
			if i > 0 && number < to {
				continue
			}
			if from, to = kind(number); from >= days[0] && to <= today {
				out = append(out, period{from: event.TimeOf(start(from, r.cfg.Zone)), to: event.TimeOf(start(to, r.cfg.Zone))})
			}
		}
	}
	slices.SortFunc(out, period.compare)
	return out
}

// calendarKinds give the calendar period of each kind that a day lies in: its first day
// and the day after it.
var calendarKinds = []func(number int32) (from, to int32){
	func(n int32) (from, to int32) { return monthsOf(n, 12) },
	func(n int32) (from, to int32) { return monthsOf(n, 6) },
	func(n int32) (from, to int32) { return monthsOf(n, 3) },
	func(n int32) (from, to int32) { return monthsOf(n, 1) },
	func(n int32) (from, to int32) { n -= (n + 3) % 7; return n, n + 7 }, // day 0 was a Thursday
	func(n int32) (from, to int32) { return n, n + 1 },
}

// monthsOf gives the days of so many months that a year is cut into.
func monthsOf(number, length int32) (from, to int32) {
	n := monthOf(number)
	n -= n % length
	from, _ = monthDays(n)
	_, to = monthDays(n + length - 1)
	return from, to
}

// compare sets what is wanted more before what is wanted less: days last, then by age.
func (p period) compare(o period) int {
	return cmp.Or(cmp.Compare(p.short(), o.short()), cmp.Compare(o.to, p.to), cmp.Compare(o.from, p.from))
}

func (p period) short() int {
	if p.to-p.from < event.Time(36*time.Hour) {
		return 1
	}
	return 0
}

// quiet reports whether nothing came for a period of late: it would be counted for
// nothing while more comes.
func (r *Room) quiet(p period, now int64) bool {
	from, to := numberOf(p.from.Std().In(r.cfg.Zone).Date()), numberOf(p.to.Std().In(r.cfg.Zone).Date())
	for number := from; number < to; number++ {
		if d := r.days[number]; d != nil && now-d.touched <= packAfter {
			return false
		}
	}
	return true
}
