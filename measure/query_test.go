// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

func TestPackedWidthsHoldTheLists(t *testing.T) {
	for _, tt := range []struct {
		list *event.Enum
		bits int
	}{{&event.RSITs, bitsKind}, {&event.Ways, bitsWay}, {&event.Sectors, bitsSector}, {&event.Bands, bitsBand}} {
		if len(tt.list.Names) > 1<<tt.bits {
			t.Errorf("%s has %d values, %d bits hold %d", tt.list.Name, len(tt.list.Names), tt.bits, 1<<tt.bits)
		}
	}
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			c := event.MustCountry(string([]byte{a, b}))
			if p := place(c); p == 0 || p >= 1<<bitsPlace || country(p) != c {
				t.Fatalf("%s becomes %d becomes %s", c, p, country(p))
			}
		}
	}
	if place(0) != 0 || country(0) != 0 || place(event.Country(0x3131)) != 0 {
		t.Error("unknown countries are not kept as unknown")
	}
}

// A question over any period is answered from days, hours and minutes as from a
// walk over all records.
func TestAnyPeriodAgainstRecords(t *testing.T) {
	m, _ := newAt(noon)
	src := newSource(11, noon)
	src.back = 6 * 24 * time.Hour
	all := src.records(4000)
	for _, e := range all {
		e.Hash = event.Bytes16{}
	}
	m.Add(batchOf(all))
	r := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		a, b := r.Int64N(7*1440), r.Int64N(7*1440)
		from := minuteStart(noon) - event.Time(max(a, b)*int64(time.Minute))
		to := minuteStart(noon) - event.Time(min(a, b)*int64(time.Minute))
		want := map[string]int64{}
		for _, e := range all {
			if e.Time >= from && e.Time < to && e.Stage == event.StageAttempt && e.Excluded == "" {
				want[e.RSIT.String()] += int64(e.Count)
			}
		}
		rows, whole, err := m.Ranking(DimKind, from, to, event.StageAttempt)
		if err != nil || !whole {
			t.Fatal(err, whole)
		}
		got := map[string]int64{}
		for _, row := range rows {
			got[row.Key] = row.Events
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v to %v, want- got+:\n%s", from, to, diff)
		}
	}
}

func TestSeriesHasEveryStep(t *testing.T) {
	m, _ := newAt(noon)
	day := midnight(noon, m.cfg.Zone)
	m.Add(batchOf([]*event.Event{
		attack(day.AddDate(0, 0, -2)), attack(day.Add(-time.Second)), attack(day), attack(day.Add(61 * time.Minute)),
	}))
	tests := []struct {
		step     Step
		from, to time.Time
		want     []int64
	}{
		{StepDay, day.AddDate(0, 0, -3), day.AddDate(0, 0, 1), []int64{0, 1, 1, 2}},
		{StepHour, day.Add(-time.Hour), day.Add(3 * time.Hour), []int64{1, 1, 1, 0}},
		{StepMinute, day.Add(-2 * time.Minute), day.Add(2 * time.Minute), []int64{0, 1, 1, 0}},
	}
	for _, tt := range tests {
		points, whole, err := m.Series(tt.step, event.TimeOf(tt.from), event.TimeOf(tt.to), Is(DimAffectedCountry, "VN"))
		if err != nil || !whole {
			t.Fatal(err, whole)
		}
		var got []int64
		for _, p := range points {
			got = append(got, p.Cell.Attacks())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || points[0].Start != event.TimeOf(tt.from) {
			t.Errorf("step %d from %v, want- got+:\n%s", tt.step, points[0].Start, diff)
		}
	}
}

func TestWrongQuestionsNameTheFieldAndTheRemedy(t *testing.T) {
	m, _ := newAt(noon)
	year := event.Time(365 * 24 * time.Hour)
	at := event.TimeOf(noon)
	ask := map[string]func() error{
		"no cube": func() error {
			_, _, err := m.Ranking(DimRule, at, at, event.StageAttempt, Is(DimWay, "web"))
			return err
		},
		"bad country": func() error {
			_, _, err := m.Ranking(DimKind, at, at, event.StageAttempt, Is(DimAffectedCountry, "Việt Nam"))
			return err
		},
		"bad way": func() error {
			_, _, err := m.Ranking(DimKind, at, at, event.StageAttempt, Is(DimWay, "fax"))
			return err
		},
		"bad number": func() error {
			_, _, err := m.Ranking(DimKind, at, at, event.StageAttempt, Is(DimHostingAS, "AS1"))
			return err
		},
		"yes or no": func() error {
			_, _, err := m.Ranking(DimHostingAS, at, at, event.StageAttempt, Is(DimConfirmed, "maybe"))
			return err
		},
		"too many":  func() error { _, _, err := m.Series(StepMinute, at-year, at); return err },
		"open ends": func() error { _, _, err := m.Series(StepDay, event.TimeUnset, at); return err },
		"no addresses": func() error {
			_, _, err := m.Distinct(DistinctQuery{Cube: CubeRule, Stage: event.StageAttempt})
			return err
		},
		"no such stage": func() error { _, _, err := m.Distinct(DistinctQuery{Cube: CubePair}); return err },
		"not a cube's": func() error {
			_, err := m.Query(Query{Cube: CubeRule, By: []Dim{DimKind}})
			return err
		},
	}
	for name, f := range ask {
		var q *QueryError
		if err := f(); !errors.As(err, &q) || q.Field == "" || q.Problem == "" {
			t.Errorf("%s: %v, want a QueryError with field and problem", name, err)
		}
	}
	if rows, _, err := m.Ranking(DimRule, at, at, event.StageAttempt, Is(DimRule, "never seen")); err != nil || len(rows) != 0 {
		t.Errorf("a rule never seen: %v, %v; want nothing", rows, err)
	}
}

func TestContributorsOfASectorCell(t *testing.T) {
	m, _ := newAt(noon)
	var all []*event.Event
	put := func(n int, orgs ...uint32) {
		all = append(all, times(n, func() *event.Event {
			return attack(noon, func(e *event.Event) {
				e.Sector, e.Band = event.SectorHealth, event.BandSmall
				for _, o := range orgs {
					e.Orgs = append(e.Orgs, event.OrgMatch{Org: o, Side: event.SideDestination},
						event.OrgMatch{Org: 99, Side: event.SideSource}) // the attacker's, no contributor
				}
			})
		})...)
	}
	put(10, 1)
	put(6, 2)
	put(3, 3)
	put(1, 4, 4)
	put(2)
	m.Add(batchOf(all))
	tests := []struct {
		name string
		unit func(uint32) uint32
		want Contribution
	}{
		{"each for itself", nil, Contribution{Group: []string{"health"}, Events: 22, Records: 22, Orgs: 4, Largest: 10, Second: 6, Units: map[uint32]int64{0: 2, 1: 10, 2: 6, 3: 3, 4: 1}}},
		{"a ministry's units are one", func(o uint32) uint32 { return min(o, 2) },
			Contribution{Group: []string{"health"}, Events: 22, Records: 22, Orgs: 2, Largest: 10, Second: 10, Units: map[uint32]int64{0: 2, 1: 10, 2: 10}}},
	}
	for _, tt := range tests {
		got, whole, err := m.Contributions([]Dim{DimSector}, event.TimeUnset, event.TimeUnset, event.StageAttempt, tt.unit)
		if diff := cmp.Diff([]Contribution{tt.want}, got); diff != "" || err != nil || !whole {
			t.Errorf("%s: %v, want- got+:\n%s", tt.name, err, diff)
		}
	}
}

func TestDistinctAddressesOfPeriods(t *testing.T) {
	m, c := newAt(noon)
	day := midnight(noon, m.cfg.Zone)
	var all []*event.Event
	host := func(n byte) func(*event.Event) {
		return func(e *event.Event) { e.Source.IP = event.Addr{14: 1, 15: n} }
	}
	all = append(all, attack(day.Add(time.Hour), host(1)), attack(day.Add(2*time.Hour), host(2)), attack(day.Add(2*time.Hour), host(1)),
		attack(day.Add(-time.Hour), host(3)), attack(day.Add(-30*24*time.Hour), host(4)),
		attack(day.Add(time.Hour), host(9), func(e *event.Event) { e.Confirmed = event.ConfirmedNo }))
	m.Add(batchOf(all))
	ask := func(from, to time.Time) (int64, bool) {
		t.Helper()
		rows, whole, err := m.Distinct(DistinctQuery{
			Cube: CubeHosting, By: []Dim{DimHostingCountry}, Where: []Where{Is(DimConfirmed, "yes")},
			Role: Hosting, Stage: event.StageAttempt, From: event.TimeOf(from), To: event.TimeOf(to),
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return 0, whole
		}
		return rows[0].Count, whole
	}
	check := func(when string) {
		t.Helper()
		for _, tt := range []struct {
			from, to time.Time
			want     int64
			whole    bool
		}{
			{day, day.AddDate(0, 0, 1), 2, true},
			{day.AddDate(0, 0, -1), day, 1, true},
			{day.AddDate(0, 0, -60), day.AddDate(0, 0, 1), 4, true},
			{day.Add(time.Hour), day.Add(2 * time.Hour), 1, true},
			{day.Add(90 * time.Minute), day.Add(3 * time.Hour), 2, false},
			{day.AddDate(0, 0, -30), day.AddDate(0, 0, -29), 1, true},
			{day.AddDate(0, 0, -30).Add(time.Hour), day.AddDate(0, 0, -29), 0, false},
		} {
			if got, whole := ask(tt.from, tt.to); got != tt.want || whole != tt.whole {
				t.Errorf("%s, %v to %v: %d, whole %v; want %d, %v", when, tt.from, tt.to, got, whole, tt.want, tt.whole)
			}
		}
	}
	check("at once")
	check("again")
	c.at = c.at.Add(40 * time.Hour)
	m.Tick(c.at)
	check("after the day")
}

func TestStringsAreBounded(t *testing.T) {
	m, _ := newAt(noon)
	var all []*event.Event
	for i := range maxNames + 100 {
		all = append(all, attack(noon, func(e *event.Event) { e.RuleID = fmt.Sprint("r", i) }))
	}
	all = append(all, attack(noon, func(e *event.Event) { e.RuleID = strings.Repeat("long", 1000) }))
	m.Add(batchOf(all))
	rows, _, err := m.Ranking(DimRule, event.TimeUnset, event.TimeUnset, event.StageAttempt)
	if err != nil || len(rows) != maxNames || rows[0].Key != OtherName || rows[0].Events != 102 {
		t.Fatalf("%d rules, first %v, %v; want %d and the rest under %s", len(rows), rows[0], err, maxNames, OtherName)
	}
	var s shelf
	s.keep(m.Cut())
	again, _ := restart(t, &s, noon)
	if !maps.Equal(counted(m), counted(again)) {
		t.Fatal("other counts after a restart")
	}
}

func TestReadersAndTheWriterTogether(t *testing.T) {
	m := New(Config{Home: vn, PictureEvery: time.Millisecond}, Dependencies{})
	src := newSource(3, time.Now())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, f := range []func(){
		func() { m.Picture() },
		func() { m.Cut() },
		func() { m.Drops("sensor-1", 3) },
		func() { m.Watermark() },
		func() {
			if _, _, err := m.Ranking(DimHostingAS, event.TimeUnset, event.TimeUnset, event.StageAttempt); err != nil {
				t.Error(err)
			}
			if _, _, err := m.Distinct(DistinctQuery{Cube: CubePair, By: []Dim{DimHostingCountry}, Stage: event.StageAttempt, From: event.TimeUnset, To: event.TimeUnset}); err != nil {
				t.Error(err)
			}
		},
	} {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		})
	}
	total := int64(0)
	for range 100 {
		all := src.records(50)
		for _, e := range all {
			total += int64(e.Count)
		}
		m.Add(batchOf(all))
	}
	close(stop)
	wg.Wait()
	m.mu.Lock()
	v := m.renew(time.Now()) // what a reader gets may be a moment older than the last batch
	m.mu.Unlock()
	a, err := m.query(v, Query{Cube: CubeSensor, From: event.TimeUnset, To: event.TimeUnset})
	if err != nil {
		t.Fatal(err)
	}
	totals := a.Rows[0].Cell.Totals()
	if got := totals.Records + totals.Excluded; got != total {
		t.Fatalf("%d records counted, %d added", got, total)
	}
}
