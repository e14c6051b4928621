// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"cmp"
	"errors"
	"maps"
	"slices"
)

// Day is a day's tables as they were released.
type Day struct {
	Rows  []Row
	Shown map[Key]bool // lines of protected tables
}

// Span is a longer period of whole days, and what is decided of it. What neither
// names is hidden for the sake of others.
type Span struct {
	From, To int          // numbers of days, To exclusive
	Shown    map[Key]bool // lines that are published
	Own      map[Key]bool // lines that are hidden because they fail the rules
	Cuts     []int        // where the year so far was cut into blocks
}

// Calendar is the days and longer periods of one year. All that is published of
// them is known together: periods that overlap are subtracted from each other.
type Calendar struct {
	Tables []Table
	Days   []Day
	Spans  []Span // decided, in this order

	// Most is about how many unknown numbers it is reasoned together; 0 is
	// MostUnknown. Days are taken together in blocks, and everything that is shown of
	// a longer period is taken to be known of each block of it: more is hidden than
	// need be, and none too little. Later decisions join blocks and never cut one, so
	// that what was found safe stays so.
	Most int
	// Stopped is asked now and then, if set: where it is true nothing is decided.
	Stopped func() bool

	lines map[Key]*track
	parts [][]atomAt // by day
}

// MostUnknown bounds what one decision takes: a dense tableau of so many columns.
const MostUnknown = 150

// track is one line through the days.
type track struct{ days [][]int } // by day: which of its rows

type atomAt struct {
	Atom
	told bool // shown by itself
}

// prepare finds which rows make which lines, and what is told.
func (c *Calendar) prepare() {
	if c.lines != nil {
		return
	}
	c.lines, c.parts = map[Key]*track{}, make([][]atomAt, len(c.Days))
	for d := range c.Days {
		c.parts[d] = make([]atomAt, len(c.Days[d].Rows))
		alone := make([]map[Key]bool, len(c.Days[d].Rows))
		many := map[Key]int{}
		for i := range c.Days[d].Rows {
			row := &c.Days[d].Rows[i]
			c.parts[d][i].Atom, alone[i] = row.Atom, map[Key]bool{}
			if row.Value <= 0 {
				continue
			}
			for t := range c.Tables {
				key := c.key(t, row)
				many[key]++
				alone[i][key] = true
				if c.lines[key] == nil {
					c.lines[key] = &track{make([][]int, len(c.Days))}
				}
				c.lines[key].days[d] = append(c.lines[key].days[d], i)
			}
		}
		for i, keys := range alone {
			for key := range keys {
				c.parts[d][i].told = c.parts[d][i].told || many[key] == 1 && c.shown(d, key)
			}
		}
	}
}

func (c *Calendar) key(table int, row *Row) Key {
	group := make([]string, len(c.Tables[table].Dims))
	for i, d := range c.Tables[table].Dims {
		group[i] = row.Group[d]
	}
	return Key{table, Join(group)}
}

// shown reports whether a day's line is known to everybody; margins always are.
func (c *Calendar) shown(day int, key Key) bool {
	return c.Tables[key.Table].Open || c.Days[day].Shown[key]
}

// sum gives the atoms of a line in days [from, to); unknown leaves out what is
// shown of single days.
func (c *Calendar) sum(key Key, from, to int, unknown bool) (atoms []Atom) {
	t := c.lines[key]
	for d := from; d < to && t != nil; d++ {
		if unknown && c.shown(d, key) {
			continue
		}
		for _, i := range t.days[d] {
			if a := &c.parts[d][i]; !unknown || !a.told {
				atoms = append(atoms, a.Atom)
			}
		}
	}
	return atoms
}

// passes reports whether a sum of atoms may be published by itself.
func passes(atoms []Atom) bool {
	s := System{Atoms: atoms, Cells: []Cell{{Atoms: make([]int, len(atoms))}}}
	for i := range atoms {
		s.Cells[0].Atoms[i] = i
	}
	return len(atoms) == 0 || s.safe(&s.Cells[0])
}

// Decide says which lines of a period of days [from, to) are shown, after all that
// is decided. A line is a candidate where it passes the rules and so does all that
// it reveals, together with what is published, of hidden days. Of these, linear
// programs over the days and all decided periods leave out what gives hidden
// numbers away. What open margins give away by themselves cannot be helped. The error
// is ErrStopped.
func (c *Calendar) Decide(from, to int) (Span, error) {
	c.prepare()
	s := Span{From: from, To: to, Shown: map[Key]bool{}, Own: map[Key]bool{}, Cuts: c.cuts(to)}
	for key, t := range c.lines {
		if c.Tables[key.Table].Open || !t.any(from, to) {
			continue
		}
		switch {
		case !passes(c.sum(key, from, to, false)):
			s.Own[key] = true
		case c.reveals(key, from, to):
			s.Shown[key] = true
		}
	}
	for _, days := range s.blocks() {
		x := c.system(days, &s)
		hidden, safe, err := x.all(), false, x.lose()
		if err == nil {
			hidden, safe, err = x.Suppress()
		}
		if errors.Is(err, ErrStopped) {
			return s, err
		}
		if err != nil || !safe {
			clear(s.Shown) // too large to be told
			break
		}
		for i, key := range x.of {
			if hidden[i] && x.Cells[i].State == Cleared {
				delete(s.Shown, key)
			}
		}
	}
	return s, nil
}

// lose takes out of the judgement what is given away already, whatever becomes of
// the period in question.
func (s *System) lose() error {
	faults, err := s.check(s.all(), false)
	for _, f := range faults {
		s.Cells[f.Cell].State = Lost
	}
	return err
}

// Holds reports whether a decided period may still show what it shows beside all
// others: late records change numbers.
func (c *Calendar) Holds(span int) bool {
	s, rest := c.Spans[span], *c
	rest.Spans = slices.Delete(slices.Clone(c.Spans), span, span+1)
	rest.prepare()
	for key := range s.Shown {
		if !passes(rest.sum(key, s.From, s.To, false)) || !rest.reveals(key, s.From, s.To) {
			return false
		}
	}
	s.Cuts = rest.cuts(s.To)
	for _, days := range s.blocks() {
		x := rest.system(days, &s)
		if x.lose() != nil {
			return false
		}
		hidden := make([]bool, len(x.Cells))
		for i := range x.Cells {
			hidden[i] = x.Cells[i].away()
		}
		if faults, err := x.check(hidden, true); err != nil || len(faults) > 0 {
			return false
		}
	}
	return true
}

func (t *track) any(from, to int) bool {
	return slices.ContainsFunc(t.days[from:to], func(rows []int) bool { return len(rows) > 0 })
}

// cuts cuts the year up to a day into blocks: those of the last decision, joined as
// far as they are small enough, and the days since.
func (c *Calendar) cuts(to int) []int {
	old := []int{0}
	if n := len(c.Spans); n > 0 {
		old = slices.Clone(c.Spans[n-1].Cuts)
	}
	for d := old[len(old)-1] + 1; d <= to; d++ {
		old = append(old, d)
	}
	most, out, n := cmp.Or(c.Most, MostUnknown), []int{0}, 0
	for i := range old[1:] {
		unknown := c.unknown(old[i], old[i+1])
		if n > 0 && n+unknown > most {
			out, n = append(out, old[i]), 0
		}
		n += unknown
	}
	return append(out, old[len(old)-1])
}

// Unknown counts the numbers of some days that are not shown.
func (c *Calendar) Unknown(from, to int) int {
	c.prepare()
	return c.unknown(from, to)
}

func (c *Calendar) unknown(from, to int) (n int) {
	for d := from; d < to; d++ {
		for i := range c.parts[d] {
			if a := &c.parts[d][i]; a.Value > 0 && !a.told {
				n++
			}
		}
	}
	return n
}

// blocks gives the blocks that a period has a part in.
func (s *Span) blocks() (out [][2]int) {
	for i := range s.Cuts[1:] {
		at := [2]int{s.Cuts[i], s.Cuts[i+1]}
		if _, ok := s.within(at); ok {
			out = append(out, at)
		}
	}
	return out
}

// block is the system of some days, and which lines its cells are of.
type block struct {
	System
	of []Key
}

// system makes what is known of a block: the lines of its days, and the sums over
// them that longer periods show. The period in question may hide its own.
func (c *Calendar) system(days [2]int, s *Span) *block {
	x, first := &block{System: System{Stopped: c.Stopped}}, make([]int, days[1]-days[0])
	for d := days[0]; d < days[1]; d++ {
		first[d-days[0]] = len(x.Atoms)
		for i := range c.parts[d] {
			x.Atoms = append(x.Atoms, c.parts[d][i].Atom)
		}
	}
	keys := slices.SortedFunc(maps.Keys(c.lines), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Group, b.Group))
	})
	for _, key := range keys {
		for _, l := range c.said(key, days, s) {
			cell := Cell{State: l.state}
			for _, d := range l.days {
				for _, i := range c.lines[key].days[d] {
					cell.Atoms = append(cell.Atoms, first[d-days[0]]+i)
				}
			}
			if len(cell.Atoms) > 0 {
				x.Cells, x.of = append(x.Cells, cell), append(x.of, key)
			}
		}
	}
	return x
}

// said is one sum of a line over days, and what is to become of it.
type said struct {
	days  []int
	state State
}

// said lists what is known, asked and to be protected of a line in a block. Of what
// a period hides for its own sake, the part is to be protected that no published
// period within it tells.
func (c *Calendar) said(key Key, days [2]int, s *Span) (out []said) {
	for d := days[0]; d < days[1]; d++ {
		state := Hidden
		if c.shown(d, key) {
			state = Open
		}
		out = append(out, said{[]int{d}, state})
	}
	if c.Tables[key.Table].Open {
		return out
	}
	once := map[[2]int]bool{}
	for i := range c.Spans {
		if at, ok := c.Spans[i].within(days); ok && c.Spans[i].Shown[key] && !once[at] {
			once[at] = true
			out = append(out, said{span(at), Open})
		}
	}
	if at, ok := s.within(days); ok && s.Shown[key] && !once[at] {
		out = append(out, said{span(at), Cleared})
	}
	for _, o := range append([]Span{*s}, c.Spans...) {
		if at, ok := o.within(days); ok && o.Own[key] {
			out = append(out, said{slices.DeleteFunc(span(at), func(d int) bool { return c.told(key, d, &o) }), Hidden})
		}
	}
	return out
}

// told reports whether a day, or a published period within a longer one that the day
// lies in, is known.
func (c *Calendar) told(key Key, day int, in *Span) bool {
	return c.shown(day, key) || slices.ContainsFunc(c.Spans, func(s Span) bool {
		return s.Shown[key] && s.From <= day && day < s.To && in.From <= s.From && s.To <= in.To
	})
}

// within gives the days that a period shares with a block.
func (s *Span) within(days [2]int) (at [2]int, ok bool) {
	at = [2]int{max(days[0], s.From), min(days[1], s.To)}
	return at, at[0] < at[1]
}

func span(at [2]int) (out []int) {
	for d := at[0]; d < at[1]; d++ {
		out = append(out, d)
	}
	return out
}
