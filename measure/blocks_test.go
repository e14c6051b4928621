// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

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

// Long periods that read months at once count what days alone count: asked for
// the first time, again, overlapping, and after records of days that were at rest.
func TestMonthsAtOnceCountTheSame(t *testing.T) {
	m, roomy, c, more := longAgo(t)
	for round := range 4 {
		m.unions.limit = int64(1 + round%2*1_000_000) // the first of two rounds keeps no answers
		for _, p := range [][2]int{{180, 20}, {150, 20}, {180, 20}, {120, 40}, {200, 0}} {
			got, whole, err := quarter(m, p[0], p[1])
			want, wholeToo, err2 := quarter(roomy, p[0], p[1])
			if err != nil || err2 != nil || whole != wholeToo {
				t.Fatal(whole, wholeToo, err, err2)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("round %d, %v: days- months+:\n%.2000s", round, p, diff)
			}
		}
		if len(m.blocks.known) < 5 && round%2 == 0 {
			t.Fatalf("%d months and weeks in the attic: the test tests nothing", len(m.blocks.known))
		}
		if round%2 == 1 {
			m.mu.Lock()
			m.unstow()
			m.mu.Unlock()
		}
		more()
		c.at = c.at.Add(time.Second)
	}
}

// A period's days are each in one block, in order.
func TestBlocksHoldEveryDayOnce(t *testing.T) {
	m := New(Config{Home: vn}, Dependencies{Now: func() time.Time { return noon }})
	for back := range 70 {
		var days []daySource
		at := midnight(noon, m.cfg.Zone).AddDate(0, 0, -back-100)
		for range 100 {
			next := at.AddDate(0, 0, 1)
			days = append(days, daySource{at.Unix() / 60, next.Unix() / 60, []groupRef{{group: &setGroup{start: at.Unix() / 60}}}})
			at = next
		}
		blocks := m.inBlocks(days)
		i := 0
		for _, b := range blocks {
			if b.from != days[i].from {
				t.Fatalf("%d days back: a block begins at %d, not at %d", back, b.from, days[i].from)
			}
			for _, r := range b.refs {
				if r != days[i].refs[0] {
					t.Fatalf("%d days back: day %d is another", back, i)
				}
				i++
			}
		}
		if i != len(days) || len(blocks) > 30 {
			t.Fatalf("%d days back: %d blocks hold %d days of %d", back, len(blocks), i, len(days))
		}
	}
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
			if b.stowed[cube].length > 0 {
				b.stowed[cube].src = empty
				b.dirty |= 1 << cube
				if cube == int(CubeTotal) {
					late = max(late, b.start)
				}
			}
		}
	}
	for _, g := range m.daySets {
		for _, regions := range g.stowed {
			for i := range regions {
				regions[i].src = empty
			}
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
