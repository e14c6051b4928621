// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"

	"haidang/event"
)

// Which sensor saw how much of what a line of a figure counts is kept by hours and
// days: a change of the line is judged by the sensors at work in both periods.
// What was counted before there was such a cube lacks it, and no line is judged so.

// Gathered sights: the slot and the column as elsewhere, below them home << 35 |
// sensor << 18 | country << 8 | affects << 7 | once << 6 | kind.
const (
	sightHome    = 35
	sightSensor  = 18
	sightPlace   = 8
	sightAffects = 1 << 7
	sightOnce    = 1 << 6
	sightOther   = maxNames // stands for otherID in 17 bits
)

// sight gathers what a sensor saw of an attempt, incident or state: once for the
// world and each country.
func (r *rower) sight(head, sensor, kind uint64, w *parties, p part) {
	in := &r.m.in
	key := head | w.home(r.m.cfg.Home)<<sightHome | min(sensor, sightOther)<<sightSensor | kind
	if w.n == 0 {
		in.sights.at(key | sightOnce).add(p)
		return
	}
	key |= sightAffects
	in.sights.at(key | place(w.affected[0].Country)<<sightPlace | sightOnce).add(p)
	if w.n > 1 && w.affected[1].Country != w.affected[0].Country {
		in.sights.at(key | place(w.affected[1].Country)<<sightPlace).add(p)
	}
}

// spreadSights puts what was gathered into the sensors' counts, which are spread
// next, and into the hours.
func (m *Measure) spreadSights(targets []target) {
	in := &m.in
	for _, at := range in.sights.used {
		s := &in.sights.sums[at]
		key := s.key - 1
		sensor := key >> sightSensor & (1<<17 - 1)
		if sensor == sightOther {
			sensor = otherID
		}
		if key&sightOnce != 0 {
			all := in.named.at(key&^(1<<colShift-1) | key>>sightHome&1<<namedHome | dimSensor<<32 | sensor)
			all.events += s.events
			all.records += s.records
		}
		if s.events != 0 {
			cell := sensor<<sightSensor | key&(1<<sightSensor-1)
			m.addSight(&targets[key>>slotShift], cell, int(key>>colShift&7), &sum{events: s.events})
		}
	}
}

// addSight counts into hour and day, and into the next cut by the hour.
func (m *Measure) addSight(t *target, key uint64, col int, s *sum) {
	if t.hourly == nil {
		t.hourly = m.deltaOf(period{ByHour, ByHour.floor(t.minute)})
		t.hourly.busy = t.hourly.busy || t.delta.busy
	}
	t.hourly.put(CubeSeen, key, col, s)
	for res := CubeSeen.finest(); res < resolutions; res++ {
		t.buckets[res].gain(CubeSeen, key, col, s)
	}
}

// Sight is how many events of one line a sensor saw, by stage.
type Sight struct {
	Sensor string
	Group  []string // in the order of by
	cell   Cell
}

// Events gives those of a stage.
func (s *Sight) Events(stage event.Stage) int64 { return s.cell.Events(stage) }

// Sights tells which sensors saw events on a country, or of all the world where none
// is named, by affected country, kind or both. Of hours that were counted before sights
// were, and of parts of hours, there are none.
func (m *Measure) Sights(country string, by []Dim, from, to event.Time) ([]Sight, error) {
	q := Query{Cube: CubeSeen, By: append([]Dim{DimSensor}, by...), From: from, To: to, Where: []Where{Is(DimOnce, "yes")}}
	if slices.Contains(by, DimAffectedCountry) {
		q.Where = []Where{Is(DimAffects, "yes")}
	}
	if country != "" {
		q.Where = []Where{Is(DimAffects, "yes"), Is(DimAffectedCountry, country)}
	}
	a, err := m.Query(q)
	if err != nil {
		return nil, err
	}
	out := make([]Sight, len(a.Rows))
	for i := range a.Rows {
		r := &a.Rows[i]
		out[i] = Sight{r.Group[0], r.Group[1:], r.Cell}
	}
	return out, nil
}
