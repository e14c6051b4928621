// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// Thresholds bound what is published of participants. Zero values take the
// defaults (STATISTICS, "share").
type Thresholds struct {
	Country int64 // active participants of a country, 10,000
	Sector  int64 // of a sector, 1,000
	Ranked  int   // countries with so many active, so that shares are ranked, 10
}

func (t Thresholds) withDefaults() Thresholds {
	if t.Country <= 0 {
		t.Country = 10_000
	}
	if t.Sector <= 0 {
		t.Sector = 1_000
	}
	if t.Ranked <= 0 {
		t.Ranked = 10
	}
	return t
}

// Tables of participants. Countries are ranked by their shares alone: those have
// one comparable population, where enough countries take part.
var unitTables = map[figure.Counts][]table{
	figure.CountsActive: {{by: nil}, {place: worldOnly, by: []string{"country"}}, unitSectors},
	figure.CountsAttacked: {
		{by: nil},
		{by: []string{"kind"}, ranked: true},
		{by: []string{"way"}, ranked: true},
		{by: []string{"class"}},
		{place: worldOnly, by: []string{"country"}},
		unitSectors,
	},
	figure.CountsInfected:   {{by: nil}, {place: worldOnly, by: []string{"country"}}},
	figure.CountsShare:      {{place: oneOnly, by: nil}, {place: oneOnly, by: []string{"class"}}, {place: worldOnly, by: []string{"country"}, ranked: true}, unitSectors},
	figure.CountsWorldShare: {{place: worldOnly, by: nil}},
	figure.CountsRate:       {{place: oneOnly, by: nil}, {place: worldOnly, by: []string{"country"}}},
}

// unitSectors is a table of a country's participants by sector: its numbers have
// the noise of counts of units.
var unitSectors = table{place: oneOnly, by: []string{"sector"}, protected: true}

// units fills a figure of participants.
func (g *Gate) units(a asked, f *event.Figure) error {
	f.Distinct = true
	var before []event.FigureRow
	var base event.Figure
	var failed error
	var both sync.WaitGroup
	if a.on != "" { // each reads some days of all participants
		both.Go(func() { before, failed = g.unitRows(a, a.base, &base) })
	}
	now, err := g.unitRows(a, a.period, f)
	if both.Wait(); cmp.Or(err, failed) != nil {
		return cmp.Or(err, failed)
	}
	if a.on != "" {
		f.Replay = f.Replay || base.Replay
		a.unitChanges(now, before)
	}
	f.Rows = now
	slices.SortFunc(f.Rows, func(x, y event.FigureRow) int {
		return cmp.Or(compareBool(x.Hidden, y.Hidden), compareBool(x.Few, y.Few), cmp.Compare(published(&y), published(&x)), slices.Compare(x.Group, y.Group))
	})
	if a.def.Counts.Ratio() {
		a.rankRatios(f, g.lattice.Thresholds.withDefaults())
		return nil
	}
	a.rank(f)
	return nil
}

// unitRows counts a period.
func (g *Gate) unitRows(a asked, p figure.Period, f *event.Figure) ([]event.FigureRow, error) {
	q := event.UnitQuery{From: event.TimeOf(p.From), To: event.TimeOf(p.To), By: a.by}
	if a.of != figure.World {
		q.Of, _ = event.ParseCountry(a.of)
	}
	u, err := g.lattice.Units(q)
	if err != nil {
		return nil, err
	}
	if !u.Whole {
		return nil, &QuestionError{Field: "period", Detail: "participants are counted by whole hours of local days; ask for a longer period, or for zone=local"}
	}
	f.Replay = f.Replay || u.Replay
	if len(a.by) == 0 {
		return []event.FigureRow{g.unitRow(&a, []string{}, &u.Total, &u.Total)}, nil
	}
	rows := make([]event.FigureRow, 0, len(u.Rows))
	for i := range u.Rows {
		of := &u.Total
		if a.by[0] == "country" || a.by[0] == "sector" {
			of = &u.Rows[i]
		}
		if r := g.unitRow(&a, u.Rows[i].Group, &u.Rows[i], of); r.Value != 0 || r.Ratio != nil {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// unitRow makes one line: of whom it counts, among those active.
func (g *Gate) unitRow(a *asked, group []string, n, among *event.UnitRow) event.FigureRow {
	r := event.FigureRow{Group: group, Value: n.Events}
	if a.def.Counts != figure.CountsRate {
		r.Value = a.shown(a.whom(n))
	}
	if !a.def.Counts.Ratio() {
		return r
	}
	r.Ratio = &event.FigureRatio{Numerator: r.Value, Denominator: a.shown(among.Active)}
	least := g.lattice.Thresholds.withDefaults()
	if a.table.protected {
		least.Country = least.Sector
	}
	if r.Few = among.Active.Count < least.Country; r.Few {
		r.Value, r.Ratio.Numerator = 0, 0
		return r
	}
	ratio(r.Ratio, a.def.Counts)
	return r
}

// whom gives the participants that a figure counts.
func (a *asked) whom(n *event.UnitRow) event.UnitCell {
	switch c := a.def.Counts; {
	case c == figure.CountsActive:
		return n.Active
	case c == figure.CountsInfected:
		return n.Infected
	case c == figure.CountsAttacked, slices.Contains(a.by, "class"):
		return n.Attacked
	}
	return n.Malware
}

// shown gives the number that is published: exact, or with noise where a protected
// dimension tells participants apart.
func (a *asked) shown(c event.UnitCell) int64 {
	if a.table.protected {
		return disclosure.Perturb(c.Count, c.Key)
	}
	return c.Count
}

// ratio rounds a ratio as it is published: percent with one decimal, events by
// 1,000 likewise. A share has an interval, a rate has none: events are no
// independent draws.
func ratio(r *event.FigureRatio, c figure.Counts) {
	if c == figure.CountsRate {
		r.Value = tenth(1000 * float64(r.Numerator) / float64(r.Denominator))
		return
	}
	part := min(r.Numerator, r.Denominator) // noise may make more of a part than of the whole
	w := figure.Wilson(part, r.Denominator)
	r.Value = tenth(100 * float64(part) / float64(r.Denominator))
	// The published value lies within its interval, whatever rounding does.
	r.Low, r.High = min(r.Value, tenth(100*w.Low)), max(r.Value, tenth(100*w.High))
}

func tenth(v float64) float64 { return math.Round(10*v) / 10 }

func published(r *event.FigureRow) float64 {
	if r.Ratio != nil {
		return r.Ratio.Value
	}
	return float64(r.Value)
}

// rankRatios gives places by the published values, and the range of places where
// intervals overlap. Where too few countries take part there is no ranking.
func (a *asked) rankRatios(f *event.Figure, t Thresholds) {
	var in []int
	var values []float64
	var intervals []figure.Interval
	for i := range f.Rows {
		if r := &f.Rows[i]; !r.Few && !r.Hidden && r.Group != nil && len(r.Group) == 1 && r.Group[0] != "" {
			in = append(in, i)
			values = append(values, r.Ratio.Value)
			intervals = append(intervals, figure.Interval{Low: r.Ratio.Low, High: r.Ratio.High})
		}
	}
	if !a.table.ranked || len(in) < t.Ranked {
		return
	}
	places, n := figure.Rank(values, func(int) bool { return true })
	for i, row := range in {
		f.Rows[row].Rank = places[i]
		f.Rows[row].Ratio.Best, f.Rows[row].Ratio.Worst = figure.RankRange(intervals, i)
	}
	f.Ranked = n
}

// unitChanges compares with the base's rows: counts and rates in percent, shares in
// percentage points.
func (a *asked) unitChanges(now, before []event.FigureRow) {
	for i := range now {
		r := &now[i]
		at := slices.IndexFunc(before, func(b event.FigureRow) bool { return slices.Equal(b.Group, r.Group) })
		b := event.FigureRow{}
		if at >= 0 {
			b = before[at]
		}
		if r.Few || b.Few || r.Ratio != nil && b.Ratio == nil {
			continue
		}
		c := &event.FigureChange{Value: b.Value, Ratio: b.Ratio}
		c.Percent, _ = figure.Change(published(r), published(&b))
		if a.def.Counts.Share() {
			c.Points = tenth(r.Ratio.Value - b.Ratio.Value)
		}
		r.Change = c
	}
}
