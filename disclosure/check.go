// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"cmp"
	"errors"
	"slices"
)

// Fault is a hidden cell of which too much can be concluded.
type Fault struct {
	Cell      int
	Intruder  uint32 // who can: a contributor, 0 is anybody
	Low, High int64  // what the cell may be, for all he can tell
	Under     int64  // Low is to be at most this
	Over      int64  // High is to be at least this
}

// ErrStopped says that something was not worked out to its end.
var ErrStopped = errors.New("disclosure: stopped before it was worked out")

// Check works out by linear programming what can be concluded about each cell
// that fails the rules, from all that is shown: by anybody, and by each of the
// contributors, who know what is theirs. An error means that it cannot be told.
func (s *System) Check(hidden []bool) ([]Fault, error) { return s.check(hidden, false) }

// check gives all faults, or the first.
func (s *System) check(hidden []bool, first bool) (out []Fault, err error) {
	targets := s.targets()
	if len(targets) == 0 {
		return nil, nil
	}
	slack := make([]int64, len(targets)) // between what anybody can tell and what he may
	holds, who := s.holders(hidden)
	for _, who := range append([]uint32{0}, who...) {
		if !matters(targets, slack, who, holds[who]) {
			continue
		}
		if s.Stopped != nil && s.Stopped() {
			return nil, ErrStopped
		}
		view, err := s.view(hidden, who)
		if err != nil {
			return nil, err
		}
		for i := range targets {
			f, asked := targets[i].against(who)
			if !asked {
				continue
			}
			if f.Low, f.High, err = view.interval(&s.Cells[f.Cell]); err != nil {
				return nil, err
			}
			if who == 0 {
				slack[i] = min(f.Under-f.Low, f.High-targets[i].value)
			}
			if f.Low > f.Under || f.High < f.Over {
				if out = append(out, f); first {
					return out, nil
				}
			}
		}
	}
	return out, nil
}

// target is a cell that fails the rules.
type target struct {
	cell   int
	value  int64
	shares []Share
}

// targets are the cells that may not be published by themselves. Cells of open
// dimensions are published by another rule, or by none; cleared ones were judged.
func (s *System) targets() (out []target) {
	for i := range s.Cells {
		c := &s.Cells[i]
		if v := s.value(c); c.judged() && v > 0 && !s.safe(c) {
			out = append(out, target{i, v, s.shares(c)})
		}
	}
	return out
}

func (c *Cell) judged() bool { return c.State == Free || c.State == Hidden || c.State == Shown }

// against says what is asked of a cell before an intruder: his estimate of the
// largest of the others is to be wrong by a tenth, in either direction.
func (t *target) against(who uint32) (f Fault, asked bool) {
	var own, most int64
	for _, share := range t.shares {
		if share.Unit == who && who != 0 {
			own = share.Value
		} else {
			most = max(most, share.Value)
		}
	}
	if most == 0 && own > 0 {
		return f, false // it is all his
	}
	if len(t.shares) == 0 {
		most = t.value
	}
	m := margin(most)
	return Fault{Cell: t.cell, Intruder: who, Under: max(1, t.value-m), Over: own + most + m}, true
}

// holders are those who contribute to what is hidden, and how much each.
func (s *System) holders(hidden []bool) (holds map[uint32]int64, who []uint32) {
	holds = map[uint32]int64{}
	for _, a := range s.unknown(hidden) {
		for _, share := range s.Atoms[a].Shares {
			if share.Unit != 0 {
				holds[share.Unit] += share.Value
			}
		}
	}
	for unit := range holds {
		who = append(who, unit)
	}
	slices.SortFunc(who, func(a, b uint32) int { return cmp.Or(cmp.Compare(holds[b], holds[a]), cmp.Compare(a, b)) })
	return holds, who
}

// matters reports whether what an intruder holds could bring any target's
// interval below what is asked. In sums over two dimensions a bound moves by no
// more than that; over three it may move somewhat further, hence the factor.
func matters(targets []target, slack []int64, who uint32, holds int64) bool {
	if who == 0 {
		return true
	}
	for i := range targets {
		f, asked := targets[i].against(who)
		if asked && slack[i] <= 4*holds+max(0, f.Over-targets[i].value) {
			return true
		}
	}
	return false
}

// unknown lists the atoms that no shown cell tells by itself.
func (s *System) unknown(hidden []bool) (out []int) {
	told := make([]bool, len(s.Atoms))
	for i := range s.Cells {
		if c := &s.Cells[i]; len(c.Atoms) == 1 && !hidden[i] {
			told[c.Atoms[0]] = true
		}
	}
	for a := range told {
		if !told[a] {
			out = append(out, a)
		}
	}
	return out
}

// view is all that an intruder knows.
type view struct {
	s     *System
	at    []int   // variable of an atom, -1 where it is told
	least []int64 // of an atom: what is the intruder's own, 1 at least
	p     *program
	aim   []int64
}

func (s *System) view(hidden []bool, who uint32) (*view, error) {
	v := &view{s: s, at: make([]int, len(s.Atoms)), least: make([]int64, len(s.Atoms))}
	for a := range s.Atoms {
		v.at[a], v.least[a] = -1, s.Atoms[a].Value
	}
	unknown := s.unknown(hidden)
	for n, a := range unknown {
		v.at[a], v.least[a] = n, 1
		for _, share := range s.Atoms[a].Shares {
			if share.Unit == who && who != 0 {
				v.least[a] = min(max(1, share.Value), s.Atoms[a].Value)
			}
		}
	}
	upper := make([]int64, len(unknown))
	for i := range upper {
		upper[i] = free
	}
	var equations []equation
	for i := range s.Cells {
		if hidden[i] {
			continue
		}
		c := &s.Cells[i]
		e := equation{}
		for _, a := range c.Atoms {
			if v.at[a] >= 0 {
				e.terms = append(e.terms, term{v.at[a], 1})
				e.equals += s.Atoms[a].Value - v.least[a]
			}
		}
		if len(e.terms) > 0 {
			equations = append(equations, e)
		}
	}
	v.aim = make([]int64, len(unknown))
	var err error
	v.p, err = newProgram(upper, equations)
	return v, err
}

// most is the upper end of an interval that has none.
const most = int64(1) << 62

// interval gives the least and the most that a cell may be.
func (v *view) interval(c *Cell) (low, high int64, err error) {
	var known int64
	clear(v.aim)
	for _, a := range c.Atoms {
		known += v.least[a]
		if v.at[a] >= 0 {
			v.aim[v.at[a]] = 1
		}
	}
	high, err = v.p.maximise(v.aim)
	if err == errUnbounded { //nolint:errorlint // our own, not wrapped
		high, err = most, nil
	}
	if err != nil {
		return 0, 0, err
	}
	for i := range v.aim {
		v.aim[i] = -v.aim[i]
	}
	low, err = v.p.maximise(v.aim)
	if high < most {
		high += known
	}
	return known - low, high, err
}
