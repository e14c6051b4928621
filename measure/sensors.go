// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"time"

	"haidang/event"
)

// A sensor is silent after three minutes; it holds the watermark for ten.
const (
	silentAfter    = 3 * time.Minute
	watermarkHold  = 10 * time.Minute
	streamDelay    = event.Time(60 * time.Second)
	feedDelay      = event.Time(36 * time.Hour)
	skewSamples    = 64
	sensorsEvery   = 10 // seconds between stored states
	maxSensorState = maxNames
)

// sensors is what is known of each sensor's liveliness, by its number in names.
type sensors struct {
	list    []*sensor
	newest  event.Time // newest acceptance of all
	changed bool
	stored  int64 // second of the last cut
}

type sensor struct {
	newest event.Time // newest event time, never ahead of its acceptance
	seen   event.Time // newest acceptance
	feed   bool
	replay bool
	drops  int64

	rate   mean
	second int64 // being counted
	n      int64
	skew   [skewSamples]int64
	skews  int // samples taken
}

// at finds or makes a sensor; nil where names has no room for it.
func (s *sensors) at(id uint32) *sensor {
	if id >= maxSensorState {
		return nil
	}
	for len(s.list) <= int(id) {
		s.list = append(s.list, nil)
	}
	if s.list[id] == nil {
		s.list[id] = &sensor{newest: event.TimeUnset, seen: event.TimeUnset}
	}
	return s.list[id]
}

// sensorBatch takes in what the batch says of its sensors.
func (m *Measure) sensorBatch(b *event.Batch) {
	for code := range m.in.seen {
		in := &m.in.seen[code]
		if in.rows == 0 || code == 0 {
			continue
		}
		s := m.sensors.at(m.in.sensor.id(m.names, &b.Observer, uint32(code)))
		if s == nil {
			continue
		}
		m.sensors.changed = true
		s.newest = max(s.newest, in.newest)
		s.seen = max(s.seen, in.ingested)
		s.feed, s.replay = in.feed, s.replay || in.replay
		if !in.late && in.ingested.IsSet() {
			s.skew[s.skews%skewSamples] = in.skew
			s.skews++
		}
		if m.deps.Now().Sub(in.ingested.Std()) < liveWithin {
			s.count(m.live.second, in.rows)
		}
		m.sensors.newest = max(m.sensors.newest, in.ingested)
	}
}

// count takes in records that arrived in a second.
func (s *sensor) count(second, n int64) {
	s.advance(second)
	s.n += n
}

func (s *sensor) advance(second int64) {
	gap := second - s.second
	if gap <= 0 {
		return
	}
	if s.second != 0 {
		s.rate.close(s.n)
		s.rate.idle(gap - 1)
	}
	s.second, s.n = second, 0
}

// median of the last clock differences.
func (s *sensor) median() int64 {
	n := min(s.skews, skewSamples)
	if n == 0 {
		return 0
	}
	v := slices.Clone(s.skew[:n])
	slices.Sort(v)
	return v[n/2]
}

// states gives every sensor ever heard, by name.
func (m *Measure) states(now time.Time) []event.SensorState {
	out := make([]event.SensorState, 0, len(m.sensors.list))
	names := m.names.dims[namedAt(DimSensor)].text
	for id, s := range m.sensors.list {
		if s == nil || id == 0 || id >= len(names) {
			continue
		}
		s.advance(now.Unix())
		out = append(out, event.SensorState{
			Name: names[id], LastSeen: s.seen, Rate: s.rate.value(),
			Skew: s.median(), Drops: s.drops, Replay: s.replay,
			Silent: !s.seen.IsSet() || now.Sub(s.seen.Std()) > silentAfter,
		})
	}
	slices.SortFunc(out, func(a, b event.SensorState) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

// watermark gives the time up to which figures are complete: the least, over
// sensors heard lately, of newest event time less the declared delay. Silent
// sensors do not hold it; with none heard it is not set.
func (s *sensors) watermark(now time.Time) event.Time {
	least := event.TimeUnset
	for id, one := range s.list {
		if one == nil || id == 0 || !one.seen.IsSet() || now.Sub(one.seen.Std()) > watermarkHold {
			continue
		}
		delay := streamDelay
		if one.feed {
			delay = feedDelay
		}
		if at := one.newest - delay; one.newest.IsSet() && (at < least || least == event.TimeUnset) {
			least = at
		}
	}
	return least
}

// Watermark is the time up to which figures are complete.
func (m *Measure) Watermark() event.Time {
	now := m.deps.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sensors.watermark(now)
}
