// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"math/bits"

	"haidang/event"
)

// filterSize is the number of recent (profile, address) pairs remembered: what
// was just put into the sets need not be put there again.
const filterSize = 1 << 17

// setsOf notes a row's two addresses for the distinct sets of its profile.
func (r *rower) setsOf(at int, key uint64, affected event.Addr, w *parties) {
	m := r.m
	if affected.IsSet() {
		m.distinct(at, key, roleAffected, &affected)
	}
	if w.sure == 1 && w.host.IP.IsSet() {
		m.distinct(at, key, roleHosting, &w.host.IP)
	}
}

// addresses is setsOf for the second end of a record within one country.
func (r *rower) addresses(key uint64, col int, affected event.Addr) {
	if col != colExcluded && affected.IsSet() {
		m := r.m
		m.distinct(m.in.profiles.place(key), key, roleAffected, &affected)
	}
}

// met is an address met in a row of a profile.
type met struct {
	mark, key uint64
	at        int // the profile's place, unless the table has grown since
	addr      event.Addr
	role      uint8
}

// distinct notes an address for the sets of a profile; settle puts it there.
func (m *Measure) distinct(at int, key uint64, role uint8, a *event.Addr) {
	in := &m.in
	// The slot is reused after every flush, the hour tells what it stood for.
	hour := uint64(in.slots[key>>slotShift]) / 60
	// It is spread over all bits: above the profile there is room for half a year of hours.
	mark := in.mark(a, key<<(64-slotShift)>>(64-slotShift)+hour*0x9E3779B97F4A7C15) + uint64(role)
	in.met = append(in.met, met{mark, key, at, *a, role})
}

// noted is an address on its way into the sets of a profile.
type noted struct {
	hash uint64
	sets int32 // place in the slab
	role uint8
}

// mark tells pairs of profile and address apart, by 64 bits that depend on
// secrets of this process: nobody can make an address pass for another's.
func (in *intake) mark(a *event.Addr, profile uint64) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(a[:8])^in.secrets[0], binary.LittleEndian.Uint64(a[8:])^in.secrets[1])
	high, low = bits.Mul64(high^low^in.secrets[2], profile^in.secrets[3])
	return high ^ low
}

// settle puts the addresses of the last rows into the sets. It goes through them
// several times and each time looks at memory for all of them first, so that the
// waits for it overlap.
func (m *Measure) settle() {
	in := &m.in
	for i := range in.met {
		in.touch ^= in.filter[in.met[i].mark&(filterSize-1)]
	}
	for i := range in.met {
		if a := &in.met[i]; in.filter[a.mark&(filterSize-1)] != a.mark {
			in.filter[a.mark&(filterSize-1)] = a.mark
			in.noted = append(in.noted, noted{m.hash.addr(a.addr), m.slabOf(a), a.role})
		}
	}
	in.met = in.met[:0]
	for i := range in.noted {
		n := &in.noted[i]
		for _, c := range &in.slab[n.sets] {
			if c != nil {
				in.touch ^= c.roles[n.role].peek(n.hash)
			}
		}
	}
	for i := range in.noted {
		n := &in.noted[i]
		for _, c := range &in.slab[n.sets] {
			if c != nil {
				m.insert(c, n.role, n.hash)
			}
		}
	}
	in.noted = in.noted[:0]
}

// slabOf gives the place in the slab of the sets of an address's profile.
func (m *Measure) slabOf(a *met) int32 {
	in := &m.in
	if in.profiles.sums[a.at].key != a.key+1 {
		a.at = in.profiles.place(a.key)
	}
	number := &in.profiles.sets[a.at]
	if *number == 0 {
		in.slab = append(in.slab, m.resolve(a.key, int(a.key>>colShift&7)))
		*number = int32(len(in.slab))
	}
	return *number - 1
}

// profileSets are the sets that a profile's addresses belong to.
type profileSets [setCubes]*cellSets

// resolve finds the sets of a profile.
func (m *Measure) resolve(key uint64, col int) (sets profileSets) {
	g := m.setGroup(m.in.slots[key>>slotShift])
	k := unpackProfile(key)
	get := func(cube Cube, cell uint64) {
		sk := setKey(cube, col, cell)
		if c := g.cells[sk]; c != nil || !m.setsFull {
			sets[cube-CubeAffected] = g.cell(sk)
		} else {
			m.refuse(g)
		}
	}
	if k.hasAffected {
		get(CubeAffected, k.affectedCell())
	}
	if k.hasHosting && k.primary {
		get(CubeHosting, k.hostingCell())
	}
	if k.hasAffected && k.hasHosting {
		get(CubePair, k.pairCell())
	}
	if k.sector != 0 && k.primary {
		get(CubeSector, k.sectorCell())
	}
	return sets
}

// refuse notes that a group lacks a cell; the next cut stores that too.
func (m *Measure) refuse(g *setGroup) {
	m.stats.setsRefused.Inc()
	if !g.partial {
		g.partial = true
		g.version++
		m.partial = append(m.partial, g)
	}
}

// setGroup gives the group that counts the distinct addresses of a minute.
func (m *Measure) setGroup(minute int64) *setGroup {
	hour := ByHour.floor(minute)
	if !m.day(minute).retired {
		g := m.hourSets[hour]
		if g == nil {
			g = &setGroup{start: hour, cells: map[uint64]*cellSets{}, whole: true}
			m.hourSets[hour] = g
		}
		return g
	}
	return m.daySet(m.zone.localDay(hour))
}

func (m *Measure) daySet(start int64) *setGroup {
	g := m.daySets[start]
	if g == nil {
		g = &setGroup{local: true, start: start, cells: map[uint64]*cellSets{}, whole: !m.setsGone[start]}
		m.daySets[start] = g
	}
	return g
}

// profile is an unpacked profile key.
type profile struct {
	affected, hosting, kind, way, sector, band, sure uint64
	hasAffected, hasHosting, primary                 bool
	col                                              int
	slot                                             uint64
}

func unpackProfile(key uint64) profile {
	bits := func(shift, n int) uint64 { return key >> shift & (1<<n - 1) }
	return profile{
		affected: bits(affectedShift, bitsPlace), hosting: bits(hostingShift, bitsPlace),
		kind: bits(kindShift, bitsKind), way: bits(wayShift, bitsWay),
		sector: bits(sectorShift, bitsSector), band: bits(bandShift, bitsBand),
		sure:        bits(confirmedBit, 1),
		hasAffected: bits(hasAffectedBit, 1) == 1, hasHosting: bits(hasHostingBit, 1) == 1,
		primary: bits(primaryShift, 1) == 1,
		col:     int(bits(colShift, 3)), slot: key >> slotShift,
	}
}

func (p *profile) affectedCell() uint64 { return p.affected<<10 | p.kind<<4 | p.way }
func (p *profile) hostingCell() uint64 {
	return p.hosting<<11 | p.sure<<10 | p.kind<<4 | p.way
}
func (p *profile) pairCell() uint64   { return p.affected<<11 | p.sure<<10 | p.hosting }
func (p *profile) sectorCell() uint64 { return p.sector<<9 | p.band<<6 | p.kind }
