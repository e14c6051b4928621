// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/bits"
	"slices"
	"strings"

	"haidang/event"
)

// Work is what one sensor did in a period, by event time. Hours are UTC hours in
// which something of it happened, context records too; a daily feed is at work in
// all hours of the days that it tells of.
type Work struct {
	Sensor    string
	Hours     int
	All, Home Cell // all that it saw, and what of that affects the home country
}

// works are the hours of one UTC day in which each sensor was at work, a bit an
// hour. They outlast the day's hours in memory.
type works map[uint32]uint32

// take adds a bucket of an hour, of which nothing lies in the attic.
func (w works) take(b *bucket) works {
	if w == nil {
		w = works{}
	}
	_ = b.copyOf(CubeSensor).each(func(key uint64, c *Cell) {
		if !c.zero() {
			w[uint32(key)] |= 1 << (b.start / 60 % 24)
		}
	})
	return w
}

// Work tells what the sensors did in a period, by name. whole is false where
// something of the period is no longer in memory.
func (m *Measure) Work(from, to event.Time) (out []Work, whole bool, err error) {
	v := m.look()
	a, err := m.query(v, Query{Cube: CubeSensor, By: []Dim{DimSensor, DimHome}, From: from, To: to})
	if err != nil {
		return nil, false, err
	}
	by := map[string]*Work{}
	for i := range a.Rows {
		r := &a.Rows[i]
		w := by[r.Group[0]]
		if w == nil {
			w = &Work{Sensor: r.Group[0]}
			by[w.Sensor] = w
		}
		w.All.add(&r.Cell)
		if r.Group[1] == "yes" {
			w.Home = r.Cell
		}
	}
	start, end := span(from, to)
	all, err := m.hoursOf(v, start, end)
	if err != nil {
		return nil, false, err
	}
	for id, hours := range all { // also of those that saw nothing in a period shorter than an hour
		name := v.texts.name(DimSensor, id)
		if by[name] == nil {
			by[name] = &Work{Sensor: name}
		}
		by[name].Hours += hours
	}
	for _, w := range by {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Work) int { return strings.Compare(a.Sensor, b.Sensor) })
	return out, a.Whole, nil
}

// SensorHours counts the UTC hours of a period in which each sensor was at work, those of
// all sensors together, by the hour in which something happened also of daily feeds.
// whole is false where something of the period is no longer kept by the hour.
func (m *Measure) SensorHours(from, to event.Time) (n int64, whole bool, err error) {
	v := m.look()
	start, end := span(from, to)
	if start%60 != 0 || end%60 != 0 {
		a, err := m.query(v, Query{Cube: CubeSensor, By: []Dim{DimSensor}, From: from, To: to, Step: StepHour})
		return int64(len(a.Rows)), a.Whole, err
	}
	days, err := m.workDays(v, start, end)
	for day, all := range days {
		within := hoursWithin(day, start, end)
		for _, hours := range all {
			n += int64(bits.OnesCount32(hours & within))
		}
	}
	return n, v.hourly(start, end), err
}

// hourly reports whether all of a period is kept by the hour.
func (v *view) hourly(from, to int64) bool {
	for day, a := range v.evicted {
		if day < to && day+1440 > from && (a.hours == nil || a.short) {
			return false
		}
	}
	return !slices.ContainsFunc(v.between(ByHour, from, to), func(b *bucketView) bool { return b.thin })
}

// hoursOf counts the hours of a period in which each sensor was at work.
func (m *Measure) hoursOf(v *view, from, to int64) (map[uint32]int, error) {
	days, err := m.workDays(v, from, to)
	if err != nil {
		return nil, err
	}
	out := map[uint32]int{}
	feeds := m.feeds()
	for day, all := range days {
		within := hoursWithin(day, from, to)
		for id, hours := range all {
			if feeds[id] {
				hours = 1<<24 - 1
			}
			if n := bits.OnesCount32(hours & within); n > 0 {
				out[id] += n
			}
		}
	}
	return out, nil
}

// workDays gives the hours in which each sensor was at work, by UTC day: whole days,
// since a feed's hours are those of its days.
func (m *Measure) workDays(v *view, from, to int64) (map[int64]works, error) {
	days := map[int64]works{}
	for _, b := range v.between(ByHour, ByDay.floor(max(from, v.oldest)), ceil(min(to, v.newest), 1440)) {
		day := ByDay.floor(b.start)
		if days[day] == nil {
			days[day] = works{}
		}
		err := b.cube(CubeSensor).each(func(key uint64, c *Cell) {
			if !c.zero() {
				days[day][uint32(key)] |= 1 << (b.start / 60 % 24)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for day, gone := range m.worked {
		switch {
		case day+1440 <= from || day >= to:
		case days[day] == nil:
			days[day] = gone // it stays as it is
		default: // what came late is in memory
			for id, hours := range gone {
				days[day][id] |= hours
			}
		}
	}
	return days, nil
}

// hoursWithin gives the hours of a UTC day that a period touches.
func hoursWithin(day, from, to int64) (hours uint32) {
	for h := range int64(24) {
		if at := day + 60*h; at < to && at+60 > from {
			hours |= 1 << h
		}
	}
	return hours
}

// feeds tells which sensors are daily feeds, by their numbers in names.
func (m *Measure) feeds() map[uint32]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[uint32]bool{}
	for id, s := range m.sensors.list {
		if s != nil && s.feed {
			out[uint32(id)] = true
		}
	}
	return out
}
