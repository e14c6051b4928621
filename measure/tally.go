// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// How many distinct addresses a period had takes megabytes of sets to count and some
// kilobytes to keep. Numbers of periods that are over are kept for as long as nothing
// came for them; those of whole calendar periods that pages ask for (Config.Recurring)
// are counted before somebody asks (Tally). They are in memory only.

// tallies are the numbers kept.
type tallies struct {
	mu    sync.Mutex
	known map[unionKey]*tally
	bytes [2]int64 // of those somebody asked for, and of those counted ahead
}

// tally is the numbers of one question. It never changes.
type tally struct {
	version int64 // of the period
	ahead   bool
	groups  []tallied // by group
}

type tallied struct {
	group, key uint64
	n          int64
	exact      bool
}

const (
	tallyKeep     = 4 << 20 // bytes of each sort
	tallyOverhead = 256
)

func (t *tally) bytes() int64 { return tallyOverhead + 32*int64(cap(t.groups)) }

// sort says whether a tally was counted ahead.
func (t *tally) sort() int {
	if t.ahead {
		return 1
	}
	return 0
}

func (ts *tallies) get(key unionKey, version int64) *tally {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t := ts.known[key]; t != nil && t.version == version {
		return t
	}
	return nil
}

// keep takes a tally in; false where there is no room. What somebody asked for makes
// room for what is asked next.
func (ts *tallies) keep(key unionKey, t *tally) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.forget(key)
	sort := t.sort()
	if ts.bytes[sort]+t.bytes() > tallyKeep {
		if t.ahead {
			return false
		}
		for k, old := range ts.known {
			if !old.ahead {
				ts.forget(k)
			}
		}
	}
	ts.known[key] = t
	ts.bytes[sort] += t.bytes()
	return true
}

func (ts *tallies) forget(key unionKey) {
	if old := ts.known[key]; old != nil {
		ts.bytes[old.sort()] -= old.bytes()
		delete(ts.known, key)
	}
}

// taken gives the memory taken.
func (ts *tallies) taken() int64 {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.bytes[0] + ts.bytes[1]
}

// tally gives the numbers of a union, which the caller has locked.
func (u *union) tally(version int64) *tally {
	t := &tally{version: version, groups: make([]tallied, 0, len(u.sets))}
	for group, s := range u.sets {
		if !s.counted {
			s.n, s.exact = s.count()
			s.key, s.counted = s.cellKey(), true
		}
		t.groups = append(t.groups, tallied{group, s.key, s.n, s.exact})
	}
	slices.SortFunc(t.groups, func(a, b tallied) int { return cmp.Compare(a.group, b.group) })
	return t
}

// rows gives the numbers with their groups' names.
func (t *tally) rows(match *matcher, names *texts) []Distinct {
	out := make([]Distinct, 0, len(t.groups))
	x := texter{match: match, texts: names}
	for i := range t.groups {
		g := &t.groups[i]
		out = append(out, Distinct{Group: x.of(g.group), Count: g.n, Exact: g.exact, Key: g.key})
	}
	return out
}

// Tally goes on for about so long with recurring questions about calendar periods that
// nobody answered yet, the newest first. It holds up neither counting nor readers for
// long; one goroutine at a time may call it. more is true until none is missing.
func (m *Measure) Tally(budget time.Duration) (more bool) {
	now := m.deps.Now()
	if now.Before(m.tallyAfter) {
		return false
	}
	v := m.look()
	left := m.untallied(v, now.Unix()/60)
	for began := time.Now(); len(left) > 0 && time.Since(began) < budget; {
		kept, err := m.tallyOf(v, &left[0])
		if err != nil {
			m.deps.Log.Warn("addresses of past periods are not counted ahead; the disk of the data folder may have failed", "error", err)
		}
		if left = left[1:]; err != nil || !kept {
			left = nil
		}
	}
	if len(left) == 0 {
		m.tallyAfter = now.Add(sumRest)
	}
	return len(left) > 0
}

// recurring is a question about a period.
type recurring struct {
	*wanted
	stretch
}

// untallied finds what is to be counted.
func (m *Measure) untallied(v *view, minute int64) (out []recurring) {
	for _, q := range m.cfg.Recurring {
		w, err := m.wanted(&q, v)
		if err != nil {
			m.deps.Log.Error("a recurring question cannot be asked", "error", err) // it is the program's own
			continue
		}
		for _, kind := range calendarKinds {
			for c := range m.past(kind, v, minute) {
				if m.tallies.get(unionKey{w.shape, c.from, c.to}, v.version(c.from, c.to)) == nil {
					out = append(out, recurring{w, c})
				}
			}
		}
	}
	return out
}

// tallyOf counts a recurring question, with sets of its own: those kept are for who
// asks what changes.
func (m *Measure) tallyOf(v *view, s *recurring) (kept bool, err error) {
	version := v.version(s.from, s.to)
	sources, whole := m.daySources(v, s.from, s.to)
	if !whole {
		return true, nil // and nobody would be given it
	}
	u := newUnion()
	for _, d := range sources {
		if err := m.takeBlock(u, d, s.wanted); err != nil {
			return false, err
		}
	}
	t := u.tally(version)
	t.ahead = true
	return m.tallies.keep(unionKey{s.shape, s.from, s.to}, t), nil
}

// wanted reads a question.
func (m *Measure) wanted(q *DistinctQuery, v *view) (*wanted, error) {
	if q.Cube < CubeAffected || q.Cube > CubeSector {
		return nil, &QueryError{"cube", "keeps no addresses; affected, hosting, pair and sector do"}
	}
	col := column(q.Stage)
	if col == colContext {
		return nil, &QueryError{"stage", "is attempt, incident or state"}
	}
	match, err := m.compile(q.Cube, q.By, q.Where, &v.texts)
	if err != nil {
		return nil, err
	}
	w := &wanted{match: match, list: int(setKey(q.Cube, col, 0) >> setKeyBits), role: q.Role}
	w.shape = fmt.Sprint(w.list, w.role, match.by, match.tests)
	return w, nil
}
