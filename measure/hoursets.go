// SPDX-License-Identifier: Apache-2.0

package measure

import "time"

// The addresses of an hour at rest stay where the store has them, until their day is
// put together. What comes late for it is in memory, beside that in the store.

// setsRest is how many seconds an hour, and what is stored of it, must be past.
const setsRest = 2 * 3600

// resting reports whether an hour's sets may stay in the store.
func (m *Measure) resting(hour int64) bool {
	return m.deps.Now().Unix()-(hour+60)*60 > setsRest
}

// lookHour finds an hour at rest whose stored part says all of its sets.
func (c *cutter) lookHour() (use func()) {
	for hour, g := range c.m.hourSets {
		if !g.whole || len(g.cells) == 0 || !c.m.resting(hour) {
			continue
		}
		p := c.m.parts[hourKey(hour)]
		if p == nil || c.now.Unix()-p.changed < setsRest {
			continue
		}
		if f := c.formOf(hourKey(hour)); f != nil {
			return func() { g.leave(f) }
		}
	}
	return nil
}

// openHour opens the whole of an hour: its cells are read, its sets stay in the store.
func (m *Measure) openHour(hour int64, key string, c checkedPart, f *form) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	leave := m.hourSets[hour] == nil && (m.days[ByDay.floor(hour)] == nil || !m.day(hour).retired)
	err := m.loadPart(key, c, func(s *section) bool { return leave && (s.tag == tagExact || s.tag == tagSketch) })
	if err != nil || !leave {
		return err
	}
	if m.day(hour).retired { // it grew old while it was loaded: its sets are read, too
		return m.loadPart(key, c, func(s *section) bool { return s.tag != tagExact && s.tag != tagSketch })
	}
	m.setGroup(hour).leave(f)
	return nil
}

// mergeAll takes over an hour's sets, also those that lie in the store. Taking them
// twice does no harm.
func (g *setGroup) mergeAll(o *setGroup) error {
	g.merge(o)
	var regions []region
	for _, s := range o.stowed {
		for _, kind := range s.kinds {
			regions = append(regions, kind.of(s.src))
		}
	}
	return eachStowed(regions, func(key uint64, s *section) { g.cell(key).restore(s) })
}

// stuck tells, once an hour, that a day cannot be put together.
func (m *Measure) stuck(day int64, err error) {
	if now := m.deps.Now(); elapsed(m.stuckAt, now, time.Hour) {
		m.stuckAt = now
		m.deps.Log.Error("a day past is not put together from its hours; look after the disk of the data folder", "day", dayKey(day), "error", err)
	}
}
