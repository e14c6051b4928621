// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"strings"
	"time"
)

// Keys of parts. A UTC day's hours have parts of their own until the day is
// retired; then one part holds the day and the hours' are given up.
const (
	keyNames    = "names"
	keySensors  = "sensors"
	keyHour     = "hour/"     // hour/2026-11-21T05
	keyDay      = "day/"      // day/2026-11-21
	keyDistinct = "distinct/" // distinct/2026-11-21, a local day
	keyBlock    = "union/"    // union/2026-11-01/2026-12-01, local days
	keyFold     = "fold"
	hourLayout  = "2006-01-02T15"
	dayLayout   = "2006-01-02"
)

func hourKey(hour int64) string { return keyHour + time.Unix(hour*60, 0).UTC().Format(hourLayout) }
func dayKey(day int64) string   { return keyDay + time.Unix(day*60, 0).UTC().Format(dayLayout) }
func (m *Measure) distinctKey(day int64) string {
	return keyDistinct + time.Unix(day*60, 0).In(m.cfg.Zone).Format(dayLayout)
}

func (m *Measure) blockKey(s stretch) string {
	day := func(minute int64) string { return time.Unix(minute*60, 0).In(m.cfg.Zone).Format(dayLayout) }
	return keyBlock + day(s.from) + "/" + day(s.to)
}

// blockSpan reads what blockKey gives.
func (m *Measure) blockSpan(key string) (s stretch, ok bool) {
	days, ok := strings.CutPrefix(key, keyBlock)
	if !ok {
		return s, false
	}
	from, to, _ := strings.Cut(days, "/")
	s.from, ok = keyTime(from, "", dayLayout, m.cfg.Zone)
	end, too := keyTime(to, "", dayLayout, m.cfg.Zone)
	s.to = end
	return s, ok && too
}

// partState is what has piled up under a key.
type partState struct {
	differences int
	bytes       int
	whole       int   // bytes of the last part stored whole
	last        int   // bytes of the last difference
	looked      int64 // second of the last look for a directory, since the part was cut
	changed     int64 // second of the last difference
}

// When a key's differences are replaced by the whole: after some, once they are
// worth it, or when they are many.
const (
	someDifferences = 64
	manyDifferences = 1024
	maxCompactions  = 16 // a cut, so that none takes long
)

func (p *partState) due() bool {
	return p.differences >= someDifferences && 2*p.bytes >= p.whole || p.differences >= manyDifferences
}

// cutter gathers one cut.
type cutter struct {
	m     *Measure
	now   time.Time
	diffs map[string]*partWriter
	whole map[string]bool
	parts []Part
	taken map[period]*delta
	order cellOrder
}

// Cut gives what changed since the last cut. Each part must be stored, in this
// order, together with the journal position that the counted batches end at;
// parts that could not be stored must be kept and stored with the next.
//
// Readers are held up only while what was gathered is spread: the rest reads
// what nobody but Add and upkeep change, and has both wait.
func (m *Measure) Cut() []Part {
	m.turn.Lock()
	defer m.turn.Unlock()
	c := cutter{m: m, now: m.deps.Now(), diffs: map[string]*partWriter{}, whole: map[string]bool{}}
	if p, ok := m.foldPart(c.now); ok {
		c.parts = append(c.parts, p)
	}
	c.begin()
	c.deltas()
	c.sets()
	c.remake()
	c.emit()
	c.end(c.look())
	return c.parts
}

func (c *cutter) begin() {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick(c.now)
	m.flush(c.now)
	m.cutting = true
	c.choose()
	c.names()
	c.sensors()
	c.blocks()
	c.retire()
	c.taken, m.deltas = m.deltas, map[period]*delta{}
}

func (c *cutter) end(use func()) {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if use != nil {
		use()
	}
	for _, d := range c.taken {
		d.free()
	}
	m.cutting = false
}

// choose decides which keys are stored whole this time.
func (c *cutter) choose() {
	for key := range c.m.compact {
		if len(c.whole) == maxCompactions {
			break
		}
		delete(c.m.compact, key)
		if c.canBeWhole(key) {
			c.whole[key] = true
		} else {
			c.m.remakes[key] = true
		}
	}
}

func (c *cutter) add(key string, whole bool, data []byte) {
	c.parts = append(c.parts, Part{key, whole, data})
	p := c.m.parts[key]
	if p == nil {
		p = &partState{}
		c.m.parts[key] = p
	}
	p.changed, p.looked = c.now.Unix(), 0
	if whole {
		p.differences, p.bytes, p.whole = 0, 0, len(data)
		return
	}
	p.differences++
	p.bytes += len(data)
	p.last = len(data)
	if p.due() && !strings.HasPrefix(key, keyNames) {
		c.m.compact[key] = true
	}
}

func (c *cutter) names() {
	n := c.m.names
	if len(n.fresh) == 0 {
		return
	}
	w := newPart(false)
	for _, f := range n.fresh {
		w.name(f.dim, f.id, n.dims[f.dim].text[f.id])
	}
	n.fresh = n.fresh[:0]
	if p := c.m.parts[keyNames]; p == nil || p.differences < someDifferences {
		c.add(keyNames, false, w.finish())
		return
	}
	w = newPart(true)
	for dim := range n.dims {
		for id, text := range n.dims[dim].text {
			if id > 0 {
				w.name(uint8(dim), uint32(id), text)
			}
		}
	}
	c.add(keyNames, true, w.finish())
}

func (c *cutter) sensors() {
	s := &c.m.sensors
	if !s.changed || c.now.Unix()-s.stored < sensorsEvery {
		return
	}
	s.changed, s.stored = false, c.now.Unix()
	w := newPart(true)
	for id, one := range s.list {
		if one != nil {
			w.sensor(id, one)
		}
	}
	c.add(keySensors, true, w.finish())
}

// retire moves days that have grown old from their hours' keys to their own.
func (c *cutter) retire() {
	m := c.m
	for _, day := range m.retiring {
		c.whole[dayKey(day)] = true
		for hour := day; hour < day+1440; hour += 60 {
			if key := hourKey(hour); m.parts[key] != nil {
				c.parts = append(c.parts, Part{Key: key, Replace: true})
				delete(m.parts, key)
				delete(m.compact, key)
				delete(m.remakes, key)
			}
			if g := m.daySets[m.zone.localDay(hour)]; g != nil {
				c.whole[m.distinctKey(g.start)] = true
			}
		}
	}
	m.retiring = m.retiring[:0]
	for _, day := range m.folded { // before an hour is stored whole without its sets
		if m.daySets[day] != nil {
			c.whole[m.distinctKey(day)] = true
		}
	}
	m.folded = m.folded[:0]
}

func (c *cutter) diff(key string) *partWriter {
	w := c.diffs[key]
	if w == nil {
		w = newPart(false)
		if p := c.m.parts[key]; p != nil {
			w.buf = slices.Grow(w.buf, p.last+p.last/8)
		}
		c.diffs[key] = w
	}
	return w
}

// deltas writes what the cells gained, by the finest period still counted.
func (c *cutter) deltas() {
	for p, d := range c.taken {
		key := hourKey(ByHour.floor(p.start))
		if c.m.known(p.start).retired {
			key = dayKey(ByDay.floor(p.start))
		}
		if c.whole[key] && c.canBeWhole(key) {
			continue
		}
		c.diff(key).delta(p, d, &c.order)
	}
}

// sets writes the hashes that are new to a set.
func (c *cutter) sets() {
	m := c.m
	for _, cell := range m.setLog {
		key := m.groupKey(cell.group)
		skip := key == "" || c.whole[key] && c.canBeWhole(key)
		for role := range cell.fresh {
			hashes := cell.fresh[role]
			if len(hashes) > 0 && !skip {
				c.diff(key).hashes(cell.group, cell.key, role, hashes)
			}
			if cell.fresh[role] = hashes[:0]; cap(hashes) > maxFreshKept {
				cell.fresh[role] = nil
			}
		}
	}
	clear(m.setLog)
	m.setLog = m.setLog[:0]
	for _, g := range m.partial {
		if key := m.groupKey(g); key != "" && !(c.whole[key] && c.canBeWhole(key)) {
			c.diff(key).partial(g)
		}
	}
	m.partial = m.partial[:0]
}

// groupKey gives the part key of a set group; "" for an hour whose day has been
// retired meanwhile, its sets being in the local days' then.
func (m *Measure) groupKey(g *setGroup) string {
	switch {
	case g.local:
		return m.distinctKey(g.start)
	case m.known(g.start).retired:
		return ""
	default:
		return hourKey(g.start)
	}
}

// emit finishes the parts, in the order of their keys.
func (c *cutter) emit() {
	keys := make([]string, 0, len(c.diffs)+len(c.whole))
	for key := range c.diffs {
		keys = append(keys, key)
	}
	for key := range c.whole {
		if c.diffs[key] == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if w := c.diffs[key]; w != nil {
			if day, ok := keyTime(key, keyDistinct, dayLayout, c.m.cfg.Zone); ok && c.whole[key] {
				w.group(c.m.daySets[day]) // hours folded into a day that left memory
			}
			c.add(key, false, w.finish())
			continue
		}
		if w := c.m.snapshot(key); w != nil {
			c.add(key, c.canBeWhole(key), w.finish())
		}
	}
}

// canBeWhole reports whether all that a key stands for is in memory.
func (c *cutter) canBeWhole(key string) bool {
	m := c.m
	if at, ok := dayOf(key); ok {
		return !m.known(at).evicted
	}
	if at, ok := keyTime(key, keyDistinct, dayLayout, m.cfg.Zone); ok {
		g := m.daySets[at]
		return g != nil && g.whole
	}
	if at, ok := keyTime(key, keyHour, hourLayout, time.UTC); ok {
		g := m.hourSets[at]
		return g == nil || g.whole
	}
	return true
}

func keyTime(key, prefix, layout string, zone *time.Location) (int64, bool) {
	text, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return 0, false
	}
	t, err := time.ParseInLocation(layout, text, zone)
	return t.Unix() / 60, err == nil && t.Unix() >= 0
}

// snapshot writes all that a key stands for; nil where that is nothing, or no
// longer in memory.
func (m *Measure) snapshot(key string) *partWriter {
	w := newPart(true)
	if p := m.parts[key]; p != nil {
		w.buf = slices.Grow(w.buf, p.whole+p.whole/4) // some are many megabytes: grown step by step, they take thrice that
	}
	if hour, ok := keyTime(key, keyHour, hourLayout, time.UTC); ok {
		if g := m.hourSets[hour]; g != nil {
			w.setsPart(g)
		}
		if b := m.buckets[ByHour][hour]; b != nil {
			w.bucket(ByHour, sumsUp, b)
		}
		for at := hour; at < hour+60; at++ {
			if b := m.buckets[ByMinute][at]; b != nil {
				w.bucket(ByMinute, 0, b)
			}
		}
		return w
	}
	if day, ok := dayOf(key); ok {
		if m.known(day).evicted {
			return nil
		}
		m.dayPart(w, day)
		return w
	}
	if day, ok := keyTime(key, keyDistinct, dayLayout, m.cfg.Zone); ok && m.daySets[day] != nil {
		if g := m.daySets[day]; g.whole {
			w.setsPart(g)
		} else {
			w.group(g)
		}
		return w
	}
	return nil
}
