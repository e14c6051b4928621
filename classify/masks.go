// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// Contribution is a cell of the finest protected table and who contributes to it.
// Unit 0 stands for those known without an organisation.
type Contribution struct {
	Sector, Kind string
	Band         string `json:",omitempty"` // of the attacked organisation; "" where sectors are added up
	Events       int64
	Units        map[uint32]int64
}

// protectedTables are the protected tables of attacks, as the lattice declares them,
// and those they overlap with: the margins without a protected dimension are open in
// any case. These are taken to be known exactly, which they are not quite: attacks on
// nobody's sector are in the published ones.
var protectedTables, protectedDims = protectedOf(attackTables)

// protectedOf gives the protected tables among declared ones first, then their
// margins, all by the dimensions that come in protected tables.
func protectedOf(declared []table) (out []disclosure.Table, dims []string) {
	for _, t := range declared {
		for _, d := range t.by {
			if t.protected && !t.sized && !slices.Contains(dims, d) {
				dims = append(dims, d)
			}
		}
	}
	for _, protected := range []bool{true, false} {
		for _, t := range declared {
			if t.protected != protected || t.sized || slices.ContainsFunc(t.by, func(d string) bool { return !slices.Contains(dims, d) }) {
				continue
			}
			of := disclosure.Table{Dims: []int{}, Open: !protected}
			for _, d := range t.by {
				of.Dims = append(of.Dims, slices.Index(dims, d))
			}
			out = append(out, of)
		}
	}
	return out, dims
}

// mask says which lines of the tables of one period are shown. It is made once,
// when the period is final, and holds for all revisions: what it does not name is
// hidden.
type mask struct {
	Shown [][]string `json:"shown"` // groups, by table
	// Of longer periods: what is hidden because it fails the rules, how the year was
	// cut into blocks, and what the decision rested on.
	Own  [][]string `json:"own,omitempty"`
	Cuts []int      `json:"cuts,omitempty"`
	Sum  string     `json:"sum,omitempty"`
}

// tables are the protected tables of one period: their numbers, and what may be seen.
type tables struct {
	rows   []disclosure.Row
	system *disclosure.System
	keys   []disclosure.Key
	hidden []bool
}

func maskKey(from, to event.Time) string {
	return fmt.Sprintf("%s%d-%d", maskNote, from.Std().Unix(), to.Std().Unix())
}

// tables counts a final period and finds what of it is shown.
func (g *Gate) tables(p figure.Period) (*tables, error) {
	if p.Kind != figure.Day {
		return g.longTables(p)
	}
	_, t, err := g.dayTables(p)
	return t, err
}

// dayTables is the same of a day, with what it is counted from. A day of which
// nothing was known when a longer period was decided stays hidden.
func (g *Gate) dayTables(p figure.Period) ([]Contribution, *tables, error) {
	parts, err := g.parts(p)
	if err != nil {
		return nil, nil, err
	}
	parts = bySector(parts)
	t, err := g.dayTablesOf(p, parts)
	return parts, t, err
}

// parts counts a period for protected tables.
func (g *Gate) parts(p figure.Period) ([]Contribution, error) {
	parts, whole, err := g.lattice.Sectors(event.TimeOf(p.From), event.TimeOf(p.To))
	if err == nil && !whole {
		err = gone(p)
	}
	return parts, err
}

// bySector adds up the cells of a sector and kind.
func bySector(parts []Contribution) (out []Contribution) {
	at := map[[2]string]int{}
	for _, c := range parts {
		k := [2]string{c.Sector, c.Kind}
		i, ok := at[k]
		if c.Band = ""; !ok {
			at[k] = len(out)
			c.Units = maps.Clone(c.Units)
			out = append(out, c)
			continue
		}
		out[i].Events += c.Events
		if out[i].Units == nil && len(c.Units) > 0 {
			out[i].Units = map[uint32]int64{}
		}
		addUnits(out[i].Units, c.Units)
	}
	return out
}

// dayTablesOf is dayTables of what a day is counted from.
func (g *Gate) dayTablesOf(p figure.Period, parts []Contribution) (*tables, error) {
	from, to := event.TimeOf(p.From), event.TimeOf(p.To)
	t := tabulate(parts)
	if len(t.keys) == 0 {
		return t, nil
	}
	g.settling.Lock()
	defer g.settling.Unlock()
	key, sum := maskKey(from, to), sumOf(parts)
	if known, ok := g.masked[key]; ok && known.sum == sum {
		t.hidden = known.hidden
		return t, nil
	}
	var m mask
	ok, err := g.noted(key, &m)
	if err != nil {
		return nil, err
	}
	if ok {
		t.keep(m)
	} else if g.covered(p) {
		t.hidden = t.nothing()
	} else if t.hidden, _, err = t.system.Suppress(); err != nil {
		t.hidden = t.nothing() // too large to be checked
	}
	if !ok {
		if err := g.note(key, t.mask()); err != nil {
			return nil, err
		}
	}
	if g.masked == nil || len(g.masked) > maxMasked {
		g.masked = map[string]maskedTables{}
	}
	g.masked[key] = maskedTables{sum, t.hidden}
	return t, nil
}

// maxMasked is of how many periods it is remembered what is hidden.
const maxMasked = 1000

// maskedTables remembers what is hidden of numbers that are told apart by a sum.
type maskedTables struct {
	sum    [32]byte
	hidden []bool
}

// tabulate makes the tables of a period; the order of its parts is of no account.
func tabulate(parts []Contribution) *tables {
	sortParts(parts)
	rows := make([]disclosure.Row, 0, len(parts))
	for _, p := range parts {
		if p.Sector == "" {
			continue
		}
		r := disclosure.Row{Group: p.group(), Atom: disclosure.Atom{Value: p.Events}}
		for unit, n := range p.Units {
			r.Shares = append(r.Shares, disclosure.Share{Unit: unit, Value: n})
		}
		slices.SortFunc(r.Shares, func(a, b disclosure.Share) int { return cmp.Compare(a.Unit, b.Unit) })
		rows = append(rows, r)
	}
	t := &tables{rows: rows}
	t.system, t.keys = disclosure.Cross(rows, protectedTables)
	t.hidden = t.nothing()
	return t
}

func sortParts(parts []Contribution) {
	slices.SortFunc(parts, func(a, b Contribution) int {
		return cmp.Or(cmp.Compare(a.Sector, b.Sector), cmp.Compare(a.Kind, b.Kind))
	})
}

func sumOf(parts any) [32]byte {
	raw, err := json.Marshal(parts) // keys of maps are sorted
	if err != nil {
		panic(err) // numbers and strings
	}
	return sha256.Sum256(raw)
}

// group gives a cell's values of protectedDims.
func (c *Contribution) group() (out []string) {
	for _, d := range protectedDims {
		out = append(out, map[string]string{"sector": c.Sector, "kind": c.Kind}[d])
	}
	return out
}

func (t *tables) mask() (m mask) {
	m.Shown = make([][]string, len(protectedTables))
	for i, k := range t.keys {
		if t.system.Cells[i].State == disclosure.Free && !t.hidden[i] {
			m.Shown[k.Table] = append(m.Shown[k.Table], k.Group)
		}
	}
	return m
}

// keep hides what a mask does not show. Late records may have made a line that is
// shown fail the rules, or what is hidden too easy to work out: then nothing of the
// revised tables is shown.
func (t *tables) keep(m mask) {
	t.hidden = t.beside(m)
	if faults, err := t.system.Check(t.hidden); err != nil || len(faults) > 0 && !slices.Equal(t.hidden, t.nothing()) {
		t.hidden = t.nothing()
	}
}

// beside hides what a mask does not show.
func (t *tables) beside(m mask) []bool {
	out := make([]bool, len(t.keys))
	for i, k := range t.keys {
		out[i] = t.system.Cells[i].State == disclosure.Free && (k.Table >= len(m.Shown) || !slices.Contains(m.Shown[k.Table], k.Group))
	}
	return out
}

// nothing hides all lines.
func (t *tables) nothing() []bool {
	out := make([]bool, len(t.keys))
	for i := range out {
		out[i] = t.system.Cells[i].State == disclosure.Free
	}
	return out
}

// lines gives one of the tables, its groups in the order asked for.
func (t *tables) lines(by []string) lines {
	var out lines
	for i, k := range t.keys {
		dims := protectedTables[k.Table].Dims
		if protectedTables[k.Table].Open || len(dims) != len(by) {
			continue
		}
		parts := disclosure.Split(k.Group)
		group := make([]string, len(by))
		for at, d := range by {
			group[at] = parts[slices.Index(protectedDims, d)]
		}
		l := line{group: group, hidden: t.hidden[i]}
		if !l.hidden {
			l.value = t.system.Value(i)
		}
		out = append(out, l)
	}
	return out
}

// releasedDay is the newest local day whose sectors are released.
type releasedDay struct {
	day   event.Time
	lines []event.Count
	at    time.Time
}

// settleDays is how many final days back a mask is made that is still missing,
// and settleEvery how often it is looked for.
const (
	settleDays  = 8
	settleEvery = time.Minute
)

// Settle decides about the protected tables of days that have become final, and
// makes ready what everybody sees of the newest.
func (g *Gate) Settle() error {
	if g.lattice.Sectors == nil {
		return nil
	}
	now := g.lattice.Now().In(g.lattice.Zone)
	passed, err := g.passed()
	if err != nil {
		return err
	}
	next := &releasedDay{day: event.TimeUnset, at: now}
	for back := range settleDays + 3 {
		p := figure.Containing(figure.Day, now.AddDate(0, 0, -back))
		if figure.StatusOf(p, now, passed, 1) == event.FigureProvisional {
			continue
		}
		from, to := event.TimeOf(p.From), event.TimeOf(p.To)
		if _, made := g.lattice.Notes.Get(maskKey(from, to)); made && next.day.IsSet() {
			continue
		}
		t, err := g.tables(p)
		if err != nil {
			return err
		}
		if !next.day.IsSet() && len(t.keys) > 0 {
			next.day, next.lines = from, t.counts()
		}
	}
	g.released.Store(next)
	return nil
}

// counts gives the sectors as the picture lists them: hidden ones last in the
// order of their names, so that their place says nothing.
func (t *tables) counts() (out []event.Count) {
	for _, l := range t.lines(protectedDims[:1]) {
		out = append(out, event.Count{Key: l.group[0], Events: l.value, Hidden: l.hidden})
	}
	slices.SortFunc(out, func(a, b event.Count) int {
		return cmp.Or(compareBool(a.Hidden, b.Hidden), cmp.Compare(b.Events, a.Events), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// sectorsReleased gives the sectors of the newest released day.
func (g *Gate) sectorsReleased() ([]event.Count, event.Time) {
	last := g.released.Load()
	if g.lattice.Now != nil && (last == nil || g.lattice.Now().Sub(last.at) >= settleEvery) {
		if err := g.Settle(); err != nil {
			return nil, event.TimeUnset // what cannot be decided is not shown
		}
		last = g.released.Load()
	}
	if last == nil {
		return nil, event.TimeUnset
	}
	return last.lines, last.day
}
