// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/disclosure"
	"haidang/event"
)

// unitGate answers questions about participants from a list.
func unitGate(rows []event.UnitRow, t Thresholds) *Gate {
	g := latticeGate(&counts{})
	l := g.lattice
	l.Thresholds = t
	l.Units = func(q event.UnitQuery) (event.Units, error) {
		u := event.Units{Whole: q.To-q.From >= event.Time(time.Hour), Rows: rows}
		for _, r := range rows {
			u.Total.Active.Count += r.Active.Count
			u.Total.Malware.Count += r.Malware.Count
			u.Total.Attacked.Count += r.Attacked.Count
		}
		return u, nil
	}
	return g.WithLattice(l)
}

func unitsOf(name string, active, met int64) event.UnitRow {
	cell := func(n int64, key uint64) event.UnitCell { return event.UnitCell{Count: n, Key: key} }
	return event.UnitRow{Group: []string{name}, Active: cell(active, 3<<60), Malware: cell(met, 5<<60), Attacked: cell(met, 5<<60)}
}

func askUnits(t *testing.T, g *Gate, q event.FigureQuery) event.Figure {
	t.Helper()
	r, err := g.Figure(t.Context(), Nobody(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return r.Value()
}

// Countries are ranked where enough of them take part, and else not at all.
func TestCountriesAreRankedAmongEnough(t *testing.T) {
	var rows []event.UnitRow
	for i, c := range []string{"VN", "LA", "KH", "TH", "MY", "SG", "ID", "PH", "MM"} {
		rows = append(rows, unitsOf(c, 10_000, int64(100*(i+1))))
	}
	q := event.FigureQuery{Figure: "share", Of: "world", By: []string{"country"}, Period: "2026-10"}
	if f := askUnits(t, unitGate(rows, Thresholds{}), q); f.Ranked != 0 || f.Rows[0].Rank != 0 || f.Rows[0].Ratio.Best != 0 {
		t.Errorf("nine countries are ranked: %+v", f.Rows[0])
	}
	rows = append(rows, unitsOf("BN", 10_000, 1_000), unitsOf("TL", 9_999, 5_000), unitsOf("", 10_000, 9_000))
	f := askUnits(t, unitGate(rows, Thresholds{}), q)
	if f.Ranked != 10 || f.Rows[0].Group[0] != "" || f.Rows[0].Rank != 0 || f.Rows[1].Group[0] != "BN" || f.Rows[1].Rank != 1 {
		t.Errorf("ten countries: %d ranked, %+v %+v", f.Ranked, f.Rows[0], f.Rows[1])
	}
	last := f.Rows[len(f.Rows)-1]
	if want := (event.FigureRow{Group: []string{"TL"}, Few: true, Ratio: &event.FigureRatio{Denominator: 9_999}}); !cmp.Equal(want, last) {
		t.Errorf("too few: %s", cmp.Diff(want, last))
	}
}

// By sector the numbers have the noise of counts of units, the same in every
// question, and only what is final is told.
func TestSectorsHaveNoise(t *testing.T) {
	rows := []event.UnitRow{unitsOf("health", 1_000, 200), unitsOf("education", 999, 200)}
	g := unitGate(rows, Thresholds{})
	q := event.FigureQuery{Figure: "share", Of: "VN", By: []string{"sector"}, Period: "2026-11-01"}
	f := askUnits(t, g, q)
	active, met := disclosure.Perturb(1_000, 3<<60), disclosure.Perturb(200, 5<<60)
	if r := f.Rows[0]; r.Group[0] != "health" || r.Ratio.Denominator != active || r.Ratio.Numerator != met || active == 1_000 && met == 200 {
		t.Errorf("%+v, want %d of %d", r.Ratio, met, active)
	}
	if r := f.Rows[1]; !r.Few || r.Value != 0 {
		t.Errorf("999 of a sector: %+v", r)
	}
	if again := askUnits(t, g, event.FigureQuery{Figure: "active-participants", Of: "VN", By: []string{"sector"}, Period: "2026-11-01"}); again.Rows[0].Value != active {
		t.Errorf("another question: %d, want %d", again.Rows[0].Value, active)
	}
	for _, period := range []string{"2026-11", "2026-11-21"} {
		q.Period = period
		if _, err := g.Figure(t.Context(), Nobody(), q); err == nil {
			t.Errorf("%s by sector is answered", period)
		}
	}
	if _, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "share", Of: "VN", Period: "2026-11-01T10:05"}); err == nil {
		t.Error("a minute of participants is answered")
	}
}

// Where all of a sector were attacked, noise may make them more than were active:
// the share is the whole, and its interval is one.
func TestNoiseMakesNoShareOfMoreThanAll(t *testing.T) {
	row := unitsOf("health", 1_000, 1_000)
	for row.Malware.Key = 1; disclosure.Perturb(1_000, row.Malware.Key) <= disclosure.Perturb(1_000, row.Active.Key); row.Malware.Key += 1 << 56 {
	}
	g := unitGate([]event.UnitRow{row}, Thresholds{})
	f := askUnits(t, g, event.FigureQuery{Figure: "share", Of: "VN", By: []string{"sector"}, Period: "2026-11-01"})
	if r := f.Rows[0].Ratio; r.Numerator <= r.Denominator || r.Value != 100 || !(r.Low > 99 && r.Low < 100) || r.High != 100 {
		t.Errorf("%+v", r)
	}
}
