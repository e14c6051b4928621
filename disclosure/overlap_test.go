// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// released makes a day's tables as Suppress leaves them.
func released(t *testing.T, rows []Row, tables []Table) Day {
	t.Helper()
	s, keys := Cross(rows, tables)
	hidden, safe, err := s.Suppress()
	if err != nil {
		t.Fatal(err)
	}
	d := Day{Rows: rows, Shown: map[Key]bool{}}
	for i, key := range keys {
		if s.Cells[i].State == Free && !hidden[i] && safe {
			d.Shown[key] = true
		}
	}
	return d
}

// joint is everything that is published of some periods of a calendar, as one system:
// it shares nothing with how they were decided. Of a longer period that hides a line
// for its own sake, the part that no shown period tells is to be protected. given are
// cells that the days' open margins and what was published before give away; of is
// the period of a cell, -1 for days.
func joint(t *testing.T, c *Calendar, spans []Span) (x *System, hidden []bool, of []int, given map[int]bool) {
	t.Helper()
	x = &System{}
	at, keys := map[Key][][]int{}, []Key(nil) // atoms by day
	for d := range c.Days {
		for _, r := range c.Days[d].Rows {
			if r.Value <= 0 {
				continue
			}
			for table := range c.Tables {
				key := c.key(table, &r)
				if at[key] == nil {
					at[key], keys = make([][]int, len(c.Days)), append(keys, key)
				}
				at[key][d] = append(at[key][d], len(x.Atoms))
			}
			x.Atoms = append(x.Atoms, r.Atom)
		}
	}
	add := func(atoms []int, shown bool, period int) {
		if len(atoms) > 0 {
			x.Cells, hidden = append(x.Cells, Cell{Atoms: atoms, State: map[bool]State{true: Open, false: Hidden}[shown]}), append(hidden, !shown)
			of = append(of, period)
		}
	}
	for _, key := range keys {
		days := at[key]
		for d := range days {
			add(days[d], c.Tables[key.Table].Open || c.Days[d].Shown[key], -1)
		}
		for i, s := range spans {
			var atoms []int
			for d := s.From; d < s.To; d++ {
				told := c.Days[d].Shown[key]
				for _, o := range spans {
					told = told || o.Shown[key] && s.From <= o.From && o.From <= d && d < o.To && o.To <= s.To
				}
				if s.Shown[key] || s.Own[key] && !told {
					atoms = append(atoms, days[d]...)
				}
			}
			if !c.Tables[key.Table].Open {
				add(atoms, s.Shown[key], i)
			}
		}
	}
	// What is given away before a period is published is not its fault.
	given = map[int]bool{}
	for i := range spans {
		before := slices.Clone(hidden)
		for cell := range before {
			before[cell] = hidden[cell] || of[cell] >= i
		}
		faults, err := x.Check(before)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults {
			if of[f.Cell] == i || i == 0 && of[f.Cell] < 0 {
				given[f.Cell] = true
			}
		}
	}
	return x, hidden, of, given
}

// periods of a year of nine days in months of three: months, quarters of one month and
// half, years to date, in the order in which they end.
var periods = [][2]int{{0, 3}, {3, 6}, {0, 6}, {6, 9}, {3, 9}, {0, 9}}

// Of random years whatever is published of all days and longer periods together, and
// of each pair of them, gives nothing away: worked out exactly, over all at once.
func TestOverlappingPeriodsGiveNothingAway(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	shown, all := map[int]int{}, map[int]int{}
	asked, lost := 0, 0
	for n := range 60 {
		shape := shapes[1+n%3]
		c := &Calendar{Tables: shape.tables, Most: []int{0, 12, 5}[n%3]}
		for range 9 {
			c.Days = append(c.Days, released(t, random(r, shape.sizes, 4+n%4, 40), shape.tables))
		}
		for _, p := range periods {
			s, err := c.Decide(p[0], p[1])
			if err != nil {
				t.Fatal(err)
			}
			c.Spans = append(c.Spans, s)
			shown[n%3] += len(s.Shown)
			for key, line := range c.lines {
				if !c.Tables[key.Table].Open && line.any(p[0], p[1]) {
					all[n%3]++
				}
			}
			if !c.Holds(len(c.Spans) - 1) {
				t.Fatalf("year %d: days %v do not hold at once", n, p)
			}
		}
		x, hidden, of, given := joint(t, c, c.Spans)
		asked, lost = asked+len(x.targets()), lost+len(given)
		check := func(what string, known func(period int) bool) {
			t.Helper()
			hidden := slices.Clone(hidden)
			for cell, period := range of {
				hidden[cell] = hidden[cell] || period >= 0 && !known(period)
			}
			faults, err := x.Check(hidden)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range faults {
				if !given[f.Cell] {
					t.Fatalf("year %d, %s: %+v", n, what, f)
				}
			}
		}
		check("all", func(int) bool { return true })
		for i, a := range c.Spans {
			for j, b := range c.Spans[:i] {
				if a.From < b.To && b.From < a.To {
					check(fmt.Sprint(a.From, "-", a.To, " and ", b.From, "-", b.To), func(period int) bool { return period == i || period == j })
				}
			}
		}
	}
	for n := range 3 {
		t.Logf("reasoning %d: %d of %d lines are shown", n, shown[n], all[n])
		if 5*shown[n] < all[n] {
			t.Errorf("only %d of %d lines of longer periods are shown", shown[n], all[n])
		}
	}
	t.Logf("%d hidden numbers were judged, %d of them are given away by what is open in any case", asked, lost)
	if 20*lost > asked {
		t.Errorf("%d of %d", lost, asked)
	}
}

// A decision that is stopped decides nothing.
func TestADecisionCanBeStopped(t *testing.T) {
	shape := shapes[1]
	c := &Calendar{Tables: shape.tables, Stopped: func() bool { return true }}
	for range 3 {
		c.Days = append(c.Days, released(t, random(rand.New(rand.NewPCG(1, 2)), shape.sizes, 2, 40), shape.tables))
	}
	if _, err := c.Decide(0, 3); !errors.Is(err, ErrStopped) {
		t.Errorf("%v", err)
	}
}
