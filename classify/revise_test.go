// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"haidang/event"
)

func (c *changing) total(t *testing.T, period string) event.Figure {
	t.Helper()
	r, err := c.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Period: period})
	if err != nil {
		t.Fatal(err)
	}
	return r.Value()
}

func TestStatusNeverGoesBack(t *testing.T) {
	c := changingGate()
	c.roll.days = map[string][]event.RollupRow{"2026-11-18": {row(12)}, "2026-11-20": {row(7)}}
	if f := c.total(t, "2026-11-20"); f.Status != event.FigureProvisional || f.Revision != 1 {
		t.Fatalf("yesterday is %s", f.Status)
	}
	if f := c.total(t, "2026-11-18"); f.Status != event.FigureFinal || f.Revision != 1 {
		t.Fatalf("%s %d", f.Status, f.Revision)
	}
	// A sensor comes back with old records, then all fall silent, then a restart.
	for _, x := range []struct {
		name  string
		water event.Time
	}{
		{"a sensor that is behind", event.TimeOf(time.Date(2026, 11, 17, 0, 0, 0, 0, hanoi))}, {"nobody reports", event.TimeUnset},
	} {
		c.water = x.water
		for range 2 {
			if f := c.total(t, "2026-11-18"); f.Status != event.FigureFinal || f.Watermark != x.water {
				t.Errorf("%s: %s", x.name, f.Status)
			}
			// Another figure of that day, which nobody asked for before.
			if r, err := c.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "states", Period: "2026-11-18"}); err != nil || r.Value().Status != event.FigureFinal {
				t.Errorf("%s: states: %v %v", x.name, r.Value().Status, err)
			}
			c.again()
		}
	}
}

func TestRevisionsNameWhatTheyReplace(t *testing.T) {
	c := changingGate()
	day := func(n int64) { c.roll.days = map[string][]event.RollupRow{"2026-11-18": {row(n)}} }
	for i, step := range []struct {
		n        int64
		revision int
		was      int64
	}{{12, 1, -1}, {12, 1, -1}, {15, 2, 12}, {15, 2, 12}, {9, 3, 15}, {12, 4, 9}} {
		day(step.n)
		f := c.total(t, "2026-11-18")
		was := int64(-1)
		if f.Rows[0].Was != nil {
			was = *f.Rows[0].Was
		}
		if f.Revision != step.revision || was != step.was || (f.Status == event.FigureRevised) != (step.revision > 1) {
			t.Errorf("step %d: revision %d, %s, was %d", i, f.Revision, f.Status, was)
		}
		c.again()
	}
	// A provisional figure has no versions.
	for _, n := range []int64{3, 4} {
		c.roll.days = map[string][]event.RollupRow{"2026-11-20": {row(n)}}
		if f := c.total(t, "2026-11-20"); f.Revision != 1 || f.Rows[0].Was != nil {
			t.Errorf("provisional %+v", f)
		}
	}
}

// A question that limits its rows, or asks for a change, is about the same figure.
func TestOneFigureHasOneRevision(t *testing.T) {
	c := changingGate()
	for i, n := range []int64{5, 6} {
		c.roll.days = map[string][]event.RollupRow{"2026-11-18": {row(n, "CN"), row(3, "JP")}, "2026-11-17": {row(4, "KR")}, "2025-11-18": {row(4, "US")}}
		for _, q := range []event.FigureQuery{{Limit: 1}, {Base: "previous"}, {Base: "year"}, {}} { // a base has a line of its own
			q.Figure, q.Period, q.By = "attacks", "2026-11-18", []string{"hosting"}
			r, err := c.Figure(t.Context(), Nobody(), q)
			if err != nil || r.Value().Revision != i+1 {
				t.Errorf("%+v: revision %d, %v", q, r.Value().Revision, err)
			}
		}
	}
}

func TestAFullNotebookLeavesFiguresProvisional(t *testing.T) {
	c := changingGate()
	c.Gate.lattice.Notes = refusing{}
	if f := c.total(t, "2026-11-18"); f.Status != event.FigureProvisional {
		t.Errorf("%s, though it cannot be kept", f.Status)
	}
}

// The sum of a figure's lines is that of what encoding/json writes of them, whatever
// names senders gave: sums that are kept must stay comparable.
func TestSumsAreOfJSON(t *testing.T) {
	type published struct {
		Group       []string
		Value, Over int64
		Hidden, Few bool
	}
	r := rand.New(rand.NewPCG(31, 32))
	names := []string{"", "intrusion-attempts/brute-force", "VN", "~other", `a "b"`, "<script>&", "Y tế", "\x00\x1f\u2028", "T1110.001", "\xff"}
	for range 500 {
		var rows []event.FigureRow
		var want []published
		seen := map[string]bool{}
		for range r.IntN(6) {
			l := event.FigureRow{Value: r.Int64N(5), Hidden: r.IntN(4) == 0, Few: r.IntN(4) == 0}
			for range r.IntN(3) {
				l.Group = append(l.Group, names[r.IntN(len(names))])
			}
			p := published{l.Group, l.Value, 0, l.Hidden, l.Few}
			if r.IntN(3) == 0 {
				l.Ratio = &event.FigureRatio{Denominator: r.Int64N(9)}
				p.Over = l.Ratio.Denominator
			}
			if key := fmt.Sprintf("%q", l.Group); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			rows = append(rows, l)
			if l.Ratio != nil || l.Value != 0 || l.Hidden || len(l.Group) == 0 {
				want = append(want, p)
			}
		}
		slices.SortFunc(want, func(a, b published) int { return slices.Compare(a.Group, b.Group) })
		raw, err := json.Marshal(append([]published{}, want...))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		if got := linesOf(rows); got.sum != hex.EncodeToString(sum[:16]) {
			t.Fatalf("the sum of %s is another", raw)
		} else if note, err := json.Marshal(finalFigure{Revision: 1, Sum: got.sum, Lines: got.values()}); err != nil || string(got.firstNote()) != string(note) {
			t.Fatalf("the first note is %s, want %s %v", got.firstNote(), note, err)
		}
	}
}
