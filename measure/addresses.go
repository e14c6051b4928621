// SPDX-License-Identifier: Apache-2.0

package measure

import (
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
// not kept as finely as asked for. It holds up Add for one hour's sets at a time.
func (m *Measure) Distinct(q DistinctQuery) (rows []Distinct, whole bool, err error) {
	if q.Cube < CubeAffected || q.Cube > CubeSector {
		return nil, false, &QueryError{"cube", "keeps no addresses; affected, hosting, pair and sector do"}
	}
	col := column(q.Stage)
	if col == colContext {
		return nil, false, &QueryError{"stage", "is attempt, incident or state"}
	}
	v := m.look()
	match, err := m.compile(q.Cube, q.By, q.Where, &v.texts)
	if err != nil {
		return nil, false, err
	}
	groups, whole := m.setGroups(v, q)
	unions := map[uint64]*set{}
	for _, g := range groups {
		whole = m.unite(g, q.Cube, col, q.Role, match, unions) && whole
	}
	for group, s := range unions {
		d := Distinct{Group: match.texts(&v.texts, group), Key: s.cellKey()}
		d.Count, d.Exact = s.count()
		rows = append(rows, d)
	}
	return rows, whole, nil
}

// unite adds one period's sets to the groups' unions; false where some are missing.
func (m *Measure) unite(g *setGroup, cube Cube, col int, role Role, match *matcher, unions map[uint64]*set) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, c := range g.cells {
		k := splitSetKey(key)
		if k.cube != cube || k.stage != col || !match.match(k.key) || c.roles[role].empty() {
			continue
		}
		group := match.group(k.key)
		u := unions[group]
		if u == nil {
			u = &set{}
			unions[group] = u
		}
		u.merge(&c.roles[role])
	}
	return !g.partial
}

// setGroups gives the groups that together hold the period's addresses: unions
// of whole local days where they are ready, else hours.
func (m *Measure) setGroups(v *view, q DistinctQuery) (groups []*setGroup, whole bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flush(v.built)
	from, to := span(q.From, q.To)
	from, to = max(from, v.oldest), min(to, ceil(v.newest, 1440)+1440)
	whole = true
	if from >= to {
		return nil, true
	}
	for day := m.zone.localDay(ByHour.floor(from)); day < to; {
		end := time.Unix(day*60, 0).In(m.cfg.Zone).AddDate(0, 0, 1).Unix() / 60
		part := from > max(day, v.oldest) || to < min(end, v.newest)
		stored := m.daySets[day]
		switch {
		case stored != nil && part || m.setsGone[day]:
			whole = false // hours were folded into the day, or the day left memory
		case stored != nil:
			groups = append(groups, stored)
		}
		if u := m.dayUnion[day]; u != nil && !part && u.version == m.hoursVersion(day, end) {
			groups = append(groups, u)
		} else {
			hours, aligned := m.hourGroups(max(day, from), min(end, to))
			groups, whole = append(groups, hours...), whole && aligned
		}
		day = end
	}
	return groups, whole
}

// hourGroups gives the hours of a period; those cut by its ends are taken whole,
// which aligned tells.
func (m *Measure) hourGroups(from, to int64) (groups []*setGroup, aligned bool) {
	aligned = true
	for h := ByHour.floor(from); h < to; h += 60 {
		if g := m.hourSets[h]; g != nil {
			groups = append(groups, g)
			aligned = aligned && h >= from && (h+60 <= to || h+60 > m.deps.Now().Unix()/60)
		}
	}
	return groups, aligned
}
