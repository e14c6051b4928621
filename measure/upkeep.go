// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"time"
)

// packAfter is how many seconds a minute, hour or day rests before it is packed.
var packAfter = [resolutions]int64{30, 120, 120}

const (
	compactAfter = 300 // seconds of rest before a key's differences are replaced by the whole
	minuteCore   = 120 // minutes that no budget drops
)

// wideCubes have the most cells; a tight budget drops their old minutes first.
var wideCubes = []Cube{CubeHostingAS, CubeAffectedAS, CubeRule, CubePair}

// upkeep packs what rests, forgets what is past its time or beyond its budget,
// retires old days.
func (m *Measure) upkeep(now time.Time) {
	m.flush(now)
	minute := now.Unix() / 60
	m.expireMinutes(minute - minuteKeep)
	m.pack(now.Unix())
	m.thinMinutes(minute)
	for start, d := range m.days {
		if !d.retired && minute-start > 1440+retireAfter {
			m.retireDay(start, d)
		}
	}
	m.evictHours()
	m.stow()
	m.keepSets(minute)
	for key, p := range m.parts {
		quiet := now.Unix() - p.changed
		if key != keyNames && (p.differences > 1 && quiet > compactAfter || p.differences == 1 && quiet > setsRest) {
			m.compact[key] = true
		}
	}
	m.report()
}

// pack packs what rests, and what was opened for many late records at once.
func (m *Measure) pack(now int64) {
	var order cellOrder
	for res := range m.buckets {
		for _, b := range m.buckets[res] {
			rests := now-b.touched > packAfter[res]
			b.packLate(rests, &order)
			if b.isOpen() && (rests || b.past && now-b.opened > packAfter[res]) {
				b.pack(&order)
			}
			if Resolution(res) != ByDay { // those of days share the memory of what is known of their parts
				b.settle()
			}
		}
	}
}

func (m *Measure) expireMinutes(before int64) {
	for start := range m.buckets[ByMinute] {
		if start < before {
			delete(m.buckets[ByMinute], start)
			m.order[ByMinute] = nil
		}
	}
}

// thinMinutes holds the minutes to their budget: the wide cubes of the oldest
// go first, then the oldest minutes altogether.
func (m *Measure) thinMinutes(minute int64) {
	var size int64
	for _, b := range m.buckets[ByMinute] {
		size += b.size
	}
	if size <= m.cfg.MinuteBudget {
		return
	}
	goal := m.cfg.MinuteBudget - m.cfg.MinuteBudget/8
	old := slices.Clone(m.sorted(ByMinute))
	for _, b := range old {
		if size <= goal || b.start > minute-minuteCore {
			break
		}
		before := b.size
		for _, cube := range wideCubes {
			b.drop(cube)
		}
		if b.size != before {
			b.thin = true
			b.settle() // so that what is dropped leaves memory
			m.stats.dropped.WithLabelValues("minute-details").Inc()
		}
		size -= before - b.size
	}
	for _, b := range old {
		if size <= goal || b.start > minute-minuteCore {
			break
		}
		size -= b.size
		delete(m.buckets[ByMinute], b.start)
		m.order[ByMinute] = nil
		m.stats.dropped.WithLabelValues("minutes").Inc()
	}
}

// evictHours has the hours of retired days leave memory that the store tells of by
// the hour, and holds the others to their budget: those of the oldest retired days
// leave memory. They stay in the store, their sums in the days and in pieces.
func (m *Measure) evictHours() {
	for day, d := range m.days {
		if d.retired && !d.evicted && d.form != nil && len(d.form.places) > 0 && !slices.Contains(m.retiring, day) {
			m.evictDay(day)
		}
		if d.short {
			m.remakeShort(dayKey(day))
		}
	}
	var size int64
	for _, b := range m.buckets[ByHour] {
		size += b.size
	}
	if size <= m.cfg.HourBudget {
		return
	}
	goal := m.cfg.HourBudget - m.cfg.HourBudget/8
	done := int64(-1)
	for _, b := range slices.Clone(m.sorted(ByHour)) {
		day, d := ByDay.floor(b.start), m.day(b.start)
		if day == done || !d.retired || slices.Contains(m.retiring, day) {
			continue
		}
		if size <= goal && !d.evicted { // a day goes whole
			break
		}
		size -= m.evictDay(day)
		done = day
	}
}

// retireDay gives up a UTC day's own hour parts: its cells go to the day's key,
// its sets to the local days they belong to.
func (m *Measure) retireDay(start int64, d *dayState) {
	for hour := start; hour < start+1440; hour += 60 {
		if g := m.hourSets[hour]; g != nil {
			if err := m.daySet(m.zone.localDay(hour)).mergeAll(g); err != nil {
				m.stuck(start, err)
				return
			}
			delete(m.hourSets, hour)
			m.folded = append(m.folded, m.zone.localDay(hour))
		}
	}
	d.retired = true
	m.retiring = append(m.retiring, start)
}

// keepSets holds the sets to their budget.
func (m *Measure) keepSets(minute int64) {
	for hour := range m.hourSets { // folded early, those that the store does not have: hours of sets are a luxury
		if m.setBytes() <= m.cfg.DistinctBudget {
			break
		}
		if hour = m.oldestHour(); hour > minute-120 {
			break
		}
		day := m.zone.localDay(hour)
		m.daySet(day).merge(m.hourSets[hour])
		m.folded = append(m.folded, day)
		delete(m.hourSets, hour)
		m.stats.dropped.WithLabelValues("distinct-hours").Inc()
	}
	for m.setBytes() > m.cfg.DistinctBudget {
		day, ok := m.oldestStoredDay(minute)
		if !ok {
			break
		}
		if m.stowSets(m.daySets[day]) {
			continue
		}
		delete(m.daySets, day)
		m.setsGone[day] = true
		m.stats.dropped.WithLabelValues("distinct-days").Inc()
	}
	m.setsFull = m.setBytes() > m.cfg.DistinctBudget
}

func (m *Measure) setBytes() (n int64) {
	for _, groups := range []map[int64]*setGroup{m.hourSets, m.daySets} {
		for _, g := range groups {
			n += g.bytes
		}
	}
	return n
}

func (m *Measure) oldestHour() int64 {
	oldest := int64(1) << 62
	for hour, g := range m.hourSets {
		if len(g.stowed) == 0 {
			oldest = min(oldest, hour)
		}
	}
	return oldest
}

// oldestStoredDay finds the oldest local day whose sets the store has all of:
// it lies wholly in retired UTC days and nothing of it waits for the next cut.
func (m *Measure) oldestStoredDay(minute int64) (int64, bool) {
	waits := map[*setGroup]bool{}
	for _, cell := range m.setLog {
		waits[cell.group] = true
	}
	oldest, found := int64(0), false
	for day, g := range m.daySets {
		if (!found || day < oldest) && len(g.cells) > 0 && !waits[g] && !slices.Contains(m.partial, g) && !slices.Contains(m.folded, day) &&
			m.stored(ByDay.floor(day), minute) && m.stored(ByDay.floor(day+1439), minute) {
			oldest, found = day, true
		}
	}
	return oldest, found
}

// stored reports whether a UTC day is retired and was cut so.
func (m *Measure) stored(start, minute int64) bool {
	d := m.days[start]
	return minute-start > 1440+retireAfter && (d == nil || d.retired) && !slices.Contains(m.retiring, start)
}

func (m *Measure) report() {
	s := m.stats
	s.pushed.Add(float64(m.fold.pushed - s.pushedSeen))
	s.namesOver.Add(float64(m.names.over - s.overSeen))
	s.pushedSeen, s.overSeen = m.fold.pushed, m.names.over
	s.foldEntries.Set(float64(m.fold.streams.n + m.fold.feeds.n))
	s.memory.WithLabelValues("fold").Set(float64(foldSlot * (len(m.fold.streams.entries) + len(m.fold.feeds.entries))))
	s.memory.WithLabelValues("distinct").Set(float64(m.setBytes()))
	s.memory.WithLabelValues("unions").Set(float64(m.unions.bytes()))
	s.memory.WithLabelValues("tallies").Set(float64(m.tallies.taken()))
	for res, what := range []string{"minutes", "hours", "days"} {
		var size int64
		for _, b := range m.buckets[res] {
			size += b.size
		}
		if Resolution(res) == ByDay {
			for _, b := range m.pieces {
				size += b.size
			}
		}
		s.memory.WithLabelValues(what).Set(float64(size))
	}
}
