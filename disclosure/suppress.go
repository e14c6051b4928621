// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"cmp"
	"math/bits"
	"slices"
)

// Suppress says which cells are hidden: those that fail the rules and, with them,
// others until Check finds nothing. For each cell that is not yet protected a
// linear program finds the least that has to be hidden: a change of the table that
// nobody outside could tell from the true one, and that moves the cell by what its
// protection asks (Fischetti and Salazar, "Models and algorithms for optimizing
// cell suppression in tabular data with linear constraints", 2000). safe is false
// where even hiding all that may be hidden leaves a fault, which then is for the
// margins that are published whatever happens.
func (s *System) Suppress() (hidden []bool, safe bool, err error) {
	hidden = s.begin()
	for {
		faults, err := s.check(hidden, false)
		if err != nil {
			return s.all(), false, err
		}
		if len(faults) == 0 {
			return hidden, true, nil
		}
		slices.SortFunc(faults, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.Cell, b.Cell), cmp.Compare(b.Over-b.High, a.Over-a.High), cmp.Compare(a.Intruder, b.Intruder))
		})
		faults = slices.CompactFunc(faults, func(a, b Fault) bool { return a.Cell == b.Cell })
		more := false
		for i := range faults {
			hid, err := s.protect(hidden, &faults[i])
			if err != nil {
				return s.all(), false, err
			}
			more = more || hid
		}
		if !more {
			return s.give(hidden)
		}
	}
}

// begin hides what was hidden before, and what fails the rules.
func (s *System) begin() []bool {
	hidden := make([]bool, len(s.Cells))
	for i := range s.Cells {
		c := &s.Cells[i]
		hidden[i] = c.away() || c.State == Free && !s.safe(c)
	}
	return hidden
}

// may reports whether a cell may still be hidden.
func (c *Cell) may() bool { return c.State == Free || c.State == Cleared }

// away reports whether a cell is hidden already.
func (c *Cell) away() bool { return c.State == Hidden || c.State == Lost }

// all hides whatever may be hidden.
func (s *System) all() []bool {
	hidden := make([]bool, len(s.Cells))
	for i := range s.Cells {
		hidden[i] = s.Cells[i].away() || s.Cells[i].may()
	}
	return hidden
}

// give hides all that may be hidden where nothing less is enough, unless even
// that is not: then what is hidden stays as it is.
func (s *System) give(hidden []bool) ([]bool, bool, error) {
	all := s.all()
	faults, err := s.check(all, true)
	return all, err == nil && len(faults) == 0, err
}

// protect hides what lets a cell move as far as a fault asks; it reports whether
// it hid anything.
func (s *System) protect(hidden []bool, f *Fault) (more bool, err error) {
	for _, by := range []int64{f.Over - s.value(&s.Cells[f.Cell]), f.Under - s.value(&s.Cells[f.Cell])} {
		if f.High >= f.Over && by > 0 || f.Low <= f.Under && by < 0 || by == 0 {
			continue
		}
		hide, err := s.cheapest(hidden, f, by)
		if err == errInfeasible { //nolint:errorlint // our own, not wrapped
			continue
		}
		if err != nil {
			return more, err
		}
		for _, i := range hide {
			more = more || !hidden[i]
			hidden[i] = true
		}
	}
	return more, nil
}

// cheapest finds the cheapest change of the table that moves a cell by so much and
// is seen in no cell but hidden ones; those it would be seen in are to be hidden.
// Each atom may rise and fall, each cell that may be hidden at a price; all others
// stay as they are.
func (s *System) cheapest(hidden []bool, f *Fault, by int64) (hide []int, err error) {
	w := &pattern{s: s, far: 4 * max(by, -by)}
	for a := range s.Atoms {
		w.add(w.far, 1)
		w.add(min(w.far, s.spare(a, f.Intruder)), 1)
	}
	for i := range s.Cells {
		if !hidden[i] || i == f.Cell {
			w.cell(i, i == f.Cell, by)
		}
	}
	p, err := newProgram(w.upper, w.equations)
	if err != nil {
		return nil, err
	}
	if _, err := p.maximise(w.price); err != nil {
		return nil, err
	}
	values := p.values()
	for n, at := range w.at {
		if values[at] != values[at+1] {
			hide = append(hide, w.cells[n])
		}
	}
	return hide, nil
}

// pattern is the program of a change: of each atom a rise and a fall, then the
// same of the sums that may be hidden.
type pattern struct {
	s            *System
	far          int64 // no number needs to move further
	upper, price []int64
	equations    []equation
	at, cells    []int // cells that may be hidden, and their first variable
}

func (w *pattern) add(limit, cost int64) {
	w.upper, w.price = append(w.upper, limit), append(w.price, -cost)
}

// cell adds what a cell that is shown asks of the change; the target is to move.
func (w *pattern) cell(i int, target bool, by int64) {
	c := &w.s.Cells[i]
	if alone := 2 * c.Atoms[0]; len(c.Atoms) == 1 && !target {
		if c.may() {
			w.price[alone], w.price[alone+1] = -w.s.cost(c), -w.s.cost(c)
			w.at, w.cells = append(w.at, alone), append(w.cells, i)
		} else {
			w.upper[alone], w.upper[alone+1] = 0, 0
		}
		return
	}
	e := equation{}
	for _, a := range c.Atoms {
		e.terms = append(e.terms, term{2 * a, 1}, term{2*a + 1, -1})
	}
	switch {
	case target:
		e.equals = by
	case c.may():
		at, limit, cost := len(w.upper), w.far*int64(len(c.Atoms)), w.s.cost(c)
		w.add(limit, cost)
		w.add(limit, cost)
		e.terms = append(e.terms, term{at, -1}, term{at + 1, 1})
		w.at, w.cells = append(w.at, at), append(w.cells, i)
	}
	w.equations = append(w.equations, e)
}

// spare is by how much an atom may fall in an intruder's eyes.
func (s *System) spare(atom int, who uint32) int64 {
	least := int64(1)
	for _, share := range s.Atoms[atom].Shares {
		if share.Unit == who && who != 0 {
			least = max(1, share.Value)
		}
	}
	return max(0, s.Atoms[atom].Value-least)
}

// cost of a unit of change that a cell is to hide: larger cells are dearer, but
// by their digits only, so that few are hidden.
func (s *System) cost(c *Cell) int64 { return 10 * int64(4+bits.Len64(uint64(s.value(c)))) }
