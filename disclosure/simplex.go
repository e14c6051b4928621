// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"errors"
	"math/bits"
)

// Linear programs in whole numbers: the simplex method with bounded variables
// (Dantzig, "Upper bounds, secondary constraints and block triangularity in linear
// programming", 1955), integer pivoting (Edmonds and Maurras, 1997) and, where
// it stands still, Bland's rule. There are no tolerances: an interval is as wide as it says.

var (
	errOverflow   = errors.New("disclosure: a linear program needs larger numbers than 64 bits; its table is to be hidden as a whole")
	errInfeasible = errors.New("disclosure: a linear program has no solution: its numbers contradict each other")
	errUnbounded  = errors.New("disclosure: a linear program has no bound")
)

// free is the upper bound of a variable that has none.
const free = -1

// program is a tableau: den · x_basic + Σ rows · x_others = rhs, all variables
// from 0 to upper. A variable that stands at its upper bound is flipped: it is
// counted from there.
type program struct {
	n       int // variables of the caller; those after them are the rows' own
	upper   []int64
	flipped []bool
	basis   []int // variable of a row
	others  []int // variable of a column
	rows    [][]int64
	rhs     []int64
	cost    []int64 // reduced, of columns
	gain    int64   // den · objective
	den     int64
	over    bool
	touched []int // of pivot
}

// term is one coefficient of an equation.
type term struct {
	variable int
	times    int64
}

// equation is Σ times · variable = equals.
type equation struct {
	terms  []term
	equals int64
}

// newProgram finds values of n variables within 0 and upper that satisfy the
// equations.
func newProgram(upper []int64, equations []equation) (*program, error) {
	n, m := len(upper), len(equations)
	p := &program{
		n: n, upper: append(append(make([]int64, 0, n+m), upper...), make([]int64, m)...), flipped: make([]bool, n+m),
		basis: make([]int, m), others: make([]int, n), rows: make([][]int64, m), rhs: make([]int64, m), cost: make([]int64, n), den: 1,
	}
	for j := range n {
		p.others[j] = j
	}
	for i, e := range equations {
		sign := int64(1)
		if e.equals < 0 {
			sign = -1
		}
		p.basis[i], p.upper[n+i], p.rows[i], p.rhs[i] = n+i, free, make([]int64, n), sign*e.equals
		for _, t := range e.terms {
			p.rows[i][t.variable] += sign * t.times
		}
	}
	own := make([]int64, n+m)
	for i := range m {
		own[n+i] = -1
	}
	if best, err := p.maximise(own); err != nil {
		return nil, err
	} else if best != 0 {
		return nil, errInfeasible
	}
	for i := range m {
		p.upper[n+i] = 0
	}
	return p, nil
}

// maximise gives the largest Σ objective · variable, rounded down.
func (p *program) maximise(objective []int64) (int64, error) {
	p.aim(objective)
	for still := 0; ; still++ {
		before, den := p.gain, p.den
		col := p.entering(still < patience)
		if col < 0 || p.over {
			break
		}
		if err := p.enter(col); err != nil {
			return 0, err
		}
		if p.gain*den != before*p.den {
			still = 0
		}
	}
	if p.over {
		return 0, errOverflow
	}
	if down := p.gain / p.den; down*p.den > p.gain {
		return down - 1, nil
	} else {
		return down, nil
	}
}

// aim works out the reduced costs of an objective.
func (p *program) aim(objective []int64) {
	of := func(v int) int64 {
		if v < len(objective) {
			return objective[v]
		}
		return 0
	}
	p.gain = 0
	at := func(v int) int64 {
		if p.flipped[v] {
			p.gain = p.plus(p.gain, p.times(p.times(of(v), p.upper[v]), p.den))
			return -of(v)
		}
		return of(v)
	}
	for j, v := range p.others {
		p.cost[j] = p.times(-at(v), p.den)
	}
	for i, v := range p.basis {
		c := at(v)
		if c == 0 {
			continue
		}
		p.gain = p.plus(p.gain, p.times(c, p.rhs[i]))
		for j, a := range p.rows[i] {
			if a != 0 {
				p.cost[j] = p.plus(p.cost[j], p.times(c, a))
			}
		}
	}
}

// patience is after how many steps without gain the first variable is taken
// (Bland's rule), which never turns in a circle, in the place of the steepest.
const patience = 20

// entering gives the column of a variable that improves the objective: the one
// that does most, or the first.
func (p *program) entering(most bool) int {
	best := -1
	for j, c := range p.cost {
		v := p.others[j]
		switch {
		case c >= 0 || p.upper[v] == 0:
		case best < 0, most && c < p.cost[best], !most && v < p.others[best]:
			best = j
		}
	}
	return best
}

// enter raises a column's variable until it or a basic one meets a bound.
func (p *program) enter(col int) error {
	row, atUpper := -1, false
	num, den := p.upper[p.others[col]], int64(1) // the step, as a fraction; num < 0: no bound yet
	for i, a := range p.rows {
		up, least, by := false, p.rhs[i], a[col]
		if by < 0 {
			u := p.upper[p.basis[i]]
			if u == free {
				continue
			}
			up, least, by = true, p.plus(p.times(u, p.den), -p.rhs[i]), -by
		}
		if by == 0 {
			continue
		}
		c := -1
		if num >= 0 {
			c = compare(least, by, num, den)
		}
		if c < 0 || c == 0 && row >= 0 && p.basis[i] < p.basis[row] {
			row, atUpper, num, den = i, up, least, by
		}
	}
	switch {
	case num < 0:
		return errUnbounded
	case row < 0:
		p.flipColumn(col)
		return nil
	case atUpper:
		p.flipRow(row)
	}
	p.pivot(row, col)
	return nil
}

// compare compares a/b with c/d, none of which is negative.
func compare(a, b, c, d int64) int {
	h1, l1 := bits.Mul64(uint64(a), uint64(d))
	h2, l2 := bits.Mul64(uint64(c), uint64(b))
	switch {
	case h1 < h2 || h1 == h2 && l1 < l2:
		return -1
	case h1 == h2 && l1 == l2:
		return 0
	}
	return 1
}

// flipColumn counts a column's variable from its upper bound.
func (p *program) flipColumn(col int) {
	v := p.others[col]
	for i, a := range p.rows {
		if a[col] != 0 {
			p.rhs[i] = p.plus(p.rhs[i], -p.times(a[col], p.upper[v]))
			a[col] = -a[col]
		}
	}
	p.gain = p.plus(p.gain, -p.times(p.cost[col], p.upper[v]))
	p.cost[col] = -p.cost[col]
	p.flipped[v] = !p.flipped[v]
}

// flipRow counts a basic variable from its upper bound.
func (p *program) flipRow(row int) {
	v := p.basis[row]
	for j := range p.rows[row] {
		p.rows[row][j] = -p.rows[row][j]
	}
	p.rhs[row] = p.plus(p.times(p.upper[v], p.den), -p.rhs[row])
	p.flipped[v] = !p.flipped[v]
}

// pivot exchanges a row's variable and a column's.
func (p *program) pivot(row, col int) {
	r := p.rows[row]
	piv, old := r[col], p.den
	touched := p.touched[:0] // columns that change: tables are sparse, and most pivots 1
	for j, v := range r {
		if j != col && (v != 0 || piv != old) {
			touched = append(touched, j)
		}
	}
	p.touched = touched
	for i, a := range p.rows {
		if i == row || a[col] == 0 && piv == old {
			continue
		}
		by := a[col]
		for _, j := range touched {
			a[j] = p.step(a[j], piv, by, r[j], old)
		}
		p.rhs[i] = p.step(p.rhs[i], piv, by, p.rhs[row], old)
		a[col] = -by
	}
	by := p.cost[col]
	for _, j := range touched {
		p.cost[j] = p.step(p.cost[j], piv, by, r[j], old)
	}
	p.gain = p.step(p.gain, piv, by, p.rhs[row], old)
	p.cost[col] = -by
	r[col], p.den = old, piv
	p.basis[row], p.others[col] = p.others[col], p.basis[row]
}

// step is (x·piv − by·y) / old, which is whole.
func (p *program) step(x, piv, by, y, old int64) int64 {
	if by == 0 || y == 0 {
		if piv == old {
			return x
		}
		return p.times(x, piv) / old
	}
	return p.plus(p.times(x, piv), -p.times(by, y)) / old
}

func (p *program) times(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	c := a * b
	if c/b != a || a == -1<<63 || b == -1<<63 {
		p.over = true
		return 0
	}
	return c
}

func (p *program) plus(a, b int64) int64 {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		p.over = true
		return 0
	}
	return c
}

// values gives the variables' values, rounded down.
func (p *program) values() []int64 {
	out := make([]int64, p.n)
	for v := range out {
		if p.flipped[v] {
			out[v] = p.upper[v]
		}
	}
	for i, v := range p.basis {
		switch {
		case v >= p.n:
		case p.flipped[v]:
			out[v] = p.upper[v] - p.rhs[i]/p.den
		default:
			out[v] = p.rhs[i] / p.den
		}
	}
	return out
}
