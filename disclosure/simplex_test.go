// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// enumerate gives the largest objective over all whole values, by trying all.
func enumerate(upper []int64, equations []equation, objective []int64) (best int64, found bool) {
	values := make([]int64, len(upper))
	var try func(i int)
	try = func(i int) {
		if i < len(values) {
			for values[i] = 0; values[i] <= upper[i]; values[i]++ {
				try(i + 1)
			}
			return
		}
		for _, e := range equations {
			sum := int64(0)
			for _, t := range e.terms {
				sum += t.times * values[t.variable]
			}
			if sum != e.equals {
				return
			}
		}
		sum := int64(0)
		for j, c := range objective {
			sum += c * values[j]
		}
		if !found || sum > best {
			best, found = sum, true
		}
	}
	try(0)
	return best, found
}

// Programs of sums over two dimensions have whole solutions: there the method
// must find what trying all finds.
func TestSimplexAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		rows, cols := 2+r.IntN(2), 2
		upper := make([]int64, rows*cols)
		truth := make([]int64, len(upper))
		objective := make([]int64, len(upper))
		for j := range upper {
			upper[j] = int64(r.IntN(5))
			truth[j] = int64(r.IntN(int(upper[j]) + 1))
			objective[j] = int64(r.IntN(7) - 3)
		}
		var equations []equation
		sum := func(in func(j int) bool) {
			e := equation{}
			for j := range upper {
				if in(j) {
					e.terms = append(e.terms, term{j, 1})
					e.equals += truth[j]
				}
			}
			if r.IntN(4) > 0 {
				equations = append(equations, e)
			}
		}
		for i := range rows {
			sum(func(j int) bool { return j/cols == i })
		}
		for k := range cols {
			sum(func(j int) bool { return j%cols == k })
		}
		if r.IntN(10) == 0 && len(equations) > 0 {
			equations[0].equals += int64(r.IntN(9) - 4)
		}
		want, possible := enumerate(upper, equations, objective)
		p, err := newProgram(upper, equations)
		if !possible {
			if !errors.Is(err, errInfeasible) {
				t.Fatalf("%v within %v: no error for what cannot be", equations, upper)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%v within %v: %v", equations, upper, err)
		}
		for range 2 { // a program answers again
			if got, err := p.maximise(objective); err != nil || got != want {
				t.Fatalf("%v over %v within %v: %d, %v; trying all finds %d", objective, equations, upper, got, err, want)
			}
		}
		check(t, upper, equations, objective, p.values(), want)
	}
}

func check(t *testing.T, upper []int64, equations []equation, objective, values []int64, want int64) {
	t.Helper()
	got := int64(0)
	for j, v := range values {
		if v < 0 || v > upper[j] {
			t.Fatalf("variable %d is %d, its bound %d", j, v, upper[j])
		}
		got += objective[j] * v
	}
	for _, e := range equations {
		sum := int64(0)
		for _, x := range e.terms {
			sum += x.times * values[x.variable]
		}
		if sum != e.equals {
			t.Fatalf("the values %v do not satisfy %v", values, e)
		}
	}
	if got != want {
		t.Fatalf("the values %v give %d, not %d", values, got, want)
	}
}

func TestSimplexBounds(t *testing.T) {
	p, err := newProgram([]int64{free, free}, []equation{{[]term{{0, 1}, {1, -1}}, 3}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.maximise([]int64{1, 0}); !errors.Is(err, errUnbounded) {
		t.Errorf("no bound: %v", err)
	}
	if got, err := p.maximise([]int64{-1, 0}); err != nil || got != -3 {
		t.Errorf("least is %d, %v, want 3", -got, err)
	}
	// A half is rounded to the narrow side.
	if p, err = newProgram([]int64{free, free}, []equation{{[]term{{0, 2}, {1, 2}}, 5}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := p.maximise([]int64{1, 0}); got != 2 {
		t.Errorf("most is %d, want 2", got)
	}
	if got, _ := p.maximise([]int64{-1, -1}); got != -3 {
		t.Errorf("least is %d, want 3", -got)
	}
	if _, err = newProgram([]int64{free, free, 5}, []equation{
		{[]term{{0, 1 << 40}, {1, 3}}, 1 << 50}, {[]term{{0, 5}, {1, 1 << 41}, {2, 1 << 39}}, 1 << 60},
	}); !errors.Is(err, errOverflow) {
		t.Errorf("beyond 64 bits: %v", err)
	}
}
