// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"haidang/event"
)

// Role says which side's addresses are counted.
type Role uint8

// Roles. Hosting addresses are counted only where they are confirmed.
const (
	Affected Role = roleAffected
	Hosting  Role = roleHosting
)

// DistinctQuery asks for distinct addresses by one of the first four cubes.
// Sets are kept by hour for about eight days and by local day for ever, so
// that periods should begin and end with local days, or hours when recent.
type DistinctQuery struct {
	Cube     Cube // CubeAffected, CubeHosting, CubePair or CubeSector
	By       []Dim
	Where    []Where
	Role     Role
	Stage    event.Stage // attempt, incident or state
	From, To event.Time
}

// Distinct is the number of distinct addresses of one group.
type Distinct struct {
	Group []string
	Count int64
	Exact bool   // else estimated, standard error 0.81 %
	Key   uint64 // sum of the members' secret hashes, for disclosure control; 0 unless Exact
}

// Distinct counts distinct addresses. whole is false where part of the period is
// not kept as finely as asked for. Where the answer was given before, it costs
// what is new since; else it holds up Add for some cells' sets at a time.
func (m *Measure) Distinct(q DistinctQuery) (rows []Distinct, whole bool, err error) {
	v := m.look()
	w, err := m.wanted(&q, v)
	if err != nil {
		return nil, false, err
	}
	from, to := span(q.From, q.To)
	key, version := unionKey{w.shape, from, to}, v.version(from, to)
	days, whole := m.daySources(v, from, to)
	if t := m.tallies.get(key, version); t != nil && whole {
		return t.rows(w.match, &v.texts), whole, nil
	}
	u, err := m.window(key, days, w)
	if err != nil {
		return nil, false, err
	}
	defer u.mu.Unlock()
	t := u.tally(version)
	if over := to <= v.built.Unix()/60; over && whole {
		m.tallies.keep(key, t)
	}
	return t.rows(w.match, &v.texts), whole, nil
}

// groupRef is a group as it was when a view was built.
type groupRef struct {
	group   *setGroup
	version int64
	partial bool
	formed  int64 // the version since which cells are not in its stored part; -1: there is none
}

// setsView is what readers need of the groups to know what to read.
type setsView struct {
	hours  []groupRef // in order of time
	days   map[int64]groupRef
	gone   map[int64]bool
	blocks map[int64][]*blockView // by begin
	minute int64
}

// sets gives the view's groups.
func (m *Measure) sets(v *view) *setsView {
	m.askedSets.Store(v.built.Unix())
	if s := v.sets.Load(); s != nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.setsView(v.built)
	v.sets.Store(s)
	return s
}

func (m *Measure) setsView(now time.Time) *setsView {
	s := &setsView{days: make(map[int64]groupRef, len(m.daySets)), gone: maps.Clone(m.setsGone), blocks: m.blocksView(), minute: now.Unix() / 60}
	for _, g := range m.hourSets {
		s.hours = append(s.hours, groupRef{g, g.version, g.partial, -1})
	}
	slices.SortFunc(s.hours, func(a, b groupRef) int { return cmp.Compare(a.group.start, b.group.start) })
	for day, g := range m.daySets {
		formed := int64(-1)
		if g.form != nil {
			formed = g.formed
		}
		s.days[day] = groupRef{g, g.version, g.partial, formed}
	}
	return s
}

// daySource is where the addresses of a local day, or of a part of it, are; or those
// of the days of a block.
type daySource struct {
	from, to int64
	refs     []groupRef
	block    *blockView // nil for a day
}

// daySources gives what together holds the period's addresses, by local day or by
// block.
func (m *Measure) daySources(v *view, from, to int64) (days []daySource, whole bool) {
	s := m.sets(v)
	whole = true
	from, to = max(from, v.oldest), min(to, ceil(v.newest, 1440)+1440)
	for at := midnight(time.Unix(from*60, 0), m.cfg.Zone); at.Unix()/60 < to; at = at.AddDate(0, 0, 1) {
		day, end := at.Unix()/60, at.AddDate(0, 0, 1).Unix()/60
		d := daySource{from: max(day, from), to: min(end, to)}
		part := from > max(day, v.oldest) || to < min(end, v.newest)
		stored, ok := s.days[day]
		switch {
		case ok && part || s.gone[day]:
			whole = false // hours were folded into the day, or the day left memory
		case ok:
			d.refs = append(d.refs, stored)
		}
		hours, aligned := s.between(d.from, d.to)
		d.refs = append(d.refs, hours...)
		for _, r := range d.refs {
			whole = whole && !r.partial
		}
		whole = whole && aligned
		if len(d.refs) > 0 {
			days = append(days, d)
		}
	}
	return inBlocks(days, to, s.blocks), whole
}

// between gives the hours of a period; those cut by its ends are taken whole,
// which aligned tells.
func (s *setsView) between(from, to int64) (hours []groupRef, aligned bool) {
	aligned = true
	i, _ := slices.BinarySearchFunc(s.hours, ByHour.floor(from), func(r groupRef, start int64) int { return cmp.Compare(r.group.start, start) })
	for ; i < len(s.hours) && s.hours[i].group.start < to; i++ {
		h := s.hours[i].group.start
		hours = append(hours, s.hours[i])
		aligned = aligned && h >= from && (h+60 <= to || h+60 > s.minute)
	}
	return hours, aligned
}
