// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"time"
)

// target is where a minute's counts go: its buckets and what the next cut takes.
type target struct {
	buckets [resolutions]*bucket // by minute is nil where minutes are no longer kept
	delta   *delta
	hourly  *delta // what the next cut takes by the hour; nil until there is something
	minute  int64
	today   *dayCount // nil unless the minute lies in the picture's day
}

// flush spreads what was gathered over cubes and periods.
func (m *Measure) flush(now time.Time) {
	in := &m.in
	if len(in.slots) == 0 {
		return
	}
	m.today.roll(m, now)
	targets := in.targets[:0]
	for i, minute := range in.slots {
		targets = append(targets, m.target(minute, now, in.replay[uint64(i)]))
	}
	in.targets = targets
	for _, at := range in.profiles.used {
		s := &in.profiles.sums[at]
		key := s.key - 1
		m.spreadProfile(targets, key, s)
	}
	for _, at := range in.systems.used {
		s := &in.systems.sums[at]
		key := s.key - 1
		cube := CubeAffectedAS
		cell := key >> 8 & (1<<32 - 1) << 6
		if key&systemHosting != 0 {
			cube, cell = CubeHostingAS, key&(1<<40-1)
		} else {
			cell |= key & (1<<bitsKind - 1)
		}
		t := &targets[key>>slotShift]
		t.add(cube, cell, int(key>>colShift&7), s)
		if t.today != nil && cube == CubeHostingAS {
			t.today.system(cell, int(key>>colShift&7), s)
		}
	}
	m.spreadSights(targets)
	for _, at := range in.named.used {
		s := &in.named.sums[at]
		key := s.key - 1
		cube := CubeRule + Cube(key>>32&7)
		targets[key>>slotShift].add(cube, key&(1<<32-1)|key>>namedHome&1<<32, int(key>>colShift&7), s)
	}
	for _, at := range in.orgs.used {
		s := &in.orgs.sums[at]
		key := s.key - 1
		col := int(key >> 47 & 3)
		if col == 3 {
			col = colExcluded
		}
		targets[key>>slotShift].add(CubeOrgs, key&(1<<47-1), col, s)
	}
	for _, at := range in.context.used {
		s := &in.context.sums[at]
		key := s.key - 1
		t := &targets[key>>4]
		t.add(CubeTotal, 0, colContext, s)
		if t.today != nil {
			t.today.world.gain(colContext, s)
		}
	}
	in.forget()
}

func (m *Measure) spreadProfile(targets []target, key uint64, s *sum) {
	p := unpackProfile(key)
	t := &targets[p.slot]
	home := place(m.cfg.Home)
	if t.today != nil {
		t.today.profile(&p, s)
	}
	if p.hasAffected && p.affected == home && p.col < colRecords {
		t.home(p.col, s.events)
	}
	if p.primary {
		t.add(CubeTotal, p.kind<<4|p.way, p.col, s)
		if p.hasHosting {
			t.add(CubeHosting, p.hostingCell(), p.col, s)
		}
		if p.sector != 0 {
			t.add(CubeSector, p.sectorCell(), p.col, s)
		}
	}
	if p.hasAffected {
		t.add(CubeAffected, p.affectedCell(), p.col, s)
		if p.hasHosting {
			t.add(CubePair, p.pairCell(), p.col, s)
		}
	}
	if p.col == colAttempt && s.live != 0 {
		m.live.count(&p, s.live, home)
	}
}

// add puts a sum into one cell of every resolution and into the next cut.
func (t *target) add(cube Cube, key uint64, col int, s *sum) {
	t.delta.put(cube, key, col, s)
	for r, b := range t.buckets {
		if b == nil || Resolution(r) < cube.finest() {
			continue
		}
		b.gain(cube, key, col, s)
	}
}

// home counts events on the home country, in every resolution.
func (t *target) home(col int, events int64) {
	for _, b := range t.buckets {
		if b != nil {
			b.home[col] += events
		}
	}
}

func (c *Cell) gain(col int, s *sum) {
	if col < colRecords {
		c[col] += s.events
		c[colRecords+col] += s.records
		return
	}
	c[col] += s.records
}

func (in *intake) forget() {
	in.rows, in.last = 0, 0
	clear(in.targets)
	clear(in.slab)
	in.slab = in.slab[:0]
	in.slots = in.slots[:0]
	clear(in.slotOf)
	clear(in.replay)
	for _, p := range []*pending{&in.profiles, &in.systems, &in.named, &in.orgs, &in.context, &in.sights} {
		p.reset()
	}
}

// target finds or makes the buckets and the delta of a minute.
func (m *Measure) target(minute int64, now time.Time, replay bool) (t target) {
	second := now.Unix()
	p := period{ByMinute, minute}
	if m.day(minute).retired {
		p = period{ByHour, ByHour.floor(minute)}
	}
	t.minute, t.delta = minute, m.deltaOf(p)
	t.delta.busy = t.delta.busy || second/60-minute <= 1
	t.delta.replay = t.delta.replay || replay
	t.today = m.today.of(minute, replay)
	for r := range t.buckets {
		res := Resolution(r)
		if res == ByMinute && second/60-minute > minuteKeep {
			continue
		}
		start := res.floor(minute)
		b := m.bucket(res, start)
		b.touched, b.past = second, second-(start+res.length())*60 > packAfter[r]
		b.replay = b.replay || replay
		t.buckets[r] = b
	}
	return t
}

// bucket finds or makes a bucket that is going to change.
func (m *Measure) bucket(res Resolution, start int64) *bucket {
	if d := m.days[ByDay.floor(start)]; d != nil {
		d.form = nil
	}
	b := m.buckets[res][start]
	if b == nil {
		b = m.newBucket(res)
		b.start = start
		m.buckets[res][start] = b
		m.order[res] = nil
	}
	m.changes++
	b.version = m.changes
	return b
}

// bucketsTogether is how many minutes' buckets lie together: they come and go in order.
const bucketsTogether = 32

func (m *Measure) newBucket(res Resolution) *bucket {
	if res != ByMinute {
		return &bucket{}
	}
	if len(m.nextMinutes) == 0 {
		m.nextMinutes = make([]bucket, bucketsTogether)
	}
	b := &m.nextMinutes[0]
	m.nextMinutes = m.nextMinutes[1:]
	return b
}

// day gives the state of a minute's UTC day. A day first heard of when it is
// already old is retired from the start.
func (m *Measure) day(minute int64) *dayState {
	start := ByDay.floor(minute)
	d := m.days[start]
	if d == nil {
		d = &dayState{retired: m.deps.Now().Unix()/60-start > 1440+retireAfter}
		m.days[start] = d
	}
	return d
}

// known is day for those who may not change anything: the caller has the turn,
// not the lock.
func (m *Measure) known(minute int64) dayState {
	start := ByDay.floor(minute)
	if d := m.days[start]; d != nil {
		return *d
	}
	return dayState{retired: m.deps.Now().Unix()/60-start > 1440+retireAfter}
}

// sorted gives the buckets of a resolution in order of time.
func (m *Measure) sorted(res Resolution) []*bucket {
	if m.order[res] == nil {
		list := make([]*bucket, 0, len(m.buckets[res]))
		for _, b := range m.buckets[res] {
			list = append(list, b)
		}
		slices.SortFunc(list, func(a, b *bucket) int { return int(a.start - b.start) })
		m.order[res] = list
	}
	return m.order[res]
}
