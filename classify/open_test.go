// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/figure"
)

// counts answers roll-ups by the day they begin on and keeps what was asked.
type counts struct {
	asked []event.RollupQuery
	days  map[string][]event.RollupRow // by local day, stage attempt
	thin  bool
}

func (c *counts) Rollup(q event.RollupQuery) (event.Rollup, error) {
	c.asked = append(c.asked, q)
	r := event.Rollup{Whole: !c.thin}
	if q.Stage == event.StageAttempt && !slices.ContainsFunc(q.Where, func(f event.Filter) bool { return f.Values[0] == "no" }) {
		r.Rows = c.days[q.From.Std().In(hanoi).Format(time.DateOnly)]
	}
	return r, nil
}

var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*3600)

// lattice makes a gate at 21 November 2026, 14:05 in Vietnam; all up to now is
// complete.
func latticeGate(c *counts, sectors ...Contribution) *Gate {
	now := time.Date(2026, 11, 21, 14, 5, 0, 0, hanoi)
	return (&Gate{}).WithRollups(c).WithLattice(Lattice{
		Home: event.MustCountry("VN"), Zone: hanoi, Now: func() time.Time { return now },
		Watermark: func() event.Time { return event.TimeOf(now) },
		Sectors:   func(from, to event.Time) ([]Contribution, bool, error) { return sectors, true, nil },
		Units:     func(event.UnitQuery) (event.Units, error) { return event.Units{Whole: true}, nil },
	})
}

func row(n int64, group ...string) event.RollupRow {
	return event.RollupRow{Group: group, Events: n, Records: 10 * n}
}

func TestAFigureCarriesAllThatItMeans(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{"2026-11-20": {row(12)}, "2026-11-19": {row(8)}}}
	r, err := latticeGate(c).Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Period: "2026-11-20", Base: "day"})
	if err != nil || !r.Public() {
		t.Fatal(err)
	}
	day := func(d int) event.FigurePeriod {
		from := time.Date(2026, 11, d, 0, 0, 0, 0, hanoi)
		return event.FigurePeriod{Name: from.Format(time.DateOnly), Kind: "day", Zone: "Asia/Ho_Chi_Minh", From: event.TimeOf(from), To: event.TimeOf(from.AddDate(0, 0, 1)), Days: 1, Ended: true}
	}
	at, base := event.TimeOf(time.Date(2026, 11, 21, 14, 5, 0, 0, hanoi)), day(19)
	want := event.Figure{
		Definition: "attacks/1", Unit: "attacks", Of: "VN", Period: day(20), BaseKind: "previous", Base: &base,
		Status: event.FigureProvisional, Revision: 1, At: at, Watermark: at,
		Rows: []event.FigureRow{{Value: 12, PerDay: 12, Change: &event.FigureChange{Value: 8, Percent: 50, PerDay: 50}}},
	}
	if d := cmp.Diff(want, r.Value()); d != "" {
		t.Error(d)
	}
	if q := c.asked[0]; q.From != day(20).From || q.To != day(20).To || len(q.By) != 0 || q.Where[0].Field != "affected.country" || q.Where[0].Values[0] != "VN" || q.Stage != event.StageAttempt {
		t.Errorf("asked %+v", q)
	}
}

// A nought of a period in which no sensor reported anything is no number, and not
// cited; one of a period in which others were seen is.
func TestSilenceIsNoNought(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{"2026-11-19": {row(12)}}}
	g := latticeGate(c)
	ask := func(q event.FigureQuery) event.Figure {
		t.Helper()
		r, err := g.Figure(t.Context(), Nobody(), q)
		if err != nil {
			t.Fatal(err)
		}
		return r.Value()
	}
	for _, q := range []event.FigureQuery{
		{Figure: "attacks", Period: "2026-11-18"}, {Figure: "records", Period: "2026-11-18"}, {Figure: "attacks", Period: "2026-11-18", By: []string{"kind"}}, {Figure: "states", Of: "LA", Period: "2026-11-18"},
	} {
		if f := ask(q); !f.Silent {
			t.Errorf("%+v: %+v", q, f)
		}
	}
	for _, q := range []event.FigureQuery{
		{Figure: "attacks", Period: "2026-11-19"}, {Figure: "incidents", Period: "2026-11-19"}, {Figure: "active-participants", Period: "2026-11-18"},
	} {
		if f := ask(q); f.Silent {
			t.Errorf("%+v: %+v", q, f)
		}
	}
	var unclear *QuestionError
	if _, err := g.Cite(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Period: "2026-11-18"}, netip.Addr{}); !errors.As(err, &unclear) || !strings.Contains(err.Error(), "no sensor reported anything in 2026-11-18") {
		t.Errorf("cited: %v", err)
	}
}

func TestRankingsKeepTheUnknownApart(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{
		"2026-11-20": {row(9, ""), row(5, "CN"), row(3, "JP"), row(3, "KR"), row(1, "US"), row(2, "~other")},
		"2026-11-19": {row(5, "CN"), row(7, "DE")},
	}}
	r, err := latticeGate(c).Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "hosted/1", Of: "world", By: []string{"country"}, Period: "2026-11-20", Base: "previous"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Value().Rows {
		got = append(got, fmt.Sprint(l.Group[0], l.Value, " ", l.Rank, " ", l.Change.Value))
	}
	if want := []string{"9 0 0", "CN5 1 5", "JP3 2 0", "KR3 2 0", "~other2 0 0", "US1 4 0", "DE0 0 7"}; !slices.Equal(got, want) || r.Value().Ranked != 4 {
		t.Errorf("%q, %d ranked", got, r.Value().Ranked)
	}
	for _, q := range c.asked {
		if q.Where[len(q.Where)-1].Field != "hosting.confirmed" {
			t.Errorf("asked without saying whether confirmed: %+v", q)
		}
	}
}

// The open lattice is as declared: of every possible question only the declared
// ones are answered, and every refusal names a table that is.
func TestOnlyDeclaredTables(t *testing.T) {
	dims := []string{"country", "hosting", "kind", "way", "technique", "sector", "class"}
	nearest := 0
	for _, id := range figure.BuiltIn().Counted() {
		for set := range 1 << len(dims) {
			var by []string
			for i, d := range dims {
				if set>>i&1 == 1 {
					by = append(by, d)
				}
			}
			for _, of := range []string{"VN", "US", "world", ""} {
				g := latticeGate(&counts{})
				q := event.FigureQuery{Figure: id, Of: of, By: by, Period: "2026-11-01"}
				_, err := g.Figure(t.Context(), Nobody(), q)
				if err == nil {
					if len(by) > 3 {
						t.Errorf("%+v is answered", q)
					}
					continue
				}
				var told *QuestionError
				if !errors.As(err, &told) || told.Field != "by" {
					t.Fatalf("%+v: %v", q, err)
				}
				_, remedy, ok := strings.Cut(told.Detail, "nearest is of=")
				q.Of, remedy, _ = strings.Cut(remedy, "&by=")
				if q.By = nil; remedy != "" {
					q.By = strings.Split(remedy, ",")
				}
				if _, err := g.Figure(t.Context(), Nobody(), q); err != nil || !ok {
					t.Errorf("%s: the table named instead is refused: %v", told.Detail, err)
				}
				nearest++
			}
		}
	}
	if nearest == 0 {
		t.Error("nothing was refused")
	}
}

func TestQuestionsOutsideTheCalendar(t *testing.T) {
	for _, c := range []struct {
		field, want string
		q           event.FigureQuery
	}{
		{"figure", "attacks/1", event.FigureQuery{Figure: "events/1"}},
		{"figure", "attacks/1", event.FigureQuery{Figure: "attacks/2"}},
		{"of", "capital", event.FigureQuery{Figure: "attacks", Of: "vn"}},
		{"of", "ISO 3166", event.FigureQuery{Figure: "attacks", Of: "XX"}},
		{"of", "ISO 3166", event.FigureQuery{Figure: "hosted", Of: "DD"}},
		{"by", "protect", event.FigureQuery{Figure: "attacks", By: []string{"organisation"}}},
		{"by", "protect", event.FigureQuery{Figure: "attacks", Of: "world", By: []string{"rule"}}},
		{"by", "no dimension", event.FigureQuery{Figure: "attacks", By: []string{"source.ip"}}},
		{"by", "twice", event.FigureQuery{Figure: "attacks", By: []string{"kind", "kind"}}},
		{"zone", "local nor UTC", event.FigureQuery{Figure: "attacks", Zone: "Asia/Tokyo"}},
		{"period", "2026-W47", event.FigureQuery{Figure: "attacks", Period: "2026-11-20T14:00:00Z"}},
		{"period", "has not begun", event.FigureQuery{Figure: "attacks", Period: "2026-12"}},
		{"base", "no base", event.FigureQuery{Figure: "attacks", Period: "2026-10", Base: "quarter"}},
		{"base", "no such day", event.FigureQuery{Figure: "attacks", Period: "2024-02-29", Base: "year"}},
		{"base", "2026-Q3", event.FigureQuery{Figure: "attacks", Period: "2026-Q4", Base: "previous"}},
		{"base", "2026-YTD@2026-11-20", event.FigureQuery{Figure: "attacks", Period: "2026-YTD@2026-11-21", Base: "year"}},
		{"base", "2026-11-20", event.FigureQuery{Figure: "attacks", Base: "previous"}},
	} {
		n := &counts{}
		_, err := latticeGate(n).Figure(t.Context(), Nobody(), c.q)
		var told *QuestionError
		if !errors.As(err, &told) || told.Field != c.field || !strings.Contains(told.Detail, c.want) || len(n.asked) != 0 {
			t.Errorf("%+v: %v, want %s: %s; %d questions went on", c.q, err, c.field, c.want, len(n.asked))
		}
	}
}

func TestAPeriodThatIsNotWholeIsNotTold(t *testing.T) {
	_, err := latticeGate(&counts{thin: true}).Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Period: "2026-11-01T14:05"})
	if err == nil || !strings.Contains(err.Error(), "no longer kept") {
		t.Error(err)
	}
}

// What senders write in the place of a technique is not listed.
func TestOnlyTechniquesOfATTACKAreListed(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{"2026-11-20": {row(9, "our own name"), row(5, "T1110"), row(4, "T1059.001"), row(3, "~other"), row(2, "")}}}
	r, err := latticeGate(c).Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"technique"}, Period: "2026-11-20"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Value().Rows {
		got = append(got, fmt.Sprint(l.Group[0], l.Value, " ", l.Rank))
	}
	if want := []string{"T11105 1", "T1059.0014 2", "2 0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRecordsSumTheStages(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{"2026-11-20": {row(2)}}}
	r, err := latticeGate(c).Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "records", Period: "2026-11-20"})
	if err != nil || r.Value().Rows[0].Value != 20 || len(c.asked) != 3 {
		t.Errorf("%+v %v, asked %d", r.Value().Rows, err, len(c.asked))
	}
}

// sector makes a cell of attacks on these organisations.
func sector(name string, each ...int64) (c Contribution) {
	c = Contribution{Sector: name, Kind: "fraud/phishing", Units: map[uint32]int64{}}
	for unit, n := range each {
		if n > 0 {
			c.Units[uint32(unit+1)] = n
			c.Events += n
		}
	}
	return c
}

func TestSectorsOfFinalDaysOnly(t *testing.T) {
	all := []Contribution{sector("health", 20, 10, 10, 10, 10), sector("education", 12, 10, 10, 8), sector("banking", 0, 0, 0, 0, 0, 30), sector("energy", 30, 20, 20, 10, 10, 10)}
	g := latticeGate(&counts{}, all...)
	r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: "2026-11-18"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Value().Rows {
		got = append(got, fmt.Sprint(l.Group[0], " ", l.Value, " ", l.Hidden, " ", l.Rank))
	}
	want := []string{"energy 100 false 1", "health 60 false 2", "banking 0 true 0", "education 0 true 0"}
	if !slices.Equal(got, want) || r.Value().Of != figure.World || r.Value().Status != event.FigureFinal {
		t.Errorf("%q of %s", got, r.Value().Of)
	}
	for period, want := range map[string]string{
		"2026-11-20": "final", "2026-11-21": "final", "2026-11": "final", "2026-Q4": "final", "2026-YTD@2026-11-30": "final",
		"2026-11-18T10": "nearest is 2026-11", "2026-W46": "nearest is 2026-11", "2026-YTD@2026-11-18": "end of a month",
	} {
		if _, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: period}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sectors of %s: %v", period, err)
		}
	}
	if _, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: "2026-11-18", Zone: "UTC"}); err == nil {
		t.Error("sectors of a UTC day, which overlaps local ones")
	}
}
