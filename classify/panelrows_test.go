// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// seenLine is what sensors saw of a line on the day and on the day before.
type seenLine map[string][2]int64

// saw gives what n sensors saw of a line, alike.
func (l seenLine) saw(first string, n int, now, before int64) seenLine {
	for i := range n {
		l[fmt.Sprint(first, i)] = [2]int64{now, before}
	}
	return l
}

// linesGate counts lines by kind and tells what sensors saw of them: s0 to s5 are of
// six organisations and at work on both days, n0 to n5 came between; o0 and o1 came
// between and are two organisations' own.
func linesGate(lines map[string]seenLine, short int64) *Gate {
	days := []string{"2026-11-20", "2026-11-19"}
	c := &counts{days: map[string][]event.RollupRow{}}
	var work [2][]SensorWork
	work[0], work[1] = at(6, "s", 24, 500), at(6, "s", 24, 500)
	work[0] = append(append(work[0], at(6, "n", 24, 10)...), at(2, "o", 24, 10)...)
	for i, day := range days {
		for kind, line := range lines {
			var sum int64
			for _, n := range line {
				sum += n[i]
			}
			c.days[day] = append(c.days[day], row(sum+short, kind))
		}
	}
	g := latticeGate(c)
	which := func(from event.Time) int {
		if from.Std().In(hanoi).Format(time.DateOnly) == days[0] {
			return 0
		}
		return 1
	}
	g.lattice.Work = func(from, _ event.Time, _ event.Stage) ([]SensorWork, error) { return work[which(from)], nil }
	g.lattice.Views = func(q ViewQuery) (out []SensorView, err error) {
		if q.Country != "VN" || len(q.By) != 1 || q.By[0] != "cert.rsit" || q.Stage != event.StageAttempt {
			return nil, fmt.Errorf("asked %+v", q)
		}
		for kind, line := range lines {
			for sensor, n := range line {
				if n := n[which(q.From)]; n != 0 {
					out = append(out, SensorView{sensor, []string{kind}, n})
				}
			}
		}
		return out, nil
	}
	return g
}

func TestEachLineRestsOnWhoSawIt(t *testing.T) {
	const scanner, brute, exploit, worm, spam = "information-gathering/scanner", "intrusion-attempts/brute-force", "intrusion-attempts/exploit", "malicious-code/infected-system", "abusive-content/spam"
	g := linesGate(map[string]seenLine{
		brute:   seenLine{}.saw("s", 6, 30, 20),                                              // others saw none
		scanner: seenLine{}.saw("s", 6, 10, 10).saw("n", 6, 40, 0),                           // new ones saw most
		exploit: seenLine{}.saw("s", 6, 20, 10).saw("n", 6, 10, 0),                           // a third
		worm:    seenLine{}.saw("s", 6, 20, 10).saw("o", 2, 20, 0),                           // a quarter is two organisations' own
		spam:    seenLine{"s0": {1000, 1000}, "s1": {1, 1}, "s2": {1, 1}}.saw("n", 3, 30, 0), // the panel's is one organisation's, nearly
	}, 0)
	r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"kind"}, Period: "2026-11-20", Base: "previous"})
	if err != nil {
		t.Fatal(err)
	}
	f := r.Value()
	got := map[string]event.FigureRests{}
	for _, row := range f.Rows {
		if plain := row.Change != nil; plain != (row.Rests.Rests == event.RestsOnMost) {
			t.Errorf("%s: plain change %t, rests on %s", row.Group, plain, row.Rests.Rests)
		}
		got[row.Group[0]] = *row.Rests
	}
	fifty, double := 50.0, 100.0
	want := map[string]event.FigureRests{
		brute: {Rests: event.RestsOnMost, Percent: &fifty, PerDay: &fifty}, scanner: {Rests: event.RestsOnNothing},
		exploit: {Rests: event.RestsOnPanel, Percent: &double, PerDay: &double}, worm: {Rests: event.RestsOnPanel}, spam: {Rests: event.RestsOnMost},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Where what sensors saw does not add up to the lines, and where a citation of an
// older form is worked out again, lines rest on what the whole does; of minutes and
// sectors nobody asks.
func TestLinesRestOnTheWholeWhereItIsNotKnownWhoSawThem(t *testing.T) {
	lines := map[string]seenLine{"information-gathering/scanner": seenLine{}.saw("s", 6, 10, 10).saw("n", 6, 40, 0)}
	for name, c := range map[string]struct {
		short  int64
		q      event.FigureQuery
		judged bool
	}{
		"known":         {0, event.FigureQuery{By: []string{"kind"}, Period: "2026-11-20"}, true},
		"counted more":  {1, event.FigureQuery{By: []string{"kind"}, Period: "2026-11-20"}, false},
		"an older form": {0, event.FigureQuery{By: []string{"kind"}, Period: "2026-11-20", Form: 2}, false},
		"by way":        {0, event.FigureQuery{By: []string{"way"}, Period: "2026-11-20"}, false},
		"a minute":      {0, event.FigureQuery{By: []string{"kind"}, Period: "2026-11-20T10:07"}, false},
	} {
		g := linesGate(lines, c.short)
		if !c.judged && c.short == 0 {
			g.lattice.Views = func(q ViewQuery) ([]SensorView, error) { panic(fmt.Sprintf("%s: asked %+v", name, q)) }
		}
		c.q.Figure, c.q.Base = "attacks", "previous"
		r, err := g.Figure(t.Context(), Nobody(), c.q)
		if err != nil {
			t.Fatal(name, err)
		}
		f := r.Value()
		for _, row := range f.Rows {
			if judged := row.Rests != nil; judged != c.judged {
				t.Errorf("%s: rests on %+v", name, row.Rests)
			}
			if plain := row.Change != nil; !c.judged && plain != (f.Panel.Rests == event.RestsOnMost) {
				t.Errorf("%s: plain change %t, the whole rests on %s", name, plain, f.Panel.Rests)
			}
		}
		if len(f.Rows) == 0 && c.q.Period == "2026-11-20" {
			t.Errorf("%s: no lines", name)
		}
	}
}

// The total of another country is judged by what affects it, where that is known.
func TestTheTotalOfAnotherCountryIsJudgedByIt(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{"2026-11-20": {row(40)}, "2026-11-19": {row(40)}}}
	g := latticeGate(c)
	g.lattice.Work = func(event.Time, event.Time, event.Stage) ([]SensorWork, error) {
		return []SensorWork{{Sensor: "a", Hours: 24, Events: 100}, {Sensor: "b", Hours: 2, Events: 10}}, nil
	}
	for _, x := range []struct {
		b    int64
		want string
	}{{30, event.RestsOnNothing}, {31, event.RestsOnMost}} { // one more than counted: all events are the measure
		g.lattice.Views = func(q ViewQuery) ([]SensorView, error) {
			return []SensorView{{"a", nil, 10}, {"b", nil, x.b}}, nil
		}
		r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Of: "US", Period: "2026-11-20", Base: "previous"})
		if err != nil || r.Value().Panel.Rests != x.want {
			t.Errorf("%d: %+v %v", x.b, r.Value().Panel, err)
		}
	}
}
