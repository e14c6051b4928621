// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// sizedYear is a year that has ended, with attacks on organisations of known size.
func sizedYear(days map[string][]Contribution) *eventful {
	y := &eventful{changing: changingGate(), days: days}
	y.again()
	return y
}

// attacked makes cells of one sector and kind: of each organisation its band and how
// much it has.
func attacked(sector, kind string, each map[uint32]int64, bands map[uint32]string) (out []Contribution) {
	for _, band := range event.Bands.Names {
		c := Contribution{Sector: sector, Kind: kind, Band: band, Units: map[uint32]int64{}}
		for unit, n := range each {
			if bands[unit] == band && n > 0 {
				c.Units[unit], c.Events = n, c.Events+n
			}
		}
		if c.Events > 0 {
			out = append(out, c)
		}
	}
	return out
}

// bandsOfEight are of organisations 1 to 8: three small ones, three large ones, two of
// which nobody knows the size.
var bandsOfEight = map[uint32]string{1: "micro", 2: "small", 3: "medium", 4: "large", 5: "large", 6: "large"}

func everyOf(n int64, units ...uint32) map[uint32]int64 {
	out := map[uint32]int64{}
	for _, u := range units {
		out[u] = n
	}
	return out
}

func (y *eventful) sizes(t *testing.T, period, by string) (out []string, err error) {
	t.Helper()
	r, err := y.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{by}, Period: period})
	for _, l := range r.Value().Rows {
		v := fmt.Sprint(l.Value)
		if l.Hidden {
			if v = "hidden"; l.Value != 0 {
				t.Errorf("%q is hidden and tells %d", l.Group, l.Value)
			}
		}
		out = append(out, l.Group[0]+" "+v)
	}
	return out, err
}

// Small and medium enterprises are what the Recommendation says by headcount, but for
// public administration, which is no enterprise. A half-year is its quarters.
func TestSizesOfQuarters(t *testing.T) {
	all := attacked("health", "k", everyOf(20, 1, 2, 3, 4, 5, 6), bandsOfEight)
	public := attacked("public-administration", "k", everyOf(20, 1, 2, 3, 4), bandsOfEight)
	y := sizedYear(map[string][]Contribution{"2025-02-03": slices.Concat(all, public), "2025-05-04": all})
	for _, c := range []struct {
		period, by string
		want       []string
	}{
		{"2025-Q1", "size", []string{" 80", "large 60", "sme 60"}},
		{"2025-Q2", "size", []string{"large 60", "sme 60"}},
		{"2025-H1", "size", []string{"large 120", "sme 120", " 80"}},
		{"2025", "size", []string{"large 120", "sme 120", " 80"}},
		{"2025-Q3", "size", nil},
		{"2025-Q2", "band", []string{"large hidden", "medium hidden", "micro hidden", "small hidden"}}, // each band is one organisation
	} {
		if got, err := y.sizes(t, c.period, c.by); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %q, %v; want %q", c.by, c.period, got, err, c.want)
		}
	}
	for period, nearest := range map[string]string{"2025-02-03": "2025-Q1", "2025-05": "2025-Q2", "2025-W06": "2025-Q1", "2025-YTD@2025-03-31": "2025-Q1"} {
		var unclear *QuestionError
		if _, err := y.sizes(t, period, "size"); !errors.As(err, &unclear) || !strings.Contains(err.Error(), nearest) {
			t.Errorf("%s: %v, want a hint at %s", period, err, nearest)
		}
	}
	_, err := y.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"size", "kind"}, Of: figure.World, Period: "2025-Q1"})
	if err == nil || !strings.Contains(err.Error(), "by=size") {
		t.Errorf("by size and kind: %v", err)
	}
}

// One line that fails the rules hides its whole quarter, and with it every longer period.
func TestALineThatFailsHidesItsQuarter(t *testing.T) {
	few := slices.Concat(attacked("health", "k", everyOf(20, 1, 2, 3, 4, 5, 6), bandsOfEight), attacked("energy", "k", everyOf(20, 1, 2, 3, 4, 5, 6), bandsOfEight))
	two := attacked("health", "k", everyOf(20, 1, 2, 4, 5, 6), bandsOfEight)
	y := sizedYear(map[string][]Contribution{"2025-02-03": few, "2025-05-04": two})
	for period, want := range map[string][]string{
		"2025-Q1": {"large 120", "sme 120"}, "2025-Q2": {"large hidden", "sme hidden"}, "2025-H1": {"large hidden", "sme hidden"},
	} {
		if got, err := y.sizes(t, period, "size"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", period, got, err)
		}
	}
}

// A quarter is decided about once: late records do not open it, and close it where they
// break the rules.
func TestSizesAreDecidedOnce(t *testing.T) {
	whole := attacked("health", "k", everyOf(20, 1, 2, 3, 4, 5, 6), bandsOfEight)
	few := attacked("health", "k", everyOf(20, 1, 2, 4, 5, 6), bandsOfEight)
	y := sizedYear(map[string][]Contribution{"2025-02-03": whole, "2025-05-04": few})
	for range 20 { // as it is done in the background: once they are final
		if more, err := y.DecideNext(t.Context(), time.Date(2025, 6, 1, 0, 0, 0, 0, hanoi)); err != nil {
			t.Fatal(err)
		} else if !more {
			break
		}
	}
	if _, made := y.notes.Get(sizeKey(figure.Containing(figure.Quarter, time.Date(2025, 2, 1, 0, 0, 0, 0, hanoi)), "band")); !made {
		t.Error("nothing was decided before somebody asks")
	}
	y.days["2025-02-03"] = slices.Concat(whole, attacked("health", "k", everyOf(900, 1), bandsOfEight))
	y.days["2025-05-04"] = slices.Concat(whole, whole)
	y.again()
	for _, period := range []string{"2025-Q1", "2025-Q2"} {
		if got, err := y.sizes(t, period, "size"); err != nil || !slices.Equal(got, []string{"large hidden", "sme hidden"}) {
			t.Errorf("%s: %q, %v", period, got, err)
		}
	}
}

// sizedWorld is some days of a quarter: sectors of which some are large and one is one
// organisation's, so that some of them are hidden.
func sizedWorld(r *rand.Rand) map[string][]Contribution {
	bands, days := map[uint32]string{}, map[string][]Contribution{}
	members := [][]uint32{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11}, {12, 13, 14, 15}, {16, 17}, {18}}
	apart := r.IntN(2) == 0 // each sector is of one size
	for s, units := range members {
		for _, unit := range units {
			if bands[unit] = []string{"small", "large"}[r.IntN(2)]; apart {
				bands[unit] = []string{"small", "large"}[s%2]
			}
		}
	}
	from := 1 + r.IntN(3) // more or less of them
	for d := range 2 + r.IntN(3) {
		date := fmt.Sprintf("2025-02-%02d", d+1)
		for s := range members[:len(members)-from+1] {
			for k := range 2 {
				each := map[uint32]int64{}
				for _, unit := range members[s] {
					if r.IntN(4) > 0 {
						each[unit] = 100 + r.Int64N(6000)/int64(1+s)
					}
				}
				days[date] = append(days[date], attacked(fmt.Sprint("s", s), fmt.Sprint("k", k), each, bands)...)
			}
		}
	}
	return days
}

// knownOf puts what days show by sector into one system of the finest cells, with the
// table by size of the quarter or without it. What the table by sector alone gives away
// is not judged.
func (y *eventful) knownOf(t *testing.T, with bool) (s *disclosure.System, hidden []bool) {
	t.Helper()
	s = &disclosure.System{}
	bySize := map[string][]int{}
	add := func(atoms []int, state disclosure.State) {
		s.Cells, hidden = append(s.Cells, disclosure.Cell{Atoms: atoms, State: state}), append(hidden, state == disclosure.Hidden)
	}
	for _, date := range y.dates() {
		p, err := figure.ParsePeriod(date, hanoi)
		if err != nil {
			t.Fatal(err)
		}
		cells := map[string][]int{}
		for _, c := range y.days[date] {
			a := disclosure.Atom{Value: c.Events}
			for unit, n := range c.Units {
				a.Shares = append(a.Shares, disclosure.Share{Unit: unit, Value: n})
			}
			for _, key := range []string{"", "kind\x00" + c.Kind, "sector\x00" + c.Sector, "sector,kind\x00" + c.Sector + "\x00" + c.Kind} {
				cells[key] = append(cells[key], len(s.Atoms))
			}
			bySize[c.sizeLine("size")] = append(bySize[c.sizeLine("size")], len(s.Atoms))
			s.Atoms = append(s.Atoms, a)
		}
		state := map[string]disclosure.State{}
		for _, by := range []string{"sector", "sector,kind"} {
			for group, row := range y.table(t, "attacks", p, strings.Split(by, ",")).rows {
				if state[by+"\x00"+group] = disclosure.Open; row.Hidden {
					state[by+"\x00"+group] = disclosure.Hidden
				}
			}
		}
		for key, atoms := range cells {
			if !strings.HasPrefix(key, "sector") {
				state[key] = disclosure.Open
			}
			add(atoms, state[key])
		}
	}
	for _, atoms := range bySize {
		if with {
			add(atoms, disclosure.Open)
		}
	}
	return s, hidden
}

// toldOf counts the hidden lines of days that somebody can tell too closely, by linear
// programs over the finest cells. That each of these is something, which nobody is told,
// makes some difference there.
func toldOf(t *testing.T, s *disclosure.System, hidden []bool) (n int) {
	t.Helper()
	list, err := s.Check(hidden)
	if err != nil {
		t.Fatal(err)
	}
	some := int64(len(s.Atoms))
	for _, f := range list {
		if f.Low > f.Under+some || f.High < f.Over-some {
			n++
		}
	}
	return n
}

// Where a table by size is shown it gives nothing away that days hide by sector; where
// it is not shown because of that, it would have.
func TestSizesSayNothingAboutSectors(t *testing.T) {
	q, _ := figure.ParsePeriod("2025-Q1", hanoi)
	shown, refused, would := 0, 0, 0
	years := 200
	if testing.Short() {
		years = 20
	}
	for n := range years {
		y := sizedYear(sizedWorld(rand.New(rand.NewPCG(uint64(n), 31))))
		m, err := y.mixture(q, "size")
		if err != nil {
			t.Fatal(err)
		}
		before, hidden := y.knownOf(t, false)
		if !slices.Contains(hidden, true) || toldOf(t, before, hidden) > 0 {
			continue
		}
		all, hidden := y.knownOf(t, true)
		told := toldOf(t, all, hidden)
		switch {
		case !m.mixed():
			refused++
			would += min(told, 1)
		case told > 0:
			t.Errorf("year %d: %d hidden lines by sector can be told: unknown are %d, there is room for %v", n, told, m.unknown, m.rooms)
		default:
			shown++
		}
	}
	t.Logf("%d quarters may be shown beside hidden lines by sector; of %d that may not, %d would give some away", shown, refused, would)
	if !testing.Short() && (shown < 20 || would < 20) {
		t.Error("the years are no test")
	}
}

// A quarter of which days are no longer kept does not keep others from being decided.
func TestAQuarterThatIsGoneStopsNoOther(t *testing.T) {
	whole := attacked("health", "k", everyOf(20, 1, 2, 3, 4, 5, 6), bandsOfEight)
	y := sizedYear(map[string][]Contribution{"2025-02-03": whole, "2025-05-04": whole})
	passed, err := y.passed()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, 6, 1, 0, 0, 0, 0, hanoi)
	for more := true; more; {
		if more, err = y.decideSectors(t.Context(), at, passed); err != nil {
			t.Fatal(err)
		}
	}
	sectors, second := y.lattice.Sectors, event.TimeOf(time.Date(2025, 4, 1, 0, 0, 0, 0, hanoi))
	y.lattice.Sectors = func(from, to event.Time) ([]Contribution, bool, error) {
		parts, _, err := sectors(from, to)
		return parts, from >= second, err
	}
	for more := true; more; {
		if more, err = y.decideSizes(2025, passed); err != nil {
			t.Fatal(err)
		}
	}
	for month, want := range map[time.Month]bool{time.February: false, time.May: true} {
		if _, made := y.notes.Get(sizeKey(figure.Containing(figure.Quarter, time.Date(2025, month, 1, 0, 0, 0, 0, hanoi)), "size")); made != want {
			t.Errorf("the quarter of %s: decided is %t", month, made)
		}
	}
}

// Bands are told where each is of enough organisations.
func TestBandsOfEnoughOrganisations(t *testing.T) {
	bands := map[uint32]string{1: "micro", 2: "micro", 3: "micro", 4: "medium", 5: "medium", 6: "medium", 7: "large", 8: "large", 9: "large"}
	y := sizedYear(map[string][]Contribution{"2025-05-04": attacked("health", "k", everyOf(20, 1, 2, 3, 4, 5, 6, 7, 8, 9), bands)})
	for by, want := range map[string][]string{"band": {"large 60", "medium 60", "micro 60"}, "size": {"sme 120", "large 60"}} {
		if got, err := y.sizes(t, "2025-Q2", by); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", by, got, err)
		}
	}
}
