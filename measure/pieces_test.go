// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// localDays gives what is asked of every local day of the last weeks, and how
// many answers were not whole.
func localDays(t *testing.T, m *Measure) (out []Answer, lacking int) {
	t.Helper()
	today := midnight(noon, m.cfg.Zone)
	ask := func(cube Cube, from, to time.Time, step Step) {
		a, err := m.Query(Query{Cube: cube, By: dimsOf(cube), From: event.TimeOf(from), To: event.TimeOf(to), Step: step})
		if err != nil {
			t.Fatal(err)
		}
		if !a.Whole {
			lacking++
		}
		slices.SortFunc(a.Rows, func(x, y Row) int {
			if x.Start != y.Start {
				return int((x.Start - y.Start) / event.Time(time.Minute))
			}
			return slices.Compare(x.Group, y.Group)
		})
		out = append(out, a)
	}
	for cube := range cubes {
		ask(cube, today.AddDate(0, 0, -40), today.AddDate(0, 0, -3), StepDay)
		ask(cube, today.AddDate(0, 0, -37), today.AddDate(0, 0, -12), StepNone)
	}
	return out, lacking
}

// Local days whose hours left memory are told as if these were there, in zones on
// either side of UTC, with records that come late and after a restart.
func TestLocalDaysOutlastTheirHours(t *testing.T) {
	for seed, zone := range []*time.Location{time.FixedZone("east", 7*3600), time.FixedZone("west", -5*3600), time.UTC} {
		src := newSource(uint64(seed), noon)
		src.back = 40 * 24 * time.Hour
		all := src.records(3000)
		c := &clock{at: noon}
		tight := Config{Home: vn, Zone: zone, Attic: t.TempDir(), HourBudget: 20_000}
		m := New(tight, Dependencies{Now: c.now})
		roomy := New(Config{Home: vn, Zone: zone}, Dependencies{Now: c.now})
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		var s shelf
		for from := 0; from < len(all); {
			to := min(from+1+r.IntN(500), len(all))
			for _, x := range []*Measure{m, roomy} {
				x.Add(batchOf(all[from:to]))
				parts := x.Cut()
				if x == m {
					s.keep(parts)
				}
			}
			from = to
			c.at = c.at.Add(5 * time.Minute)
			m.Tick(c.at)
			roomy.Tick(c.at)
			localDays(t, m)
			if r.IntN(3) == 0 {
				m.mu.Lock()
				m.unstow()
				m.mu.Unlock()
			}
		}
		if len(m.pieces) < 20 {
			t.Fatalf("%v: %d pieces: the test tests nothing", zone, len(m.pieces))
		}
		c.at = c.at.Add(time.Second)
		want, _ := localDays(t, roomy)
		again := New(tight, Dependencies{Now: c.now})
		s.load(t, again)
		again.Tick(c.at.Add(time.Minute))
		for name, x := range map[string]*Measure{"counting": m, "started again": again} {
			got, lacking := localDays(t, x)
			if diff := cmp.Diff(want, got); diff != "" || lacking > 0 {
				t.Fatalf("%v, %s: %d answers not whole, in memory- in pieces+:\n%.2000s", zone, name, lacking, diff)
			}
		}
	}
}

// What cuts a piece is not whole, nor is a local day that begins between hours.
func TestPartsOfPiecesAreNotWhole(t *testing.T) {
	for _, c := range []struct {
		zone     *time.Location
		from, to time.Duration // after local midnight
		whole    bool
	}{
		{time.FixedZone("", 7*3600), 0, 24 * time.Hour, true},
		{time.FixedZone("", 7*3600), 0, 12 * time.Hour, false},
		{time.FixedZone("", 7*3600), 0, 7 * time.Hour, true}, // to the end of the UTC day
		{time.FixedZone("", 7*3600), time.Hour, 24 * time.Hour, false},
		{time.FixedZone("", 5*3600+1800), 0, 24 * time.Hour, false},
	} {
		m := New(Config{Home: vn, Zone: c.zone, Attic: t.TempDir(), HourBudget: 1}, Dependencies{Now: func() time.Time { return noon }})
		src := newSource(1, noon)
		src.back = 40 * 24 * time.Hour
		m.Add(batchOf(src.records(2000)))
		m.Cut()
		m.Tick(noon.Add(time.Hour))
		day := midnight(noon.AddDate(0, 0, -20), c.zone)
		_, whole, err := m.Ranking(DimKind, event.TimeOf(day.Add(c.from)), event.TimeOf(day.Add(c.to)), event.StageAttempt)
		if err != nil || whole != c.whole {
			t.Errorf("%v to %v in %v: whole %v, %v", c.from, c.to, c.zone, whole, err)
		}
	}
}
