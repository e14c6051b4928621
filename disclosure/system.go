// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"slices"
	"strings"
)

// Atom is a finest cell: every number of a system is a sum of atoms.
type Atom struct {
	Value        int64
	Shares       []Share // of contributors, each unit once
	Participants int
}

// State says whether a cell's fate is open.
type State uint8

// States of a cell before suppression.
const (
	Free    State = iota // may be hidden
	Open                 // published whatever happens: not of a protected dimension
	Hidden               // hidden already
	Shown                // published already, as a cell that may not be hidden any more
	Cleared              // may be hidden, and was judged as a part of a sum: needs no protection itself
	Lost                 // hidden, and given away whatever is done about it: not judged
)

// Cell is one number that is published or hidden.
type Cell struct {
	Atoms []int
	State State
}

// System holds tables that overlap: what is shown of one says something about
// what is hidden in another. A value that is in no cell is known to nobody.
type System struct {
	Atoms []Atom
	Cells []Cell
	// Stopped is asked now and then, if set: where it is true nothing is told.
	Stopped func() bool
}

// Row is one group of the finest table.
type Row struct {
	Group []string
	Atom
}

// Table is one table of a cross-tabulation: by which of the rows' dimensions.
type Table struct {
	Dims []int
	Open bool // not by a protected dimension
}

// Key names a cell of Cross.
type Key struct {
	Table int
	Group string // values joined by a zero byte
}

// Join makes the group of a Key.
func Join(values []string) string { return strings.Join(values, "\x00") }

// Cross makes the system of tables over the same rows, and the keys of its
// cells. Rows without a value are left out: they are known to be 0.
func Cross(rows []Row, tables []Table) (*System, []Key) {
	s, keys, at := &System{}, []Key{}, map[Key]int{}
	for _, r := range rows {
		if r.Value <= 0 {
			continue
		}
		atom := len(s.Atoms)
		s.Atoms = append(s.Atoms, r.Atom)
		for t, table := range tables {
			group := make([]string, len(table.Dims))
			for i, d := range table.Dims {
				group[i] = r.Group[d]
			}
			key := Key{t, Join(group)}
			i, ok := at[key]
			if !ok {
				i = len(s.Cells)
				at[key] = i
				cell := Cell{}
				if table.Open {
					cell.State = Open
				}
				s.Cells, keys = append(s.Cells, cell), append(keys, key)
			}
			s.Cells[i].Atoms = append(s.Cells[i].Atoms, atom)
		}
	}
	return s, keys
}

// Split is the inverse of Join.
func Split(group string) []string { return strings.Split(group, "\x00") }

// Value gives a cell's number.
func (s *System) Value(cell int) int64 { return s.value(&s.Cells[cell]) }

// value gives a cell's number.
func (s *System) value(c *Cell) (sum int64) {
	for _, a := range c.Atoms {
		sum += s.Atoms[a].Value
	}
	return sum
}

// shares gives who contributes to a cell, by unit.
func (s *System) shares(c *Cell) []Share {
	if len(c.Atoms) == 1 {
		return s.Atoms[c.Atoms[0]].Shares
	}
	sums := map[uint32]int64{}
	for _, a := range c.Atoms {
		for _, share := range s.Atoms[a].Shares {
			sums[share.Unit] += share.Value
		}
	}
	out := make([]Share, 0, len(sums))
	for unit, n := range sums {
		out = append(out, Share{unit, n})
	}
	slices.SortFunc(out, func(a, b Share) int { return int(int64(a.Unit) - int64(b.Unit)) })
	return out
}

// safe reports whether a cell may be published by itself. Participants of a sum
// are at least those of its largest part.
func (s *System) safe(c *Cell) bool {
	first, second, organisations := largest(s.shares(c))
	participants := 0
	for _, a := range c.Atoms {
		participants = max(participants, s.Atoms[a].Participants)
	}
	return Rule(s.value(c), organisations, participants, first, second)
}
