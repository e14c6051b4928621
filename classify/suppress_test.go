// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// eventful is a year of attacks by sector and kind, on some days of it.
type eventful struct {
	*changing
	days map[string][]Contribution // by date
}

// eventfulYear is a year that has ended, with attacks on some days of its months.
func eventfulYear(r *rand.Rand, dates ...string) *eventful {
	y := &eventful{changing: changingGate(), days: map[string][]Contribution{}}
	for _, date := range dates {
		for s := range 3 {
			for k := range 2 {
				p := Contribution{Sector: fmt.Sprint("s", s), Kind: fmt.Sprint("k", k), Units: map[uint32]int64{}}
				for u := range 5 {
					if r.IntN(2) == 0 {
						p.Units[uint32(u+1)] = 1 + r.Int64N(40)
						p.Events += p.Units[uint32(u+1)]
					}
				}
				if p.Events > 0 {
					y.days[date] = append(y.days[date], p)
				}
			}
		}
	}
	y.again()
	return y
}

// dates are the days in order, so that one seed makes one year.
func (y *eventful) dates() []string { return slices.Sorted(maps.Keys(y.days)) }

func (y *eventful) again() {
	y.changing.again()
	y.lattice.Sectors = func(from, to event.Time) (out []Contribution, _ bool, _ error) {
		y.asked++
		for _, date := range y.dates() {
			if at, _ := time.ParseInLocation(time.DateOnly, date, hanoi); event.TimeOf(at) >= from && event.TimeOf(at) < to {
				out = append(out, y.days[date]...)
			}
		}
		return out, true, nil
	}
}

// openTable is one protected table as everybody sees it.
type openTable struct {
	period figure.Period
	by     []string
	rows   map[string]event.FigureRow // by joined group
}

// everything asks for each protected table of each period that the lattice has, by
// what it declares and by nothing else.
func (y *eventful) everything(t *testing.T, year int) (out []openTable) {
	t.Helper()
	for {
		more, err := y.DecideNext(t.Context(), time.Date(year, 6, 1, 0, 0, 0, 0, hanoi))
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	periods := longPeriods(year, hanoi)
	for _, date := range y.dates() {
		p, err := figure.ParsePeriod(date, hanoi)
		if err != nil {
			t.Fatal(err)
		}
		periods = append(periods, p)
	}
	for _, id := range figure.BuiltIn().Counted() {
		d := figure.BuiltIn().Find(id)
		if d == nil || d.Counts.OfParticipants() {
			continue // these have noise
		}
		for _, table := range tablesOf(d.Counts) {
			for _, p := range periods {
				if table.protected && !table.sized { // those by size have their own test
					out = append(out, y.table(t, id, p, table.by))
				}
			}
		}
	}
	return out
}

func (y *eventful) table(t *testing.T, id string, p figure.Period, by []string) openTable {
	t.Helper()
	r, err := y.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: id, By: by, Period: p.String()})
	if err != nil {
		t.Fatal(p, by, err)
	}
	out := openTable{p, by, map[string]event.FigureRow{}}
	for _, row := range r.Value().Rows {
		if row.Hidden && row.Value != 0 {
			t.Fatalf("%s by %s: a hidden line tells %+v", p, by, row)
		}
		out.rows[disclosure.Join(row.Group)] = row
	}
	return out
}

func (y *eventful) inside(date string, p figure.Period) bool {
	at, _ := time.ParseInLocation(time.DateOnly, date, hanoi)
	return !at.Before(p.From) && at.Before(p.To)
}

// joint puts all that is published into one system: atoms are the cells of days, and
// margins without a protected dimension are known. What days hide because it fails
// the rules is to be protected; of is the index of a cell's table.
func (y *eventful) joint(t *testing.T, all []openTable) (s *disclosure.System, of []int) {
	t.Helper()
	s = &disclosure.System{}
	atoms := map[string]map[string][]int{} // by date, by "dimension=value" of every subset
	for _, date := range y.dates() {
		atoms[date] = map[string][]int{}
		for _, c := range y.days[date] {
			a := disclosure.Atom{Value: c.Events}
			for _, u := range slices.Sorted(maps.Keys(c.Units)) {
				a.Shares = append(a.Shares, disclosure.Share{Unit: u, Value: c.Units[u]})
			}
			for _, key := range []string{"", "sector=" + c.Sector, "kind=" + c.Kind, "sector=" + c.Sector + " kind=" + c.Kind} {
				atoms[date][key] = append(atoms[date][key], len(s.Atoms))
			}
			s.Atoms = append(s.Atoms, a)
		}
		for _, key := range slices.Sorted(maps.Keys(atoms[date])) {
			if !strings.Contains(key, "sector=") {
				s.Cells, of = append(s.Cells, disclosure.Cell{Atoms: atoms[date][key], State: disclosure.Open}), append(of, -1)
			}
		}
	}
	for i, p := range all {
		for _, group := range slices.Sorted(maps.Keys(p.rows)) {
			row := p.rows[group]
			var names []string
			for at, value := range disclosure.Split(group) {
				names = append(names, p.by[at]+"="+value)
			}
			cell := disclosure.Cell{State: disclosure.Hidden}
			var sum int64
			for _, date := range y.dates() {
				if y.inside(date, p.period) {
					cell.Atoms = append(cell.Atoms, atoms[date][strings.Join(names, " ")]...)
				}
			}
			for _, a := range cell.Atoms {
				sum += s.Atoms[a].Value
			}
			if !row.Hidden {
				if cell.State = disclosure.Open; sum != row.Value {
					t.Fatalf("%s %q is %d, counted are %d", p.period, names, row.Value, sum)
				}
			} else if p.period.Kind != figure.Day {
				cell.State = disclosure.Lost // its days are judged; that sums stay hidden is disclosure's own test
			}
			slices.Sort(cell.Atoms)
			s.Cells, of = append(s.Cells, cell), append(of, i)
		}
	}
	return s, of
}

// faults are cells of days of which too much can be concluded from some tables.
func faults(t *testing.T, s *disclosure.System, of []int, known func(table int) bool) map[int]bool {
	t.Helper()
	hidden, out := make([]bool, len(s.Cells)), map[int]bool{}
	for i := range s.Cells {
		hidden[i] = s.Cells[i].State != disclosure.Open || of[i] >= 0 && !known(of[i])
	}
	list, err := s.Check(hidden)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		out[f.Cell] = true
	}
	return out
}

// All pairs of overlapping tables that the lattice declares, all of them together,
// and all revisions of each: no line that a day hides can be told more closely than
// from that day's own tables.
func TestNoPairOfOverlappingTablesGivesACellAway(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	dates := []string{"2025-01-03", "2025-01-09", "2025-01-20", "2025-02-11", "2025-02-12", "2025-04-30", "2025-12-31"}
	pairs, longer := 0, 0
	years, every := 3, 1
	if testing.Short() {
		years, every = 1, 29
	}
	for n := range years {
		y := eventfulYear(r, dates...)
		for revision := range 2 {
			all := y.everything(t, 2025)
			s, of := y.joint(t, all)
			day := func(i int) bool { return all[i].period.Kind == figure.Day }
			before := faults(t, s, of, day)
			judge := func(what string, known func(int) bool) {
				t.Helper()
				for cell := range faults(t, s, of, known) {
					if !before[cell] {
						t.Fatalf("year %d, revision %d, %s: %s by %v gives away what a day hides", n, revision, what, all[of[cell]].period, all[of[cell]].by)
					}
				}
			}
			judge("all tables", func(int) bool { return true })
			for i, a := range all {
				for j, b := range all[:i] {
					if a.period.From.Before(b.period.To) && b.period.From.Before(a.period.To) {
						if pairs++; pairs%every == 0 {
							judge(fmt.Sprint(a.period, a.by, " and ", b.period, b.by), func(k int) bool { return k == i || k == j })
						}
					}
				}
				if !day(i) {
					for _, row := range a.rows {
						if !row.Hidden {
							longer++
						}
					}
				}
			}
			y.late(r)
		}
	}
	t.Logf("%d pairs of tables; longer periods show %d lines", pairs, longer)
	if longer < 30*years {
		t.Errorf("longer periods show only %d lines: the test says little", longer)
	}
}

// late adds records to what is there.
func (y *eventful) late(r *rand.Rand) {
	for _, date := range y.dates() {
		parts := y.days[date]
		for i, p := range parts {
			if r.IntN(3) == 0 {
				u := uint32(1 + r.IntN(5))
				p.Units = maps.Clone(p.Units)
				p.Units[u] += 2
				p.Events += 2
				parts[i] = p
			}
		}
	}
	y.again()
}

// A month is not shown where it would tell a day: its only hidden one.
func TestAMonthDoesNotTellADay(t *testing.T) {
	big := []Contribution{sector("a", 30, 30, 30, 30), sector("b", 40, 40, 40, 40), sector("c", 50, 50, 50, 50)}
	one := []Contribution{sector("a", 25), sector("b", 40, 40, 40, 40), sector("c", 50, 50, 50, 50)}
	y := eventfulYear(rand.New(rand.NewPCG(1, 1)))
	y.days = map[string][]Contribution{"2025-03-01": big, "2025-03-02": one, "2025-03-03": big}
	march, _ := figure.ParsePeriod("2025-03", hanoi)
	rows := y.table(t, "attacks", march, []string{"sector"}).rows
	if !rows["a"].Hidden || rows["c"].Hidden || rows["c"].Value != 600 {
		t.Errorf("%+v", rows)
	}
	// Two such days hide each other.
	y = eventfulYear(rand.New(rand.NewPCG(1, 1)))
	two := []Contribution{sector("a", 0, 26, 26), sector("b", 40, 40, 40, 40), sector("c", 50, 50, 50, 50)}
	y.days = map[string][]Contribution{"2025-03-01": big, "2025-03-02": one, "2025-03-03": two}
	rows = y.table(t, "attacks", march, []string{"sector"}).rows
	if rows["a"].Hidden || rows["a"].Value != 120+25+52 {
		t.Errorf("%+v", rows)
	}
}

// What was decided is kept over a restart and late records; what a longer period was
// decided without stays hidden.
func TestLongMasksAreKept(t *testing.T) {
	y := eventfulYear(rand.New(rand.NewPCG(3, 4)), "2025-03-01", "2025-03-02", "2025-03-20")
	march, _ := figure.ParsePeriod("2025-03", hanoi)
	before := y.table(t, "attacks", march, []string{"sector", "kind"})
	shown := 0
	y.late(rand.New(rand.NewPCG(5, 6)))
	for group, row := range y.table(t, "attacks", march, []string{"sector", "kind"}).rows {
		if was := before.rows[group]; was.Hidden && !row.Hidden {
			t.Errorf("%q was hidden and is shown", group)
		} else if !row.Hidden {
			shown++
		}
	}
	t.Logf("%d of %d lines are shown after late records", shown, len(before.rows))
	fine := []Contribution{sector("s0", 30, 30, 30, 30), sector("s1", 40, 40, 40, 40), sector("s2", 50, 50, 50, 50)}
	y.days["2025-03-25"] = fine
	y.again()
	day, _ := figure.ParsePeriod("2025-03-25", hanoi)
	for group, row := range y.table(t, "attacks", day, []string{"sector"}).rows {
		if !row.Hidden {
			t.Errorf("%q of a day that came after its month was decided is shown", group)
		}
	}
}

// A year with very many hidden numbers is not decided while somebody waits.
func TestALongDecisionIsLeftForLater(t *testing.T) {
	y := eventfulYear(rand.New(rand.NewPCG(7, 8)))
	for day := range 28 {
		y.days[fmt.Sprintf("2025-02-%02d", day+1)] = []Contribution{sector("a", 25), sector("b", 40), sector("c", 50, 50)}
	}
	y.again()
	ask := func() error {
		_, err := y.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: "2025-02"})
		return err
	}
	var later *LimitError
	if err := ask(); !errors.As(err, &later) || later.Retry <= 0 {
		t.Fatalf("%v", err)
	}
	if more, err := y.DecideNext(t.Context(), time.Date(2025, 5, 1, 0, 0, 0, 0, hanoi)); !more || err != nil {
		t.Fatal(more, err)
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
}

// Months without attacks by sector are never decided; looking for something to decide
// asks for each of them once, and does not count the year day by day again.
func TestEmptyMonthsCostNoYear(t *testing.T) {
	y := eventfulYear(rand.New(rand.NewPCG(9, 10)), "2025-03-01", "2025-03-02")
	more := func() bool {
		t.Helper()
		more, err := y.DecideNext(t.Context(), time.Date(2025, 6, 1, 0, 0, 0, 0, hanoi))
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	for more() {
	}
	y.asked = 0
	if more() || y.asked > 12 {
		t.Errorf("with nothing to decide %d periods were counted, not one a month", y.asked)
	}
	y.asked = 0
	april, _ := figure.ParsePeriod("2025-04", hanoi)
	if rows := y.table(t, "attacks", april, []string{"sector"}).rows; len(rows) != 0 || y.asked > 1 {
		t.Errorf("an empty month has %v and took %d counts", rows, y.asked)
	}
	// What comes late into a month that was empty is decided about at once.
	y.days["2025-04-07"] = []Contribution{sector("s0", 30, 30, 30, 30), sector("s1", 40, 40, 40, 40)}
	y.now = y.now.Add(time.Minute)
	if !more() {
		t.Error("attacks came late into an empty month, and nothing is decided about it")
	}
	// Attacks whose sector nobody knows are nothing to decide about.
	y.days = map[string][]Contribution{"2025-04-07": {{Kind: "k0", Events: 5, Units: map[uint32]int64{1: 5}}}}
	y.notes = &pages{}
	y.again()
	if y.asked = 0; more() || y.asked > 12 {
		t.Errorf("without any sector %d periods were counted", y.asked)
	}
}

// The protected tables that masks are made for are those of the lattice.
func TestMasksAreOfTheLatticesTables(t *testing.T) {
	declared := 0
	for _, id := range figure.BuiltIn().Counted() {
		d := figure.BuiltIn().Find(id)
		for _, table := range tablesOf(d.Counts) {
			if !table.protected || table.sized || d.Counts.OfParticipants() {
				continue
			}
			declared++
			found := slices.ContainsFunc(protectedTables, func(p disclosure.Table) bool {
				var by []string
				for _, dim := range p.Dims {
					by = append(by, protectedDims[dim])
				}
				return !p.Open && slices.Equal(by, table.by)
			})
			if d.Counts != figure.CountsAttempts || !found {
				t.Errorf("%s by %v is protected, and no mask is made for it", id, table.by)
			}
		}
	}
	if declared == 0 {
		t.Error("no protected table is declared")
	}
	if got := (&Contribution{Sector: "s", Kind: "k"}).group(); slices.Contains(got, "") {
		t.Errorf("a dimension of %q has no value in contributions", protectedDims)
	}
}
