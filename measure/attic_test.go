// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// stowAll is stow for cubes of any size, so that small tests use it.
func (m *Measure) stowAll(t *testing.T) (n int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for start, b := range m.buckets[ByDay] {
		if m.day(start).retired && !b.isOpen() {
			for cube := range cubes {
				if p := b.packed.of(cube); len(p) > 0 {
					r, err := m.attic.put(p)
					if err != nil {
						t.Fatal(err)
					}
					b.leave(cube, r)
					b.packed.put(cube, nil)
					n++
					b.dirty |= 1 << cube
				}
			}
		}
	}
	return n
}

// Days whose counts lie in a file count on: for questions, for late records, for
// cuts and after a new file was begun.
func TestDaysInTheAtticCountOn(t *testing.T) {
	src := newSource(5, noon)
	src.back = 30 * 24 * time.Hour
	all := src.records(4000)
	dir := t.TempDir()
	m := New(Config{Home: vn, Attic: dir}, Dependencies{Now: func() time.Time { return noon }})
	fresh := New(Config{Home: vn}, Dependencies{Now: func() time.Time { return noon }})
	var c clock
	c.at = noon
	m.deps.Now, fresh.deps.Now = c.now, c.now
	r := rand.New(rand.NewPCG(5, 5))
	var s shelf
	stowed := 0
	for from := 0; from < len(all); {
		to := min(from+1+r.IntN(600), len(all))
		m.Add(batchOf(all[from:to]))
		fresh.Add(batchOf(all[from:to]))
		from = to
		c.at = c.at.Add(5 * time.Minute)
		m.Tick(c.at)
		fresh.Tick(c.at)
		stowed += m.stowAll(t)
		if r.IntN(3) == 0 {
			m.mu.Lock()
			m.unstow()
			m.mu.Unlock()
		}
		summed(t, m)
		s.keep(m.Cut())
	}
	if stowed == 0 {
		t.Fatal("nothing was stowed: the test tests nothing")
	}
	c.at = c.at.Add(time.Second)
	if diff := cmp.Diff(summed(t, fresh), summed(t, m)); diff != "" {
		t.Fatalf("in memory- in the attic+:\n%.2000s", diff)
	}
	if diff := cmp.Diff(counted(fresh), counted(m)); diff != "" {
		t.Fatalf("in memory- in the attic+:\n%.2000s", diff)
	}
	again, _ := restart(t, &s, c.at)
	if diff := cmp.Diff(counted(fresh), counted(again)); diff != "" {
		t.Fatalf("in memory- loaded again+:\n%.2000s", diff)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

// Without a folder to write to, everything stays in memory.
func TestWithoutAnAtticNothingIsLost(t *testing.T) {
	m := New(Config{Home: vn, Attic: filepath.Join(t.TempDir(), "not", "there")}, Dependencies{Now: func() time.Time { return noon }})
	src := newSource(5, noon)
	src.back = 30 * 24 * time.Hour
	m.Add(batchOf(src.records(2000)))
	before := counted(m)
	m.mu.Lock()
	for _, b := range m.buckets[ByDay] {
		b.packLate(true, &cellOrder{})
		b.size = atticLeast // as if it were worth it
	}
	m.stow()
	for _, b := range m.buckets[ByDay] {
		for cube := range cubes {
			if run := b.packed.of(cube); len(run) > 0 && len(run) < atticLeast {
				b.packed.put(cube, append(run, make([]byte, atticLeast-len(run))...)) // beyond what is read
			}
		}
	}
	m.stow()
	m.mu.Unlock()
	if diff := cmp.Diff(before, counted(m)); diff != "" {
		t.Fatal(diff)
	}
	if m.attic.dir != "" {
		t.Error("a folder that is not there is tried again and again")
	}
	if _, err := os.Stat(m.cfg.Attic); err == nil {
		t.Error("the folder was made")
	}
}

// Distinct addresses of days that lie in the attic are those of days in memory,
// asked for the first time, again, and after late records.
func TestAddressesInTheAtticCountOn(t *testing.T) {
	for seed := range uint64(3) {
		src := newSource(seed, noon)
		src.back = 40 * 24 * time.Hour
		all := src.records(3000)
		c, d := &clock{at: noon}, &clock{at: noon}
		m := New(Config{Home: vn, Attic: t.TempDir(), DistinctBudget: 1000, UnionBudget: 100_000}, Dependencies{Now: c.now})
		fresh := New(Config{Home: vn}, Dependencies{Now: d.now})
		r := rand.New(rand.NewPCG(seed, 7))
		for from := 0; from < len(all); {
			to := min(from+1+r.IntN(500), len(all))
			for _, x := range []*Measure{m, fresh} {
				m.setsFull = false // what finds no memory is another test's
				x.Add(batchOf(all[from:to]))
				x.Cut()
			}
			from = to
			c.at = c.at.Add(5 * time.Minute)
			d.at = c.at
			m.Tick(c.at)
			fresh.Tick(c.at)
			windowed(t, m, r.IntN(10))
			if r.IntN(3) == 0 {
				m.mu.Lock()
				m.unstow()
				m.mu.Unlock()
			}
		}
		stowed := 0
		for _, g := range m.daySets {
			for _, s := range g.stowed {
				stowed += len(s.kinds)
			}
		}
		if stowed == 0 || len(m.setsGone) > 0 {
			t.Fatalf("seed %d: %d kinds of sets in the attic, %d days gone", seed, stowed, len(m.setsGone))
		}
		c.at, d.at = c.at.Add(time.Second), c.at.Add(time.Second)
		old := func(m *Measure) (out []any) {
			for n := range 3 {
				day := midnight(noon, m.cfg.Zone)
				rows, whole, err := m.Distinct(DistinctQuery{
					Cube: CubeHosting, By: []Dim{DimHostingCountry}, Role: Hosting, Stage: event.StageAttempt,
					From: event.TimeOf(day.AddDate(0, 0, -40)), To: event.TimeOf(day.AddDate(0, 0, -12-n)),
				})
				if err != nil {
					t.Fatal(err)
				}
				slices.SortFunc(rows, func(a, b Distinct) int { return strings.Compare(a.Group[0], b.Group[0]) })
				out = append(out, rows, whole)
			}
			return out
		}
		if diff := cmp.Diff(old(fresh), old(m)); diff != "" {
			t.Fatalf("seed %d, in memory- in the attic+:\n%.2000s", seed, diff)
		}
		if diff := cmp.Diff(distincts(t, fresh), distincts(t, m)); diff != "" {
			t.Fatalf("seed %d, in memory- in the attic+:\n%.2000s", seed, diff)
		}
	}
}

// longAgo gives counts whose sets of half a year lie in the attic, and the same in
// memory alone.
func longAgo(t *testing.T) (m, roomy *Measure, c *clock, more func()) {
	t.Helper()
	src := newSource(9, noon)
	src.back = 200 * 24 * time.Hour
	c = &clock{at: noon}
	m = New(Config{Home: vn, Attic: t.TempDir(), DistinctBudget: 1000, UnionBudget: 100_000}, Dependencies{Now: c.now})
	roomy = New(Config{Home: vn, UnionBudget: 1}, Dependencies{Now: c.now})
	more = func() {
		all := src.records(300)
		for _, x := range []*Measure{m, roomy} {
			x.setsFull = false // what finds no memory is another test's
			x.Add(batchOf(all))
			x.Cut()
		}
		for range 3 { // a day that waits for a cut goes the next time
			c.at = c.at.Add(time.Minute)
			m.Tick(c.at)
			roomy.Tick(c.at)
			m.Cut()
		}
	}
	for range 10 {
		more()
	}
	return m, roomy, c, more
}

// quarter asks for the distinct addresses of half a year by country.
func quarter(m *Measure, from, to int) ([]Distinct, bool, error) {
	day := midnight(noon, m.cfg.Zone)
	rows, whole, err := m.Distinct(DistinctQuery{
		Cube: CubeAffected, By: []Dim{DimAffectedCountry}, Stage: event.StageAttempt,
		From: event.TimeOf(day.AddDate(0, 0, -from)), To: event.TimeOf(day.AddDate(0, 0, -to)),
	})
	slices.SortFunc(rows, func(a, b Distinct) int { return strings.Compare(a.Group[0], b.Group[0]) })
	return rows, whole, err
}

// What cannot be read back is an error to who asks; counting goes on, and answers
// that miss it say so.
func TestWhatCannotBeReadBackIsAnError(t *testing.T) {
	m, _, c, _ := longAgo(t)
	m.stowAll(t)
	c.at = c.at.Add(time.Second)
	m.look()
	m.mu.Lock()
	empty, err := os.Create(filepath.Join(t.TempDir(), "empty"))
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	var late int64
	for _, b := range m.buckets[ByDay] {
		for cube := range b.stowed {
			if b.away(Cube(cube)).length > 0 {
				b.stowed[cube].src = empty
				b.dirty |= 1 << cube
				if cube == int(CubeTotal) {
					late = max(late, b.start)
				}
			}
		}
	}
	for _, g := range m.daySets {
		for i := range g.stowed {
			g.stowed[i].src = empty
		}
	}
	m.mu.Unlock()
	c.at = c.at.Add(time.Second)
	if _, _, err := m.Ranking(DimKind, timeOf(late), timeOf(late+1440), event.StageAttempt); err == nil {
		t.Error("a ranking of what cannot be read: no error")
	}
	for range 2 { // nothing stays locked
		if _, _, err := quarter(m, 180, 20); err == nil {
			t.Error("distinct addresses that cannot be read: no error")
		}
	}
	ask := func() (bool, error) {
		c.at = c.at.Add(time.Second)
		_, whole, err := m.Ranking(DimKind, timeOf(late), timeOf(late+1440), event.StageAttempt, Is(DimWay, ""))
		return whole, err
	}
	m.Add(batchOf([]*event.Event{attack(time.Unix(late*60, 0), func(*event.Event) {})}))
	if _, err := ask(); err == nil {
		t.Error("after a late record, which stands beside what cannot be read: no error")
	}
	m.mu.Lock()
	m.buckets[ByDay][late].cell(CubeTotal, 0) // as many late records do
	m.mu.Unlock()
	if whole, err := ask(); err != nil || whole {
		t.Errorf("after many late records: whole %v, %v; what lay there is lost until the next start", whole, err)
	}
}
