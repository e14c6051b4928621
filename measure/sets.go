// SPDX-License-Identifier: Apache-2.0

package measure

import "io"

// Roles of an address in a set.
const (
	roleAffected = iota
	roleHosting
	roles
)

// cellSets holds the distinct addresses of one cell, one stage and one period.
type cellSets struct {
	group *setGroup
	key   uint64 // cube, stage and cell: see setKey
	roles [roles]set
	fresh *[roles][]uint64 // what changed the sets since the last cut; nil where nothing ever did

	version int64 // of the group when the sets last changed
}

// maxFreshKept is the most room for fresh hashes that a cell keeps.
const maxFreshKept = 16

// setGroup holds the sets of one UTC hour, or of one local day.
type setGroup struct {
	local   bool  // a local day
	start   int64 // minutes since 1970
	cells   map[uint64]*cellSets
	bytes   int64
	whole   bool  // everything of the period is here: a Replace part may be made
	version int64 // grows with every change
	partial bool  // some cells found no memory

	room *setRoom // of the cells; nil where there are none

	lists [setCubes << 2][]*cellSets // the cells by cube and stage, the upper bits of their keys

	stowed   []stowedSets // what lies in the attic or in a stored part; whole is false then
	stowedAt int64        // version since which it does

	form   *form // the stored part that says all of the sets; nil unless there is one
	formed int64 // at this version: what changed since is in memory
}

// stowedSets are sets that left memory together: those of a list and a role are a
// region, named by setsName.
type stowedSets struct {
	src   io.ReaderAt // the attic's file, or the part
	kinds lots
}

// away gives where sets lie that left memory.
func (g *setGroup) away(list int, role Role) (regions []region) {
	for _, s := range g.stowed {
		if o, ok := s.kinds.find(setsName(list, role)); ok {
			regions = append(regions, o.of(s.src))
		}
	}
	return regions
}

const setKeyBits = 21 // of the cell key; layouts of the first four cubes

func setKey(cube Cube, stage int, key uint64) uint64 {
	return uint64(cube-CubeAffected)<<(setKeyBits+2) | uint64(stage)<<setKeyBits | key
}

// cell finds or makes the sets of a cell.
func (g *setGroup) cell(key uint64) *cellSets {
	c := g.cells[key]
	if c == nil {
		if g.room == nil {
			g.room = &setRoom{}
		}
		c = g.room.cell(len(g.cells))
		c.group, c.key = g, key
		g.cells[key] = c
		g.lists[key>>setKeyBits] = append(g.lists[key>>setKeyBits], c)
		g.bytes += cellOverhead
	}
	return c
}

// cellOverhead is about what an empty cellSets takes with its map entry.
const cellOverhead = 264

// restore adds what a section of a part holds.
func (c *cellSets) restore(s *section) {
	one := &c.roles[s.role]
	before := one.bytes()
	one.restore(c.group.room, s)
	c.group.bytes += one.bytes() - before
	c.version = c.group.version
}

// insert adds a hash and remembers it for the next cut if it changed anything.
func (m *Measure) insert(c *cellSets, role uint8, hash uint64) {
	s := &c.roles[role]
	before := s.bytes()
	if !s.addIn(c.group.room, hash) {
		return
	}
	c.group.bytes += s.bytes() - before
	c.group.version++
	c.version = c.group.version
	if c.fresh == nil {
		c.fresh = new([roles][]uint64)
	}
	if len(c.fresh[roleAffected])+len(c.fresh[roleHosting]) == 0 {
		m.setLog = append(m.setLog, c)
	}
	c.fresh[role] = append(c.fresh[role], hash)
}

// merge takes over another group's sets.
func (g *setGroup) merge(o *setGroup) {
	g.partial = g.partial || o.partial
	g.version++
	for key, oc := range o.cells {
		c := g.cell(key)
		for r := range c.roles {
			before := c.roles[r].bytes()
			c.roles[r].merge(g.room, &oc.roles[r])
			g.bytes += c.roles[r].bytes() - before
		}
		c.version = g.version
	}
}
