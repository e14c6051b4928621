// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"sync"
)

// Unions of distinct sets that questions made are kept, so that the next one
// adds only what is new: sets only ever grow. A question's union is made of the
// unions of its days, which other questions over other periods share.

// unionDays is the most days of a question whose days' unions are kept too.
const unionDays = 62

// unions are the unions kept, within a budget; the longest unused go first.
type unions struct {
	mu    sync.Mutex
	known map[unionKey]*union
	size  int64
	limit int64
	turn  int64
}

// unionKey says what a union is of.
type unionKey struct {
	shape    string
	from, to int64
}

// union holds sets by group. Its lock is taken before that of a union that it
// is made of, both before Measure's.
type union struct {
	mu      sync.Mutex
	groups  map[*setGroup]int64 // what was taken of each group: its version
	parts   map[*union]int64    // and of each union
	sets    map[uint64]*united
	version int64
	bytes   int64

	used, size int64 // guarded by unions
}

// united is one group's set and, until it changes, what was counted of it.
type united struct {
	set
	version int64
	counted bool
	n       int64
	exact   bool
	key     uint64
}

func newUnion() *union {
	return &union{groups: map[*setGroup]int64{}, parts: map[*union]int64{}, sets: map[uint64]*united{}}
}

// get finds or makes a union.
func (us *unions) get(key unionKey) *union {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.known[key]
	if u == nil {
		u = newUnion()
		us.known[key] = u
	}
	us.turn++
	u.used = us.turn
	return u
}

// renew puts an empty union in the place of one that holds what is gone.
func (us *unions) renew(key unionKey) *union {
	us.mu.Lock()
	if old := us.known[key]; old != nil {
		us.size -= old.size
		delete(us.known, key)
	}
	us.mu.Unlock()
	return us.get(key)
}

// keep notes how large a union has become and lets go of others.
func (us *unions) keep(key unionKey, u *union, bytes int64) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.known[key] != u {
		return
	}
	us.size += bytes - u.size
	u.size = bytes
	for us.size > us.limit && len(us.known) > 0 {
		var last unionKey
		var oldest *union
		for k, o := range us.known {
			if oldest == nil || o.used < oldest.used {
				last, oldest = k, o
			}
		}
		us.size -= oldest.size
		delete(us.known, last)
	}
}

// bytes gives the memory taken.
func (us *unions) bytes() int64 {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.size
}

// wanted selects and groups the cells of a question.
type wanted struct {
	match *matcher
	list  int // of a group's cells
	role  Role
	shape string
}

// unionOf gives the union of some groups as they are in a view, locked.
func (m *Measure) unionOf(key unionKey, refs []groupRef, w *wanted) (*union, error) {
	return m.unionBy(key, only(refs), func(u *union) error { return m.takeGroups(u, refs, w) })
}

// unionBy gives the union that take fills, locked. What was kept is taken up again
// if fits says that it holds nothing else than is asked for.
func (m *Measure) unionBy(key unionKey, fits func(*union) bool, take func(*union) error) (*union, error) {
	u := m.unions.get(key)
	u.mu.Lock()
	if !fits(u) {
		u.mu.Unlock()
		u = m.unions.renew(key)
		u.mu.Lock()
	}
	if err := take(u); err != nil {
		u.mu.Unlock() // what was taken of a group belongs to it: it is taken again
		return nil, err
	}
	m.unions.keep(key, u, u.bytes)
	return u, nil
}

// only reports whether all that was taken of groups is still to be taken.
func only(refs []groupRef) func(*union) bool {
	return func(u *union) bool {
		n := 0
		for _, r := range refs {
			if _, ok := u.groups[r.group]; ok {
				n++
			}
		}
		return n == len(u.groups)
	}
}

// takeGroups takes what the groups have that is new.
func (m *Measure) takeGroups(u *union, refs []groupRef, w *wanted) error {
	for _, r := range refs {
		since, ok := u.groups[r.group]
		if !ok {
			since = -1
		}
		if since >= r.version {
			continue
		}
		u.version++
		now, err := m.takeGroup(u, r.group, since, w)
		if err != nil {
			return err
		}
		u.groups[r.group] = now
	}
	return nil
}

// lettingIn is after how many cells others may have the lock.
const lettingIn = 64

// takeGroup takes the cells of a group that changed since a version, and gives
// the version that it then has at least.
func (m *Measure) takeGroup(u *union, g *setGroup, since int64, w *wanted) (now int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for again := true; again; again = g.stowedAt > now { // once more if cells went to the attic meanwhile
		if now = g.version; since < g.stowedAt {
			regions := g.away(w.list, w.role)
			m.mu.Unlock()
			err = u.takeStowed(regions, w)
			if m.mu.Lock(); err != nil {
				return since, err
			}
		}
		m.takeCells(u, g, since, w)
	}
	return now, nil
}

// takeCells takes cells that are in memory; the caller has the lock.
func (m *Measure) takeCells(u *union, g *setGroup, since int64, w *wanted) {
	for i := 0; i < len(g.lists[w.list]); i++ {
		c := g.lists[w.list][i]
		if c.version <= since || c.roles[w.role].empty() {
			continue
		}
		if key := c.key & (1<<setKeyBits - 1); w.match.match(key) {
			u.take(w.match.group(key), &c.roles[w.role])
		}
		if i%lettingIn == lettingIn-1 {
			m.mu.Unlock()
			m.mu.Lock()
		}
	}
}

func (u *union) take(group uint64, s *set) { u.grow(group, func(to *set) { to.merge(nil, s) }) }

// takeSection takes a set as a part has it.
func (u *union) takeSection(group uint64, s *section) {
	u.grow(group, func(to *set) { to.restore(nil, s) })
}

// grow has fn add to a group's set.
func (u *union) grow(group uint64, fn func(*set)) {
	to := u.sets[group]
	if to == nil {
		to = &united{}
		u.sets[group] = to
		u.bytes += unitedOverhead
	}
	before := to.bytes()
	fn(&to.set)
	u.bytes += to.bytes() - before
	to.version, to.counted = u.version, false
}

// takeStowed takes the sets of a kind that lie in the attic.
func (u *union) takeStowed(regions []region, w *wanted) error {
	return eachStowed(regions, func(key uint64, s *section) {
		if key &= 1<<setKeyBits - 1; w.match.match(key) {
			u.takeSection(w.match.group(key), s)
		}
	})
}

// unitedOverhead is about what an empty set takes in a union.
const unitedOverhead = 160

// takeUnion takes what another union has that is new.
func (u *union) takeUnion(o *union) {
	since, ok := u.parts[o]
	if !ok {
		since = -1
	}
	if since < o.version {
		u.version++
		for group, s := range o.sets {
			if s.version > since {
				u.take(group, &s.set)
			}
		}
	}
	u.parts[o] = o.version
}

// window gives the union of a question's days, locked.
func (m *Measure) window(key unionKey, days []daySource, w *wanted) (*union, error) {
	if len(days) == 1 && days[0].block == nil {
		d := days[0]
		return m.unionOf(unionKey{w.shape + " day", d.from, d.to}, d.refs, w)
	}
	if len(days) > unionDays || slices.ContainsFunc(days, func(d daySource) bool { return d.block != nil }) {
		return m.windowAtOnce(key, days, w)
	}
	parts := make([]*union, len(days))
	for i, d := range days {
		var err error
		if parts[i], err = m.unionOf(unionKey{w.shape + " day", d.from, d.to}, d.refs, w); err != nil {
			return nil, err
		}
		parts[i].mu.Unlock()
	}
	return m.unionBy(key, made(parts), func(u *union) error {
		for _, p := range parts {
			p.mu.Lock()
			u.takeUnion(p)
			p.mu.Unlock()
		}
		return nil
	})
}

// windowAtOnce is window without unions of the days by themselves.
func (m *Measure) windowAtOnce(key unionKey, days []daySource, w *wanted) (*union, error) {
	var refs []groupRef
	for _, d := range days {
		refs = append(refs, d.refs...)
	}
	return m.unionBy(key, only(refs), func(u *union) error {
		for _, d := range days {
			if err := m.takeBlock(u, d, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// made reports whether all unions that were taken are among those.
func made(parts []*union) func(*union) bool {
	return func(u *union) bool {
		n := 0
		for _, p := range parts {
			if _, ok := u.parts[p]; ok {
				n++
			}
		}
		return n == len(u.parts)
	}
}
