// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"slices"
	"time"
)

// uniting is what is known of the block that is being made. One is made at a time:
// put together by Unite, stored by the next cut, opened by Unite once the store
// has it. Guarded by Measure's lock, but for what only Unite knows.
type uniting struct {
	stretch
	state  unitingState
	part   []byte // whole, to be cut
	stored int    // its size
	after  time.Time

	days []*form // only Unite's from here on
	of   []madeOf
	at   int // regions taken, those of a kind after another
	sets map[uint64]*set
	w    *partWriter

	least int // bytes of a piece
}

type unitingState uint8

const (
	uniteNothing unitingState = iota
	uniteTakes                // days are taken in
	uniteWhole                // waits to be cut
	uniteCut                  // waits to be in the store
)

// uniteRests is after what time it is looked again for something to do, where
// there was nothing or the disk failed.
const uniteRests = time.Minute

// Unite goes on for about so long with the blocks that are missing. It holds up
// neither counting nor readers; one goroutine at a time may call it. more is true
// until a block waits for a cut, or none is missing.
func (m *Measure) Unite(budget time.Duration) (more bool) {
	if m.deps.Kept == nil {
		return false
	}
	switch m.uniteNext() {
	case uniteTakes:
		part, err := m.uniting.take(budget)
		switch {
		case err != nil:
			m.abandonUnion(err)
		case part != nil:
			m.united(part)
		default:
			return true
		}
	case uniteCut:
		return m.openUnited()
	}
	return false
}

// uniteNext gives the state, after beginning a block where none is being made.
func (m *Measure) uniteNext() unitingState {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := &m.uniting
	now := m.deps.Now()
	if u.state != uniteNothing || now.Before(u.after) {
		return u.state
	}
	s, ok := m.missing(now)
	if !ok {
		u.after = now.Add(uniteRests)
		return u.state
	}
	*u = uniting{stretch: s, state: uniteTakes, of: m.formsIn(s), sets: map[uint64]*set{}, w: newPart(true), least: m.pieceLeast}
	var most int64
	for _, o := range u.of {
		f := m.daySets[o.day].form
		u.days = append(u.days, f)
		most = max(most, f.part.Size())
	}
	u.w.buf = slices.Grow(u.w.buf, int(2*most)) // most blocks fit: grown step by step, they would take thrice that
	u.w.index(false).facts = blockFacts(u.of)
	return u.state
}

// missing finds a block to be made: the newest of months, then of weeks, all of
// whose days have left the hours behind.
func (m *Measure) missing(now time.Time) (s stretch, ok bool) {
	past := now.Unix()/60 - retireAfter - 2*1440
	seen := map[stretch]bool{}
	for day := range m.daySets {
		for _, c := range m.calendar(day) {
			if c.to > past || seen[c] || ok && !c.before(s) {
				continue
			}
			seen[c] = true
			if of := m.formsIn(c); len(of) > 1 && !(m.holds(c, m.blocks[c]) && m.blocks[c].byFirst()) {
				s, ok = c, true
			}
		}
	}
	return s, ok
}

// before orders blocks by how much they help: months first, and the newest.
func (s stretch) before(o stretch) bool {
	if a, b := s.month(), o.month(); a != b {
		return a
	}
	return s.from > o.from
}

func (s stretch) month() bool { return s.to-s.from > 14*1440 }

// setKinds is how many kinds of sets, by cube, stage and role, lie together.
const setKinds = setCubes << 2 * roles

// take takes a day's sets of a kind after another for so long; part is the block
// when all are.
func (u *uniting) take(budget time.Duration) (part []byte, err error) {
	for began := time.Now(); ; {
		kind, day := u.at/len(u.days), u.at%len(u.days)
		if r, ok := u.days[day].region(uint64(kind)); ok {
			if err := eachStowed([]region{r}, u.add); err != nil {
				return nil, err
			}
		}
		if u.at++; day == len(u.days)-1 {
			u.write(kind)
		}
		if u.at == len(u.days)*setKinds {
			return u.w.finish(), nil
		}
		if time.Since(began) > budget {
			return nil, nil
		}
	}
}

func (u *uniting) add(key uint64, s *section) {
	to := u.sets[key]
	if to == nil {
		to = &set{}
		u.sets[key] = to
	}
	to.restore(nil, s)
}

// write writes the sets of a kind of all days: cell by cell, in pieces of whole values of
// the first dimension, then put together by that alone, which is what most questions are by.
func (u *uniting) write(kind int) {
	low := belowFirst(kind / roles)
	u.pieces(kind, low)
	first := map[uint64]*set{}
	for key, s := range u.sets {
		key = key >> low << low
		if first[key] == nil {
			first[key] = &set{}
		}
		first[key].merge(nil, s)
	}
	for _, key := range slices.Sorted(maps.Keys(first)) {
		u.section(kind, key, first[key])
	}
	u.w.note(uint64(setKinds + kind))
	clear(u.sets)
}

// pieceLeast is how large a piece is at least: that of a question about one country is
// all it reads.
const pieceLeast = 128 << 10

func (u *uniting) pieces(kind int, low uint8) {
	begun, last := -1, uint64(0) // of the buffer, and the value of the piece's first and of the newest cell
	var first uint64
	for _, key := range slices.Sorted(maps.Keys(u.sets)) {
		value := key & (1<<setKeyBits - 1) >> low
		if begun >= 0 && value != last && len(u.w.buf)-begun >= u.least {
			u.w.note(pieceName(kind, first))
			begun = -1
		}
		if begun < 0 {
			begun, first = len(u.w.buf), value
		}
		last = value
		u.section(kind, key, u.sets[key])
	}
	u.w.note(pieceName(kind, first))
}

// pieceName names the piece of a kind that begins with a value of the first dimension,
// beyond all names of kinds.
func pieceName(kind int, first uint64) uint64 { return (first+1)<<8 | uint64(kind) }

// section writes one set.
func (u *uniting) section(kind int, key uint64, s *set) {
	c := cellSets{key: key}
	c.roles[kind%roles] = *s
	u.w.cellSet(&setGroup{local: true, start: u.stretch.from}, &c, kind%roles)
}

// united has a block wait for the next cut.
func (m *Measure) united(part []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := &m.uniting
	*u = uniting{stretch: u.stretch, state: uniteWhole, of: u.of, part: part, stored: len(part)}
}

// blocks hands out what Unite made.
func (c *cutter) blocks() {
	if u := &c.m.uniting; u.state == uniteWhole {
		c.add(c.m.blockKey(u.stretch), true, u.part)
		u.state, u.part = uniteCut, nil
	}
}

// openUnited takes up the block that was cut; false until the store has it.
func (m *Measure) openUnited() bool {
	u := &m.uniting
	parts, err := m.deps.Kept(m.blockKey(u.stretch))
	if err == nil && (len(parts) != 1 || parts[0].Size() != int64(u.stored)) {
		return false
	}
	var b *block
	if err == nil {
		b, err = readBlock(parts[0])
	}
	if err != nil {
		m.abandonUnion(err)
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocks[u.stretch] = b
	m.uniting = uniting{}
	return true
}

// abandonUnion tries again later.
func (m *Measure) abandonUnion(err error) {
	m.deps.Log.Warn("the addresses of past months and weeks are not put together; the disk of the data folder may have failed", "error", err)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uniting = uniting{after: m.deps.Now().Add(uniteRests)}
}
