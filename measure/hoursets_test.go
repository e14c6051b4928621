// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// recentAddresses gives the distinct addresses of hours, days and weeks before a
// time, of two cubes.
func recentAddresses(t *testing.T, m *Measure, now time.Time) (out []any) {
	t.Helper()
	end := now.Truncate(time.Hour)
	for _, back := range []int{1, 5, 30, 49, 7 * 24, 9 * 24, 20 * 24} {
		for _, cube := range []Cube{CubeHosting, CubePair} {
			for _, role := range []Role{Affected, Hosting} {
				rows, whole, err := m.Distinct(DistinctQuery{Cube: cube, By: dimsOf(cube), Role: role, Stage: event.StageAttempt,
					From: event.TimeOf(end.Add(-time.Duration(back) * time.Hour)), To: event.TimeOf(end)})
				if err != nil {
					t.Fatal(err)
				}
				slices.SortFunc(rows, func(a, b Distinct) int { return slices.Compare(a.Group, b.Group) })
				out = append(out, rows, whole)
			}
		}
	}
	return out
}

func sameAddresses(t *testing.T, want, got *Measure, now time.Time) {
	t.Helper()
	if diff := cmp.Diff(recentAddresses(t, want, now), recentAddresses(t, got, now)); diff != "" {
		t.Fatalf("addresses, in memory- in the store+:\n%.2000s", diff)
	}
	if diff := cmp.Diff(distincts(t, want), distincts(t, got)); diff != "" {
		t.Fatalf("all addresses, in memory- in the store+:\n%.2000s", diff)
	}
}

// stowedHours counts the hours whose sets are in the store.
func stowedHours(m *Measure) (n int) {
	for _, g := range m.hourSets {
		if len(g.stowed) > 0 {
			n++
		}
	}
	return n
}

// The addresses of hours at rest are left to the store while counting goes on, take
// in what comes late, survive starts, and are all there when their day is put
// together.
func TestAddressesOfHoursStayInTheStore(t *testing.T) {
	r := newRunning(t, Config{})
	src := newSource(31, noon)
	most := 0
	for day := range 12 {
		src.now, src.back = r.at, 20*time.Hour
		if day%3 == 1 {
			src.back = 6 * 24 * time.Hour // late, for hours that are in the store
		}
		for range 3 {
			r.add(src.records(80))
			r.pass(2, time.Second)
		}
		sameAddresses(t, r.roomy, r.m, r.at)
		r.pass(144, 10*time.Minute)
		most = max(most, stowedHours(r.m))
		sameAddresses(t, r.roomy, r.m, r.at)
		if day%4 == 3 {
			r.restart(t)
			sameAddresses(t, r.roomy, r.m, r.at)
		}
	}
	if n := stowedHours(r.m); n < 100 || most < 100 {
		t.Fatalf("addresses of %d hours, %d at most, were left in the store", n, most)
	}
	r.pass(30, 12*time.Hour) // all days are put together
	if n := stowedHours(r.m); n != 0 || len(r.m.hourSets) != 0 {
		t.Fatalf("%d hours are left", len(r.m.hourSets))
	}
	if diff := cmp.Diff(distincts(t, r.roomy), distincts(t, r.m)); diff != "" {
		t.Fatalf("after all days were put together, in memory- in the store+:\n%.2000s", diff)
	}
	r.restart(t)
	if diff := cmp.Diff(distincts(t, r.roomy), distincts(t, r.m)); diff != "" {
		t.Fatalf("after that and a start, in memory- in the store+:\n%.2000s", diff)
	}
}

// restart starts the measure anew on what is stored.
func (r *running) restart(t *testing.T) {
	t.Helper()
	r.s.keep(r.m.Cut())
	r.roomy.Cut()
	m := New(r.m.cfg, r.m.deps)
	var read int64
	if err := m.Open(r.s.kept(&read)); err != nil {
		t.Fatal(err)
	}
	r.m = m
	r.at = r.at.Add(time.Minute)
	m.Tick(r.at)
	r.roomy.Tick(r.at)
}

// A day whose hours cannot be read back stays as it is stored: nothing is given up.
func TestADayWhoseHoursCannotBeReadIsNotPutTogether(t *testing.T) {
	r := newRunning(t, Config{})
	src := newSource(32, noon)
	src.back = 10 * time.Hour
	for range 3 {
		r.add(src.records(100))
		r.pass(1, time.Second)
	}
	r.pass(144, 10*time.Minute)
	r.restart(t)
	if stowedHours(r.m) == 0 {
		t.Fatal("no hour's addresses were left in the store: the test tests nothing")
	}
	var kept []string
	for hour, g := range r.m.hourSets {
		for _, s := range g.stowed {
			for _, o := range s.kinds {
				s.src.(*counting).data[o.at+2] ^= 1
			}
		}
		kept = append(kept, hourKey(hour))
	}
	r.pass(20, 12*time.Hour)
	for _, key := range kept {
		if len(r.s.parts[key]) == 0 {
			t.Errorf("%s was given up", key)
		}
	}
}
