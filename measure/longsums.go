// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"slices"
	"time"
)

// The counts of calendar months and weeks long past are summed up once: a question
// about a year reads twelve sums in place of 365 days. A sum stands for the very images
// that it was made of. Images never change: where something came late for one of the
// days, a view has another image of it, and the sum is of no use until it was made anew
// (Sum). Sums are in memory only; a start makes them again.

// longSum is the sum of a calendar month or week, of the cubes that are narrow.
type longSum struct {
	stretch
	of    []*bucketView
	image *bucketView
	has   uint16 // a bit a cube
}

// longSums are months and weeks, each by when they begin. They never change.
type longSums [2][]*longSum

const (
	sumRead  = 4 << 20       // bytes of days' cells of a cube that are worth reading for a sum
	sumKeep  = 256 << 10     // and of a sum's that are worth keeping
	weekKeep = 54 * 7 * 1440 // minutes: older weeks have no sum
	sumRest  = uniteRests    // after what time it is looked again for something to do
)

func (s *longSum) covers(cube Cube) bool { return s.has>>cube&1 == 1 }

// Sum goes on for about so long with the sums that are missing, the newest first. It
// holds up neither counting nor readers; one goroutine at a time may call it. more is
// true until none is missing.
func (m *Measure) Sum(budget time.Duration) (more bool) {
	now := m.deps.Now()
	if now.Before(m.sumAfter) {
		return false
	}
	v := m.look()
	for began := time.Now(); time.Since(began) < budget; {
		s := m.unsummed(v, now.Unix()/60)
		if s == nil {
			m.sumAfter = now.Add(sumRest)
			return false
		}
		if err := s.sum(m); err != nil {
			m.deps.Log.Warn("the counts of past months and weeks are not summed up; the disk of the data folder may have failed", "error", err)
			m.sumAfter = now.Add(sumRest)
			return false
		}
		all := m.longSums.Load().with(s)
		m.longSums.Store(&all)
	}
	return true
}

// unsummed finds a month or a week without a sum of what a view has of it; nil where
// there is none.
func (m *Measure) unsummed(v *view, minute int64) *longSum {
	known := m.longSums.Load()
	for kind, next := range [len(longSums{})]calendarKind{monthOf, weekOf} {
		for c := range m.past(next, v, minute) {
			if kind == 1 && c.to-1 <= minute-weekKeep {
				break
			}
			of, whole := v.plan(c.from, c.to)
			if old := known.find(kind, c); whole && len(of) > 1 && (old == nil || !slices.Equal(old.of, of)) {
				return &longSum{stretch: c, of: of}
			}
		}
	}
	return nil
}

// sum adds up what the sum is of.
func (s *longSum) sum(m *Measure) error {
	s.image = &bucketView{m: m, start: s.from, cubes: &cubeViews{}}
	for _, b := range s.of {
		for col := range b.home {
			s.image.home[col] += b.home[col]
		}
		s.image.replay = s.image.replay || b.replay
		s.image.version = max(s.image.version, b.version)
	}
	var t table
	var order cellOrder
	for cube := range cubes {
		t.reset()
		length := 0
		for _, b := range s.of {
			length += b.cube(cube).length()
		}
		if length > sumRead {
			continue
		}
		for _, b := range s.of {
			if err := b.cube(cube).each(func(key uint64, c *Cell) { t.cell(key).add(c) }); err != nil {
				return err
			}
		}
		if run := appendCells(nil, t.keys, t.cells, &order); len(run) <= sumKeep {
			s.has |= 1 << cube
			s.image.cubes[cube].Store(&cubeView{packed: slices.Clip(run)})
		}
	}
	return nil
}

func (all *longSums) find(kind int, c stretch) *longSum {
	i, ok := slices.BinarySearchFunc(all[kind], c.from, func(s *longSum, from int64) int { return cmp.Compare(s.from, from) })
	if !ok {
		return nil
	}
	return all[kind][i]
}

// with gives the sums with a new one in the place of an older one.
func (all *longSums) with(s *longSum) (out longSums) {
	kind := 1
	if s.month() {
		kind = 0
	}
	out = *all
	out[kind] = slices.DeleteFunc(slices.Clone(all[kind]), func(o *longSum) bool { return o.from == s.from || kind == 1 && o.to < s.to-weekKeep })
	i, _ := slices.BinarySearchFunc(out[kind], s.from, func(o *longSum, from int64) int { return cmp.Compare(o.from, from) })
	out[kind] = slices.Insert(out[kind], i, s)
	return out
}

// usable gives the sums that are of what the view has.
func (v *view) usable() *longSums {
	v.once.Do(func() {
		for kind, list := range v.longSums {
			for _, s := range list {
				if of, whole := v.plan(s.from, s.to); whole && slices.Equal(s.of, of) {
					v.held[kind] = append(v.held[kind], s)
				}
			}
		}
	})
	return &v.held
}

// planOf is plan for one cube, with sums where there are.
func (v *view) planOf(cube Cube, from, to int64) (images []*bucketView, whole bool) {
	return v.planWith(from, to, func(p *planner, from, to int64) { p.sums(v.usable()[:], cube, from, to) })
}

// sums takes the sums of months that lie within a period, and between them those of
// weeks.
func (p *planner) sums(kinds [][]*longSum, cube Cube, from, to int64) {
	if len(kinds) == 0 {
		p.period(from, to)
		return
	}
	at := from
	i, _ := slices.BinarySearchFunc(kinds[0], from, func(s *longSum, from int64) int { return cmp.Compare(s.from, from) })
	for ; i < len(kinds[0]) && kinds[0][i].to <= to; i++ {
		if s := kinds[0][i]; s.covers(cube) {
			p.sums(kinds[1:], cube, at, s.from)
			p.out, at = append(p.out, s.image), s.to
		}
	}
	p.sums(kinds[1:], cube, at, to)
}
