// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"haidang/event"
	"haidang/figure"
)

// openPeriods says which periods protected tables are open for: local days, and of
// longer ones those that are made of whole months, so that they nest or overlap in
// whole months. A year to date is open where it ends with a month.
func openPeriod(p figure.Period, zone *time.Location) bool {
	if p.Zone() != zone.String() {
		return false
	}
	switch p.Kind {
	case figure.Day, figure.Month, figure.Quarter, figure.Half, figure.Year:
		return true
	case figure.YearToDate:
		return p.To.Day() == 1
	}
	return false
}

// protects refuses protected tables of periods that they are not open for.
func (g *Gate) protects(a *asked, status event.FigureStatus) error {
	if !a.table.protected {
		return nil
	}
	field, p, opens := "period", a.period, openPeriod
	if a.table.sized {
		opens = sizedPeriod
	}
	if a.on != "" && opens(a.period, g.lattice.Zone) {
		field, p = "base", a.base
	}
	by := strings.Join(a.by, ",")
	switch {
	case opens(p, g.lattice.Zone):
	case a.table.sized:
		quarter := figure.Containing(figure.Quarter, p.From.In(g.lattice.Zone))
		return &QuestionError{Field: field, Detail: fmt.Sprintf("%s is open for local quarters, half-years and years; %s is none of these, the nearest is %s", by, p, quarter)}
	default:
		month := figure.Containing(figure.Month, p.From.In(g.lattice.Zone))
		return &QuestionError{Field: field, Detail: fmt.Sprintf("%s is open for local days, months, quarters, half-years, years, and the year to date at the end of a month; %s is none of these, the nearest is %s", by, p, month)}
	}
	if status == event.FigureProvisional {
		return &QuestionError{Field: "period", Detail: fmt.Sprintf("figures by %s are open once they are final: days 48 hours after their end, months 7 days, longer periods 15 days", by)}
	}
	return nil
}

// longPeriods lists the longer periods of a year that protected tables are open for,
// in the order in which they are decided: as they end, the shorter first.
func longPeriods(year int, zone *time.Location) (out []figure.Period) {
	for m := time.January; m <= time.December; m++ {
		last := time.Date(year, m+1, 0, 12, 0, 0, 0, zone)
		for k := figure.Month; k <= figure.YearToDate; k++ {
			p := figure.Containing(k, last)
			ends := p.To.Equal(figure.Containing(figure.Day, last).To)
			if ends && !slices.ContainsFunc(out, func(o figure.Period) bool { return o.From.Equal(p.From) && o.To.Equal(p.To) }) {
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b figure.Period) int { return cmp.Or(a.To.Compare(b.To), b.From.Compare(a.From)) })
	return out
}

// long are the tables of a longer period at a moment, or that they are undecided.
type long struct {
	at time.Time
	*tables
	err error
}

// longFor is how long they are remembered; late records are seen after it.
const longFor = 5 * time.Second

// promptly is up to how many unknown numbers a longer period is decided while
// somebody waits; what takes longer is left to DecideNext.
const promptly = 60

// retryDecided is when to ask again for what is still to be decided.
const retryDecided = time.Minute

// longTables gives the tables of a longer period by what was decided of it.
func (g *Gate) longTables(p figure.Period) (*tables, error) {
	g.deciding.Lock()
	defer g.deciding.Unlock()
	key := maskKey(event.TimeOf(p.From), event.TimeOf(p.To))
	now := g.lattice.Now()
	if l, ok := g.longer[key]; ok && now.Sub(l.at) < longFor && !now.Before(l.at) {
		return l.tables, l.err
	}
	t, err := g.longTablesNow(p)
	var limit *LimitError
	if err != nil && !errors.As(err, &limit) {
		return nil, err
	}
	if g.longer == nil || len(g.longer) > maxMasked {
		g.longer = map[string]long{}
	}
	g.longer[key] = long{now, t, err}
	return t, err
}

// longTablesNow is longTables from nothing remembered.
func (g *Gate) longTablesNow(p figure.Period) (*tables, error) {
	if none, err := g.nothingIn(p); none || err != nil {
		return tabulate(nil), err
	}
	y, err := g.yearUpTo(p)
	if err != nil {
		return nil, err
	}
	t := y.tabulate(p)
	if len(t.keys) == 0 {
		return t, nil
	}
	if y.decided(p) < 0 && g.background.Load() {
		return nil, undecided(p)
	}
	if err := y.decide(p, promptly); err != nil {
		return nil, err
	}
	return t, y.mask(p, t)
}

// forgetLonger has the tables of longer periods made anew: one was decided.
func (g *Gate) forgetLonger() {
	g.deciding.Lock()
	defer g.deciding.Unlock()
	g.longer = nil
}

// DecideNext decides about one longer period of the year of a time that is final and
// was not decided: what is shown of it by sector, in the order of their ends, and then
// by size. It reports whether there was one. It may take minutes, or until the context
// ends.
func (g *Gate) DecideNext(ctx context.Context, at time.Time) (bool, error) {
	if g.lattice.Sectors == nil {
		return false, nil
	}
	passed, err := g.passed()
	if err != nil {
		return false, err
	}
	if more, err := g.decideSectors(ctx, at, passed); more || err != nil {
		return more, err
	}
	return g.decideSizes(at.In(g.lattice.Zone).Year(), passed)
}

// decideSectors is DecideNext for tables by sector.
func (g *Gate) decideSectors(ctx context.Context, at time.Time, passed event.Time) (bool, error) {
	var open []figure.Period
	for _, p := range longPeriods(at.In(g.lattice.Zone).Year(), g.lattice.Zone) {
		_, made := g.lattice.Notes.Get(maskKey(event.TimeOf(p.From), event.TimeOf(p.To)))
		if !made && figure.StatusOf(p, g.lattice.Now(), passed, 1) != event.FigureProvisional {
			open = append(open, p)
		}
	}
	if some, err := g.something(open); !some || err != nil {
		return false, err
	}
	if !g.background.CompareAndSwap(false, true) {
		return false, nil
	}
	defer g.forgetLonger()
	defer g.background.Store(false)
	g.waitForOthers()
	y, err := g.yearUpTo(open[len(open)-1])
	if err != nil {
		return false, err
	}
	y.cal.Stopped = func() bool { return ctx.Err() != nil }
	for _, p := range open {
		if len(y.tabulate(p).keys) > 0 {
			return true, y.decide(p, 0)
		}
	}
	return false, nil
}

// something reports whether attacks by sector were counted in any of some longer
// periods. It asks once for each of their months, of which nothing was decided where
// there were none: a year's days are read only when there is something to decide.
func (g *Gate) something(open []figure.Period) (bool, error) {
	asked := map[time.Time]bool{}
	for _, p := range open {
		for m := figure.Containing(figure.Month, p.From); m.From.Before(p.To); m = figure.Containing(figure.Month, m.To) {
			if asked[m.From] {
				continue
			}
			asked[m.From] = true
			if none, err := g.nothingIn(m); !none || err != nil {
				return !none, err
			}
		}
	}
	return false, nil
}

// nothingIn reports whether no attack by sector was counted in a longer period.
func (g *Gate) nothingIn(p figure.Period) (bool, error) {
	from, to := event.TimeOf(p.From), event.TimeOf(p.To)
	if _, made := g.lattice.Notes.Get(maskKey(from, to)); made {
		return false, nil
	}
	parts, whole, err := g.lattice.Sectors(from, to)
	return err == nil && whole && len(tabulate(bySector(parts)).keys) == 0, err
}

// waitForOthers lets what is decided while somebody waits be decided first.
func (g *Gate) waitForOthers() {
	g.deciding.Lock()
	defer g.deciding.Unlock()
}

// notedMask reads what was decided of a longer period.
func (g *Gate) notedMask(p figure.Period, m *mask) (bool, error) {
	g.settling.Lock()
	defer g.settling.Unlock()
	return g.noted(maskKey(event.TimeOf(p.From), event.TimeOf(p.To)), m)
}

// covered reports whether a longer period was decided that a day lies in.
func (g *Gate) covered(day figure.Period) bool {
	return slices.ContainsFunc(longPeriods(day.From.Year(), day.From.Location()), func(p figure.Period) bool {
		_, made := g.lattice.Notes.Get(maskKey(event.TimeOf(p.From), event.TimeOf(p.To)))
		return made && !p.From.After(day.From) && !day.To.After(p.To)
	})
}
