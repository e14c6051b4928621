// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestRule(t *testing.T) {
	for _, c := range []struct {
		name                        string
		value                       int64
		organisations, participants int
		first, second               int64
		want                        bool
	}{
		{"three that hide each other", 210, 3, 0, 100, 100, true},
		{"p % just kept", 210, 3, 0, 100, 100, true},
		{"p % just missed", 209, 3, 0, 100, 100, false},
		{"two organisations", 100, 2, 0, 50, 50, false},
		{"two organisations, eleven participants", 130, 2, 11, 50, 50, true},
		{"ten participants", 130, 2, 10, 50, 50, false},
		{"nothing", 0, 0, 0, 0, 0, false},
	} {
		if got := Rule(c.value, c.organisations, c.participants, c.first, c.second); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// line makes a table of one dimension with an open sum.
func line(atoms ...Atom) (*System, []Key) {
	rows := make([]Row, len(atoms))
	for i := range atoms {
		rows[i] = Row{[]string{fmt.Sprint(i)}, atoms[i]}
	}
	return Cross(rows, []Table{{Dims: []int{0}}, {Open: true}})
}

func of(values ...int64) (a Atom) {
	for i, v := range values {
		if v > 0 {
			a.Shares = append(a.Shares, Share{uint32(i + 1), v})
			a.Value += v
		}
	}
	return a
}

func hiddenOf(t *testing.T, s *System) (out []int, safe bool) {
	t.Helper()
	hidden, safe, err := s.Suppress()
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range hidden {
		if h {
			out = append(out, i)
		}
	}
	return out, safe
}

func TestSuppressOneDimension(t *testing.T) {
	big, mid := of(0, 0, 0, 400, 300, 300), of(0, 0, 0, 90, 80, 80)
	for _, c := range []struct {
		name  string
		atoms []Atom
		want  string
		safe  bool
	}{
		{"nothing to hide", []Atom{big, mid}, "[]", true},
		{"one alone takes another", []Atom{of(50), big, mid}, "[0 3]", true}, // cells: line, sum, lines
		{"two that know of each other take a third", []Atom{of(50), of(0, 60), big, mid}, "[0 2 4]", true},
		{"all of one owner", []Atom{of(50)}, "[0]", false},
		{"three owners hide each other", []Atom{of(50), of(0, 60), of(0, 0, 55), big}, "[0 2 3]", true},
		{"one too small to hide two", []Atom{of(500), of(0, 600), of(0, 0, 1), big}, "[0 2 3 4]", true},
	} {
		s, _ := line(c.atoms...)
		got, safe := hiddenOf(t, s)
		if fmt.Sprint(got) != c.want || safe != c.safe {
			t.Errorf("%s: hidden %v, safe %v; want %s, %v", c.name, got, safe, c.want, c.safe)
		}
	}
}

// random makes a cross-tabulation of random shares.
func random(r *rand.Rand, sizes []int, units int, most int64) []Row {
	var rows []Row
	var walk func(group []string)
	walk = func(group []string) {
		if len(group) < len(sizes) {
			for i := range sizes[len(group)] {
				walk(append(group[:len(group):len(group)], fmt.Sprint(i)))
			}
			return
		}
		row := Row{Group: group}
		for u := range units {
			if r.IntN(3) > 0 {
				n := 1 + r.Int64N(most)
				row.Shares = append(row.Shares, Share{uint32(u + 1), n})
				row.Value += n
			}
		}
		rows = append(rows, row)
	}
	walk(nil)
	return rows
}

var shapes = []struct {
	sizes  []int
	tables []Table
}{
	{[]int{4}, []Table{{Dims: []int{0}}, {Open: true}}},
	{[]int{3, 3}, []Table{{Dims: []int{0}}, {Dims: []int{0, 1}}, {Dims: []int{1}, Open: true}, {Open: true}}},
	{[]int{3, 3}, []Table{{Dims: []int{0, 1}}, {Dims: []int{1}, Open: true}, {Open: true}}},
	{[]int{2, 3}, []Table{{Dims: []int{0}}, {Dims: []int{1}}, {Open: true}}},
	{[]int{2, 2, 3}, []Table{
		{Dims: []int{0}}, {Dims: []int{0, 1}}, {Dims: []int{0, 2}}, {Dims: []int{0, 1, 2}},
		{Dims: []int{1}, Open: true}, {Dims: []int{2}, Open: true}, {Dims: []int{1, 2}, Open: true}, {Open: true},
	}},
}

// Every table of every random system: what is shown passes the rules, and what
// an intruder can conclude, worked out by trying all tables that there could be,
// is as wide as asked wherever Suppress says that it is safe.
func TestSuppressAgainstAllTables(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	safeOnes := 0
	for n := range 200 {
		shape := shapes[n%4]
		s, _ := Cross(random(r, shape.sizes, 4, 3), shape.tables)
		hidden, safe, err := s.Suppress()
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Cells {
			if c := &s.Cells[i]; !hidden[i] && c.State == Free && !s.safe(c) {
				t.Fatalf("cell %d fails the rules and is shown", i)
			}
		}
		if !safe {
			continue
		}
		safeOnes++
		for who := range uint32(5) {
			for i, x := range s.targets() {
				f, asked := x.against(who)
				if !asked {
					continue
				}
				low, high, done := s.conclude(hidden, who, f.Cell)
				if done && (low > f.Under || high < f.Over) {
					t.Fatalf("system %d, target %d: %d can tell that it is %d to %d, asked is ≤ %d and ≥ %d", n, i, who, low, high, f.Under, f.Over)
				}
			}
		}
	}
	if safeOnes < 20 {
		t.Errorf("only %d systems were safe: the test says little", safeOnes)
	}
}

// conclude tries all tables that agree with what is shown and known; done is
// false where there are too many.
func (s *System) conclude(hidden []bool, who uint32, cell int) (low, high int64, done bool) {
	least := make([]int64, len(s.Atoms))
	var total int64
	for a := range s.Atoms {
		least[a] = s.Atoms[a].Value - s.spare(a, who)
		total += s.Atoms[a].Value
	}
	values := make([]int64, len(s.Atoms))
	low, high = 1<<40, -1
	steps := 0
	var try func(a int, left int64) bool
	try = func(a int, left int64) bool {
		if steps++; steps > 60_000 {
			return false
		}
		if a == len(values) {
			if s.agrees(hidden, values) {
				sum := int64(0)
				for _, x := range s.Cells[cell].Atoms {
					sum += values[x]
				}
				low, high = min(low, sum), max(high, sum)
			}
			return true
		}
		for v := least[a]; v <= left; v++ {
			if values[a] = v; !try(a+1, left-v) {
				return false
			}
		}
		return true
	}
	return low, high, try(0, total) && high >= 0
}

func (s *System) agrees(hidden []bool, values []int64) bool {
	for i := range s.Cells {
		sum := int64(0)
		for _, a := range s.Cells[i].Atoms {
			sum += values[a]
		}
		if !hidden[i] && sum != s.value(&s.Cells[i]) {
			return false
		}
	}
	return true
}

// Larger systems of one, two and three ways: the check itself finds nothing, and
// hiding everything is not the way out.
func TestSuppressLeavesSomething(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i, shape := range shapes {
		sizes := append([]int(nil), shape.sizes...)
		for d := range sizes {
			sizes[d] += 6 / len(sizes)
		}
		shown, all := 0, 0
		for range 4 {
			rows := random(r, sizes, 12, 1000)
			for at := range rows {
				if r.IntN(12) == 0 { // one of these is somebody's alone
					rows[at].Shares = rows[at].Shares[:1]
					rows[at].Value = rows[at].Shares[0].Value
				}
			}
			s, _ := Cross(rows, shape.tables)
			hidden, safe, err := s.Suppress()
			if err != nil || !safe {
				t.Fatalf("shape %d: safe %v, %v", i, safe, err)
			}
			if faults, err := s.Check(hidden); err != nil || len(faults) > 0 {
				t.Fatalf("shape %d: %v, %v", i, faults, err)
			}
			for at := range s.Cells {
				if s.Cells[at].State == Free {
					if all++; !hidden[at] {
						shown++
					}
				}
			}
		}
		if 3*shown < all {
			t.Errorf("shape %d: %d of %d cells are shown", i, shown, all)
		}
		t.Logf("shape %d: %d of %d cells are shown", i, shown, all)
	}
}

// What was shown stays shown and what was hidden hidden.
func TestSuppressKeepsWhatWasDecided(t *testing.T) {
	s, _ := line(of(50), of(0, 0, 0, 90, 80, 80), of(0, 0, 0, 400, 300, 300))
	s.Cells[2].State = Shown
	if got, safe := hiddenOf(t, s); fmt.Sprint(got) != "[0 3]" || !safe {
		t.Errorf("hidden %v, %v: the one that was shown is to stay", got, safe)
	}
	s.Cells[3].State = Hidden
	s.Cells[0].State = Hidden
	if got, safe := hiddenOf(t, s); fmt.Sprint(got) != "[0 3]" || !safe {
		t.Errorf("hidden %v, %v", got, safe)
	}
}
