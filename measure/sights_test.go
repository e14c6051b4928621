// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// sightsBy sums sights over sensors, by joined groups.
func sightsBy(t *testing.T, m *Measure, country string, by []Dim, from, to time.Time) map[string]int64 {
	t.Helper()
	list, err := m.Sights(country, by, event.TimeOf(from), event.TimeOf(to))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for i := range list {
		if n := list[i].Events(event.StageAttempt); n != 0 {
			out[strings.Join(list[i].Group, " ")] += n
		}
	}
	return out
}

// counts gives what a figure counts of the same, by joined groups.
func countsBy(t *testing.T, m *Measure, country string, by []Dim, from, to time.Time) map[string]int64 {
	t.Helper()
	var where []Where
	dims := slices.Clone(by)
	if country != "" {
		where, dims = []Where{Is(DimAffectedCountry, country)}, append(dims, DimAffectedCountry)
	}
	cube, _ := CubeWith(dims...)
	a, err := m.Query(Query{Cube: cube, By: by, Where: where, From: event.TimeOf(from), To: event.TimeOf(to)})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for i := range a.Rows {
		if n := a.Rows[i].Cell.Attacks(); n != 0 {
			out[strings.Join(a.Rows[i].Group, " ")] += n
		}
	}
	return out
}

// What sensors saw adds up to what is counted, of every line, of days and of parts
// of them, recent and in the store.
func TestSightsAddUpToTheLines(t *testing.T) {
	cfg := Config{Home: vn, Zone: time.FixedZone("east", 7*3600), Attic: t.TempDir()}
	s, c, m := aged(t, cfg)
	again, _ := opened(t, cfg, s, c)
	day := midnight(c.at, cfg.Zone)
	periods := [][2]time.Time{{day.AddDate(0, 0, -40), day.AddDate(0, 0, 1)}}
	for back := range 12 {
		from := day.AddDate(0, 0, -3*back)
		periods = append(periods, [2]time.Time{from, from.AddDate(0, 0, 1)}, [2]time.Time{from.Add(5 * time.Hour), from.Add(6 * time.Hour)})
	}
	met := 0
	for _, country := range []string{"", "VN", "US"} {
		for _, by := range [][]Dim{nil, {DimKind}, {DimAffectedCountry}, {DimAffectedCountry, DimKind}} {
			for _, p := range periods {
				want := countsBy(t, m, country, by, p[0], p[1])
				met += len(want)
				for name, one := range map[string]*Measure{"in memory": m, "opened": again} {
					if d := cmp.Diff(want, sightsBy(t, one, country, by, p[0], p[1])); d != "" {
						t.Fatalf("%s, %q by %v, %v: counted- seen+\n%s", name, country, by, p, d)
					}
				}
			}
		}
	}
	if met < 200 {
		t.Errorf("only %d lines were compared", met)
	}
}

// What an earlier program stored has no sights; what comes late for such a day has,
// and does not add up to what is counted then.
func TestDaysOfBeforeSightsHaveNone(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir()}
	m, c := newAt(noon)
	at := noon.AddDate(0, 0, -12)
	for range 3 {
		m.Add(batchOf(times(40, func() *event.Event { return attack(at, func(e *event.Event) { e.Hash = event.Bytes16{} }) })))
		at = at.AddDate(0, 0, 1)
	}
	m.Tick(c.at)
	for _, buckets := range m.buckets {
		for _, b := range buckets {
			b.drop(CubeSeen)
		}
	}
	for _, d := range m.deltas {
		d.open[CubeSeen], d.late[CubeSeen] = nil, nil
	}
	var s shelf
	storedWhole(m, &s, c)
	old, _ := opened(t, cfg, &s, c)
	from := midnight(noon.AddDate(0, 0, -12), old.cfg.Zone)
	to := from.AddDate(0, 0, 1)
	want := countsBy(t, old, "VN", []Dim{DimKind}, from, to)
	if got := sightsBy(t, old, "VN", []Dim{DimKind}, from, to); len(got) > 0 || len(want) == 0 {
		t.Fatalf("sights %v of %v", got, want)
	}
	old.Add(batchOf([]*event.Event{attack(noon.AddDate(0, 0, -12), func(e *event.Event) { e.Hash = event.Bytes16{} })}))
	c.at = c.at.Add(time.Minute)
	old.Tick(c.at)
	want = countsBy(t, old, "VN", []Dim{DimKind}, from, to)
	for kind, n := range sightsBy(t, old, "VN", []Dim{DimKind}, from, to) {
		if n != 1 || want[kind] != 41 {
			t.Errorf("%s: seen %d of %d", kind, n, want[kind])
		}
	}
}

// Directories of earlier programs name cells by 13 cubes: these names stand, and no
// two are one.
func TestNamesInDirectoriesStand(t *testing.T) {
	for _, of := range []int{3, 24} {
		names := map[uint64]bool{}
		for at := range of {
			for cube := range cubes {
				name := entryName(at, of, cube)
				if names[name] {
					t.Errorf("%d of %d, cube %d: %d is another's", at, of, cube, name)
				}
				if names[name] = true; cube <= CubeOrgs && name != uint64(at)*13+uint64(cube) {
					t.Errorf("%d of %d, cube %d is %d", at, of, cube, name)
				}
			}
		}
	}
}
