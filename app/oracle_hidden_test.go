// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// suppressed judges a table of sectors: what is shown is exact and passes the
// rules, nothing is withheld without need, and what is withheld cannot be worked
// out from all that is shown, by nobody and by none of those who contribute.
func (c *oracleCase) suppressed() {
	told := c.told()
	if oracleSized(c.f.By) && slices.ContainsFunc(c.f.Rows, func(r event.FigureRow) bool { return r.Hidden != c.f.Rows[0].Hidden }) {
		c.fault("some lines are shown and some are not: %+v", c.f.Rows)
	}
	for g, l := range c.now {
		r := told[g]
		switch {
		case r == nil:
			c.fault("%q is missing, counted are %d", g, l.Value)
		case r.Hidden:
			if r.Value != 0 || r.Rank != 0 || r.Change != nil {
				c.fault("%q is hidden and tells %+v", g, r)
			}
		case r.Value != l.Value:
			c.fault("%q is %d, counted are %d", g, r.Value, l.Value)
		case !l.open(11):
			c.fault("%q is shown: %d by %v", g, l.Value, l.Contributions)
		}
	}
	for g, r := range told {
		if c.now[g] == nil && (r.Value != 0 || r.Hidden) {
			c.fault("%q is %+v, counted are none", g, r)
		}
	}
}

// open is the rule for a line by itself: three organisations (a ministry's units are
// one) or so many participants, and the p % rule with p = 10.
func (l *oracleLine) open(participants int) bool {
	var shares []int64
	organisations := 0
	for who, n := range l.Contributions {
		if shares = append(shares, n); who != "a" {
			organisations++
		}
	}
	slices.Sort(shares)
	slices.Reverse(shares)
	shares = append(shares, 0, 0)
	return (organisations >= 3 || len(l.Participants) >= participants) && 10*(l.Value-shares[0]-shares[1]) >= shares[0]
}

// oracleDay is what everybody sees of one day: lines by sector and kind, and their
// margins by sector; the margins by kind and the total are open in any case.
type oracleDay struct {
	cells, rows             map[string]*oracleLine // by "sector kind", by "sector"
	hiddenCells, hiddenRows map[string]bool
}

// oracleHiddenIn takes in which lines of a table are withheld.
func oracleHiddenIn(f *event.Figure) map[string]bool {
	out := map[string]bool{}
	for _, r := range f.Rows {
		if r.Hidden {
			out[strings.Join(r.Group, " ")] = true
		}
	}
	return out
}

// lower is the least that a cell may be in somebody's eyes: 1, or what is his own.
func (d *oracleDay) lower(cell, who string) int64 {
	return min(d.cells[cell].Value, max(1, d.cells[cell].Contributions[who]))
}

// edges are how far numbers can move without anything shown moving: from node to
// node of a graph whose nodes are sectors, kinds, and "*", through which the hidden
// margins exchange. A step from a sector to a kind raises their cell, one back
// lowers it.
func (d *oracleDay) edges(who string) map[[2]string]int64 {
	const endless = int64(1) << 40
	out := map[[2]string]int64{}
	for cell, l := range d.cells {
		if !d.hiddenCells[cell] {
			continue
		}
		sector, kind, _ := strings.Cut(cell, " ")
		out[[2]string{"s " + sector, "k " + kind}] = endless
		out[[2]string{"k " + kind, "s " + sector}] = l.Value - d.lower(cell, who)
	}
	for sector := range d.hiddenRows {
		out[[2]string{"s " + sector, "*"}], out[[2]string{"*", "s " + sector}] = endless, endless
	}
	return out
}

// flow is how much can move from one node to another (Ford and Fulkerson).
func flow(edges map[[2]string]int64, from, to string) (sum int64) {
	for {
		back := map[string]string{from: from}
		queue := []string{from}
		for len(queue) > 0 && back[to] == "" {
			at := queue[0]
			queue = queue[1:]
			for e, n := range edges {
				if e[0] == at && n > 0 && back[e[1]] == "" {
					back[e[1]] = at
					queue = append(queue, e[1])
				}
			}
		}
		if back[to] == "" {
			return sum
		}
		least := int64(1) << 40
		for at := to; at != from; at = back[at] {
			least = min(least, edges[[2]string{back[at], at}])
		}
		for at := to; at != from; at = back[at] {
			edges[[2]string{back[at], at}] -= least
			edges[[2]string{at, back[at]}] += least
		}
		if sum += least; sum >= 1<<40 {
			return sum
		}
	}
}

// moves is by how much a hidden line can rise and fall in somebody's eyes.
func (d *oracleDay) moves(line string, row bool, who string) (rise, fall int64) {
	a, b := "*", "s "+line // a margin rises from "*" to its sector
	if !row {
		sector, kind, _ := strings.Cut(line, " ")
		a, b = "s "+sector, "k "+kind
	}
	up, down := d.edges(who), d.edges(who)
	room := down[[2]string{b, a}]
	for _, edges := range []map[[2]string]int64{up, down} {
		delete(edges, [2]string{a, b})
		delete(edges, [2]string{b, a})
	}
	if rise, fall = flow(up, b, a), flow(down, a, b); !row {
		fall = min(fall, room)
	}
	return rise, fall
}

// safe lists what somebody can tell too closely of a hidden line that fails the
// rules: the line, or the largest part in it that is not his, to a tenth.
func (d *oracleDay) safe(line string, l *oracleLine, row bool) (faults []string) {
	for _, who := range []string{"", "b", "c", "d", "e", "f", "g"} {
		var most int64
		for other, n := range l.Contributions {
			if other != who {
				most = max(most, n)
			}
		}
		own := l.Contributions[who]
		if most == 0 && own > 0 {
			continue // all of it is his
		}
		margin := max(1, (most+9)/10)
		rise, fall := d.moves(line, row, who)
		if l.Value+rise < own+most+margin || l.Value-fall > max(1, l.Value-margin) {
			faults = append(faults, who+" can tell "+line)
		}
	}
	return faults
}

// hiddenDay judges both tables of a day together: what is withheld in one must not
// follow from the other.
func (w *oracleWorld) hiddenDay(sectors, cells *event.Figure) (withheld int, faults []string) {
	d := &oracleDay{hiddenRows: oracleHiddenIn(sectors), hiddenCells: oracleHiddenIn(cells)}
	from, to := sectors.Period.From.Std(), sectors.Period.To.Std()
	d.rows = w.events("attacks", "world", []string{"sector"}, from, to)
	d.cells = w.events("attacks", "world", []string{"sector", "kind"}, from, to)
	withheld = len(d.hiddenRows) + len(d.hiddenCells)
	need := false
	for row, lines := range map[bool]map[string]*oracleLine{true: d.rows, false: d.cells} {
		for g, l := range lines {
			if !l.open(11) {
				faults = append(faults, d.safe(g, l, row)...)
			}
			need = need || !l.open(1<<30) // eleven participants may open a line, and need not
		}
	}
	switch {
	case !need && withheld > 0:
		return withheld, []string{"lines are withheld without need"}
	case withheld == len(d.rows)+len(d.cells): // more cannot be withheld
		return withheld, nil
	}
	return withheld, faults
}

// What is withheld of sectors cannot be worked out from what is shown, by another
// method than the one that chose it: flows through the table instead of linear
// programming.
func TestWithheldSectorsStayHidden(t *testing.T) {
	for seed := range uint64(2) {
		a, w := oracleObservatory(t, rand.New(rand.NewPCG(seed, 11)))
		days, partly := 0, 0
		for back := range 60 {
			day := w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly)
			var f [2]event.Figure
			open := true
			for i, by := range [][]string{{"sector"}, {"sector", "kind"}} {
				r, err := oracleAnswer(t, a, event.FigureQuery{Figure: "attacks", By: by, Period: day})
				if open = open && err == nil; err == nil {
					f[i] = r.Value()
				}
			}
			if !open {
				continue
			}
			days++
			withheld, faults := w.hiddenDay(&f[0], &f[1])
			if withheld > 0 && withheld < len(f[0].Rows)+len(f[1].Rows) {
				partly++
			}
			for _, fault := range faults {
				t.Errorf("%s: %s, of %+v and %+v", day, fault, f[0].Rows, f[1].Rows)
			}
		}
		stop(t, a)
		if days < 50 || partly < 10 {
			t.Errorf("%d days, %d of them withheld in part", days, partly)
		}
	}
}

// A line alone in its kind is no secret, four in a square are one, and who knows
// two of them knows more.
func TestFlowsTellWhatIsHidden(t *testing.T) {
	d := &oracleDay{cells: map[string]*oracleLine{}, hiddenCells: map[string]bool{"a x": true}, hiddenRows: map[string]bool{}}
	for cell, n := range map[string]int64{"a x": 5, "a y": 7, "b x": 9, "b y": 3} {
		d.cells[cell] = &oracleLine{Value: n, Contributions: map[string]int64{"g": n - 1}}
	}
	if rise, fall := d.moves("a x", false, ""); rise != 0 || fall != 0 {
		t.Errorf("alone: %d, %d", rise, fall)
	}
	d.hiddenRows["a"] = true // which follows from the total
	if rise, fall := d.moves("a x", false, ""); rise != 0 || fall != 0 {
		t.Errorf("with its margin: %d, %d", rise, fall)
	}
	for cell := range d.cells {
		d.hiddenCells[cell] = true
	}
	delete(d.hiddenRows, "a")
	if rise, fall := d.moves("a x", false, ""); rise != 6 || fall != 2 { // until "a y" is 1; until "b y" … "a x" is 3 below
		t.Errorf("in a square: %d, %d", rise, fall)
	}
	if rise, fall := d.moves("a x", false, "g"); rise != 1 || fall != 1 {
		t.Errorf("for one who has nearly all: %d, %d", rise, fall)
	}
	d.hiddenRows = map[string]bool{"a": true, "b": true}
	if rise, fall := d.moves("a", true, ""); rise != 10 || fall != 10 {
		t.Errorf("both margins hidden: %d, %d", rise, fall)
	}
}
