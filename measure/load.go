// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"strings"
	"time"
)

// packEvery is after how many loaded parts, and packBytes after how many bytes of
// them, the periods are packed and held to their budgets.
const (
	packEvery = 64
	packBytes = 64 << 20
)

// Load puts back a part that Cut gave, at start, before the first Add, in the
// order cut. A damaged part changes nothing.
func (m *Measure) Load(key string, data []byte) error {
	if len(data) == 0 {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.parts, key)
		return nil
	}
	if err := m.knownKey(key); err != nil {
		return err
	}
	if _, ok := m.blockSpan(key); ok {
		return nil // it says what its days say
	}
	c, err := checkPart(data)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loadPart(key, c, func(*section) bool { return false })
}

// loadPart puts a part back but for the sections that are passed over.
func (m *Measure) loadPart(key string, c checkedPart, pass func(*section) bool) error {
	if at, ok := dayOf(key); ok {
		m.day(at).retired = true
	}
	if at, ok := keyTime(key, keyHour, hourLayout, time.UTC); ok && m.days[ByDay.floor(at)] == nil {
		m.days[ByDay.floor(at)] = &dayState{} // however old: it is retired with its hours' keys
	}
	young := m.deps.Now().Unix()/60 - minuteKeep
	err := readSections(c.sections, func(s *section) {
		if !pass(s) {
			m.load(s, young)
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	m.loaded(key, c.whole, c.size)
	return nil
}

// loaded notes a part that was put back.
func (m *Measure) loaded(key string, whole bool, size int) {
	p := &m.foldState
	if key != keyFold {
		if p = m.parts[key]; p == nil {
			p = &partState{}
			m.parts[key] = p
		}
	}
	if whole {
		p.whole = size
	} else {
		p.differences++
		p.bytes += size
	}
	m.loads++
	m.loadedBytes += size
	if m.loads%packEvery == 0 || m.loadedBytes > packBytes {
		m.loadedBytes = 0
		m.upkeep(m.deps.Now())
	}
}

func (m *Measure) knownKey(key string) error {
	if key == keyNames || key == keySensors || key == keyFold {
		return nil
	}
	for prefix, layout := range map[string]string{keyHour: hourLayout, keyDay: dayLayout, keyDistinct: dayLayout} {
		if strings.HasPrefix(key, prefix) {
			if _, ok := keyTime(key, prefix, layout, time.UTC); ok {
				return nil
			}
		}
	}
	if _, ok := m.blockSpan(key); ok {
		return nil
	}
	return fmt.Errorf("measure: %q is no key of a part; was it stored by another room?", key)
}

func (m *Measure) load(s *section, young int64) {
	switch s.tag {
	case tagCells:
		m.loadCells(s, young)
	case tagReplay:
		for res := s.res; res < resolutions; res++ {
			if res != ByMinute || s.start >= young {
				m.bucket(res, res.floor(s.start)).replay = true
			}
			if !s.sums {
				return
			}
		}
	case tagExact, tagSketch, tagPartial:
		m.loadSet(s)
	case tagFold:
		m.loadFold(s)
	case tagName:
		m.names.bind(int(s.dim), s.id, string(s.run))
	case tagSensor:
		one := m.sensors.at(s.id)
		one.newest, one.seen, one.drops = s.newest, s.seen, s.drops
		one.feed, one.replay = s.flags&1 != 0, s.flags&2 != 0
		m.sensors.newest = max(m.sensors.newest, one.seen)
	}
}

// loadCells adds a run of cells to its period and, if it sums up, to the coarser
// ones that hold the period.
func (m *Measure) loadCells(s *section, young int64) {
	for res := s.res; res < resolutions; res++ {
		if res >= s.cube.finest() && (res != ByMinute || s.start >= young) {
			m.bucket(res, res.floor(s.start)).load(s, res == s.res, place(m.cfg.Home), &m.runs[res])
		}
		if !s.sums {
			return
		}
	}
}

// load adds a run of cells; as it is where there are none and it is of just this
// period.
func (b *bucket) load(s *section, just bool, home uint64, r *runs) {
	if s.cube == CubeAffected {
		b.homeCells(s.run, home)
	}
	if just && b.empty(s.cube) {
		b.packed.join(s.cube, s.run, r)
		b.size += int64(len(s.run))
		b.dirty |= 1 << s.cube
		return
	}
	walkCells(s.run, func(key uint64, c *Cell) { b.join(s.cube, key, c) })
}

// homeCells adds the events on the home country of a run of CubeAffected.
func (b *bucket) homeCells(run []byte, home uint64) {
	walkCells(run, func(key uint64, c *Cell) {
		if key>>10 == home {
			for col := range b.home {
				b.home[col] += c[col]
			}
		}
	})
}

func (m *Measure) loadSet(s *section) {
	var g *setGroup
	switch {
	case s.local:
		g = m.daySet(s.start)
	case m.day(s.start).retired:
		g = m.daySet(m.zone.localDay(s.start))
	default:
		g = m.setGroup(s.start)
	}
	g.version++
	if s.tag == tagPartial {
		g.partial = true
		return
	}
	g.cell(s.key).restore(s)
}
