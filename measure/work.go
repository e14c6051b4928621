// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	"haidang/event"
)

// Work is what one sensor did in a period, by event time. Hours are UTC hours in
// which something of it happened, context records too; a daily feed is at work in
// all hours of the days that it tells of.
type Work struct {
	Sensor       string
	Hours        int
	Events, Home int64 // a stage's events, and those that affect the home country
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
func (m *Measure) Work(from, to event.Time, stage event.Stage) (out []Work, whole bool, err error) {
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
		w.Events += r.Cell.Events(stage)
		if r.Group[1] == "yes" {
			w.Home += r.Cell.Events(stage)
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

// hoursOf counts the hours of a period in which each sensor was at work.
func (m *Measure) hoursOf(v *view, from, to int64) (map[uint32]int, error) {
	days := map[int64]works{}
	first, last := ByDay.floor(max(from, v.oldest)), ceil(min(to, v.newest), 1440)
	for _, b := range v.between(ByHour, first, last) { // whole days: a feed's hours are those of its days
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
		if day+1440 <= from || day >= to {
			continue
		}
		if days[day] == nil {
			days[day] = works{}
		}
		for id, hours := range gone {
			days[day][id] |= hours
		}
	}
	out := map[uint32]int{}
	for day, all := range days {
		within := hoursWithin(day, from, to)
		for id, hours := range all {
			if m.sensors.feeds(id) {
				hours = 1<<24 - 1
			}
			out[id] += bits.OnesCount32(hours & within)
		}
	}
	maps.DeleteFunc(out, func(_ uint32, n int) bool { return n == 0 })
	return out, nil
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

func (s *sensors) feeds(id uint32) bool {
	return int(id) < len(s.list) && s.list[id] != nil && s.list[id].feed
}
