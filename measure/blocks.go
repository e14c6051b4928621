// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"time"
)

// A question about the distinct addresses of a long period reads whole months and
// weeks: the union of one at rest is written to the attic by the first who needs
// it, so that a quarter reads some twenty places in place of ninety days.

const (
	maxBlocks  = 4096
	blockBytes = 256 << 20 // of the attic
)

// blocks are the unions that lie in the attic, guarded by Measure's lock. They go
// all at once when there are too many.
type blocks struct {
	known map[unionKey]*block
	bytes int64
}

// block is the union of some days' groups as they were.
type block struct {
	refs []groupRef
	at   region
}

// inBlocks puts days together to calendar months and weeks where all of these are
// in the period.
func (m *Measure) inBlocks(days []daySource) (out []daySource) {
	for i := 0; i < len(days); {
		n := 1
		at := time.Unix(days[i].from*60, 0).In(m.cfg.Zone)
		if at.Equal(midnight(at, m.cfg.Zone)) {
			n = max(n, upTo(days[i:], at.AddDate(0, 1, 0), at.Day() == 1), upTo(days[i:], at.AddDate(0, 0, 7), at.Weekday() == time.Monday))
		}
		d := daySource{from: days[i].from, to: days[i+n-1].to}
		for _, one := range days[i : i+n] {
			d.refs = append(d.refs, one.refs...)
		}
		out = append(out, d)
		i += n
	}
	return out
}

// upTo counts the days that lie before an end if one of them ends there.
func upTo(days []daySource, end time.Time, begins bool) int {
	i := slices.IndexFunc(days, func(d daySource) bool { return d.to == end.Unix()/60 })
	if !begins {
		return 0
	}
	return i + 1
}

// takeBlock takes what a block has that is new; one at rest by way of the attic.
func (m *Measure) takeBlock(u *union, d daySource, w *wanted) error {
	if len(d.refs) < 2 || u.has(d.refs) {
		return m.takeGroups(u, d.refs, w)
	}
	key := unionKey{w.shape, d.from, d.to}
	at, ok := m.block(key, d.refs)
	if !ok {
		of := newUnion()
		if err := m.takeGroups(of, d.refs, w); err != nil {
			return err
		}
		m.keepBlock(key, d.refs, of, w)
		u.version++
		for group, s := range of.sets {
			u.take(group, &s.set)
		}
		for _, r := range d.refs {
			u.groups[r.group] = of.groups[r.group]
		}
		return nil
	}
	u.version++
	err := eachStowed([]region{at}, func(key uint64, s *section) {
		u.takeSection(key&(1<<setKeyBits-1), s)
	})
	if err != nil {
		return err
	}
	for _, r := range d.refs {
		u.groups[r.group] = r.version
	}
	return nil
}

// has reports whether any of the groups was taken before: then only what is new
// of each is to be.
func (u *union) has(refs []groupRef) bool {
	return slices.ContainsFunc(refs, func(r groupRef) bool { _, ok := u.groups[r.group]; return ok })
}

// block finds a block of just these groups, as they are.
func (m *Measure) block(key unionKey, refs []groupRef) (at region, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.blocks.known[key]
	if b == nil || !slices.Equal(b.refs, refs) {
		return at, false
	}
	return b.at, true
}

// keepBlock writes a union to the attic if all its groups are at rest there.
func (m *Measure) keepBlock(key unionKey, refs []groupRef, of *union, w *wanted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := &m.attic
	if a.dir == "" || slices.ContainsFunc(refs, func(r groupRef) bool {
		return len(r.group.cells) > 0 || r.group.stowed == nil || r.group.version != r.version || of.groups[r.group] != r.version
	}) {
		return
	}
	p := newPart(false)
	for group, s := range of.sets {
		c := cellSets{key: uint64(w.list)<<setKeyBits | group}
		c.roles[w.role] = s.set
		p.cellSet(refs[0].group, &c, int(w.role))
	}
	at, err := a.put(p.finish())
	if err != nil {
		m.deps.Log.Warn("unions of past months are not kept", "error", err)
		return
	}
	if m.blocks.bytes > blockBytes || len(m.blocks.known) >= maxBlocks {
		m.blocks.drop(a)
	}
	if old := m.blocks.known[key]; old != nil {
		a.dead += int64(old.at.length)
		m.blocks.bytes -= int64(old.at.length)
	}
	m.blocks.known[key] = &block{refs, at}
	m.blocks.bytes += int64(at.length)
}

// drop forgets all blocks.
func (b *blocks) drop(a *attic) {
	a.dead += b.bytes
	b.known, b.bytes = map[unionKey]*block{}, 0
}
