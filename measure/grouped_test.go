// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// Sums that are kept of periods at rest are those of the periods as they are,
// when late records come for them, and when there is room for few of them.
func TestGroupsThatAreKeptAreThoseOfTheCells(t *testing.T) {
	for seed := range uint64(3) {
		src := newSource(seed, noon)
		src.back = 6 * 24 * time.Hour
		all := src.records(6000)
		m, c := newAt(noon)
		fresh, d := newAt(noon)
		m.grouped.least = 1
		if seed == 2 {
			m.grouped.limit = 4 << 10
		}
		r := rand.New(rand.NewPCG(seed, 5))
		for from := 0; from < len(all); {
			to := min(from+1+r.IntN(1500), len(all))
			m.Add(batchOf(all[from:to]))
			fresh.Add(batchOf(all[from:to]))
			from = to
			c.at = c.at.Add(time.Duration(r.IntN(10)) * time.Minute) // long enough to be packed
			d.at = c.at
			m.Tick(c.at)
			fresh.Tick(c.at)
			summed(t, m)
		}
		c.at, d.at = c.at.Add(time.Hour), c.at.Add(time.Hour)
		m.Tick(c.at)
		fresh.Tick(c.at)
		once := summed(t, fresh)
		for range 2 { // that which makes them and that which uses them
			if diff := cmp.Diff(once, summed(t, m)); diff != "" {
				t.Fatalf("seed %d, asked once- asked often+:\n%.2000s", seed, diff)
			}
		}
		kept := 0
		for _, cells := range m.grouped.young {
			kept += min(1, len(cells))
		}
		if kept == 0 {
			t.Fatal("nothing was kept: the test tests nothing")
		}
		if m.grouped.size > m.grouped.limit {
			t.Errorf("seed %d: %d bytes are kept, limit %d", seed, m.grouped.size, m.grouped.limit)
		}
	}
}

// summed asks questions of one cube that differ in groups and conditions.
func summed(t *testing.T, m *Measure) (out []any) {
	t.Helper()
	from, to := event.TimeOf(noon.AddDate(0, 0, -8)), event.TimeOf(noon.AddDate(0, 0, 1))
	for _, where := range [][]Where{nil, {Is(DimConfirmed, "no")}, {Is(DimAffectedCountry, "VN")}} {
		for _, d := range []Dim{DimHostingCountry, DimKind, DimHostingAS, DimRule} {
			rows, whole, err := m.Ranking(d, from, to, event.StageAttempt, where...)
			if err != nil {
				continue // no cube has both
			}
			out = append(out, rows, whole)
		}
	}
	points, whole, err := m.Series(StepDay, from, to, Is(DimAffectedCountry, "VN"))
	if err != nil {
		t.Fatal(err)
	}
	return append(out, points, whole)
}
