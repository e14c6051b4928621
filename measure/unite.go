// SPDX-License-Identifier: Apache-2.0

package measure

import "time"

// Unions of closed local days are kept ready for questions over many days. One
// is made at a time and an hour at a step, since readers wait meanwhile; a day
// that still gets records is not tried again for a while.
const (
	closedAfter = 30 // minutes after a day's end
	uniteAgain  = 5  // minutes
)

// uniting is the union under way; union is nil when there is none.
type uniting struct {
	union          *setGroup
	day, end, hour int64
	version        int64
	second         int64           // of the last step
	tried          map[int64]int64 // local day: minute of its last union
}

// chooseUnion begins the union of a closed local day whose union is missing or
// stale.
func (m *Measure) chooseUnion(minute int64) {
	u := &m.uniting
	for day := range m.dayUnion {
		if m.hoursVersion(day, day+1500) == 0 {
			delete(m.dayUnion, day)
			delete(u.tried, day)
		}
	}
	for hour := range m.hourSets {
		day := m.zone.localDay(hour)
		end := time.Unix(day*60, 0).In(m.cfg.Zone).AddDate(0, 0, 1).Unix() / 60
		if u.union != nil || minute-end < closedAfter || minute-u.tried[day] < uniteAgain {
			continue
		}
		version := m.hoursVersion(day, end)
		if old := m.dayUnion[day]; old != nil && old.version == version {
			continue
		}
		u.tried[day] = minute
		u.union = &setGroup{local: true, start: day, cells: map[uint64]*cellSets{}}
		u.day, u.end, u.hour, u.version = day, end, day-day%60, version
	}
}

// uniteStep adds one hour, once a second. A union whose hours changed meanwhile
// is given up.
func (m *Measure) uniteStep(second int64) {
	u := &m.uniting
	if u.union == nil || u.second == second {
		return
	}
	u.second = second
	for ; u.hour < u.end; u.hour += 60 {
		if g := m.hourSets[u.hour]; g != nil && m.zone.localDay(u.hour) == u.day {
			u.union.merge(g)
			u.hour += 60
			return
		}
	}
	if u.union.version = u.version; m.hoursVersion(u.day, u.end) == u.version {
		m.dayUnion[u.day] = u.union
	}
	u.union = nil
}

// hoursVersion changes whenever a set of the day's hours does.
func (m *Measure) hoursVersion(day, end int64) (v int64) {
	for h := day - day%60; h < end; h += 60 {
		if g := m.hourSets[h]; g != nil && m.zone.localDay(h) == day {
			v += g.version + 1
		}
	}
	return v
}
