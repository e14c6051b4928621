// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"haidang/disclosure"
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
	field, p := "period", a.period
	if a.on != "" && openPeriod(a.period, g.lattice.Zone) {
		field, p = "base", a.base
	}
	by := strings.Join(a.by, ",")
	switch {
	case !openPeriod(p, g.lattice.Zone):
		month := figure.Containing(figure.Month, p.From.In(g.lattice.Zone))
		return &QuestionError{Field: field, Detail: fmt.Sprintf("%s is open for local days, months, quarters, half-years, years, and the year to date at the end of a month; %s is none of these, the nearest is %s", by, p, month)}
	case status == event.FigureProvisional:
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
// was not decided, in the order of their ends; it reports whether there was one. It
// may take minutes, or until the context ends.
func (g *Gate) DecideNext(ctx context.Context, at time.Time) (bool, error) {
	if g.lattice.Sectors == nil {
		return false, nil
	}
	passed, err := g.passed()
	if err != nil {
		return false, err
	}
	var open []figure.Period
	for _, p := range longPeriods(at.In(g.lattice.Zone).Year(), g.lattice.Zone) {
		_, made := g.lattice.Notes.Get(maskKey(event.TimeOf(p.From), event.TimeOf(p.To)))
		if !made && figure.StatusOf(p, g.lattice.Now(), passed, 1) != event.FigureProvisional {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return false, nil
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

// waitForOthers lets what is decided while somebody waits be decided first.
func (g *Gate) waitForOthers() {
	g.deciding.Lock()
	defer g.deciding.Unlock()
}

// year is a year up to the end of a period: its days as they are released, and what
// was decided of longer periods in it.
type year struct {
	gate  *Gate
	start time.Time
	days  [][]Contribution
	cal   disclosure.Calendar
	spans []figure.Period // of cal.Spans
}

func (g *Gate) yearUpTo(p figure.Period) (*year, error) {
	y := &year{gate: g, start: figure.Containing(figure.Year, p.From).From}
	y.cal.Tables = protectedTables
	for day := figure.Containing(figure.Day, y.start); day.From.Before(p.To); day = figure.Containing(figure.Day, day.To) {
		parts, t, err := g.dayTables(day)
		if err != nil {
			return nil, err
		}
		shown := map[disclosure.Key]bool{}
		for i, k := range t.keys {
			if t.system.Cells[i].State != disclosure.Open && !t.hidden[i] {
				shown[k] = true
			}
		}
		y.days = append(y.days, parts)
		y.cal.Days = append(y.cal.Days, disclosure.Day{Rows: t.rows, Shown: shown})
	}
	for _, q := range longPeriods(y.start.Year(), g.lattice.Zone) {
		var m mask
		ok, err := g.notedMask(q, &m)
		if err != nil {
			return nil, err
		}
		if ok && !q.To.After(p.To) {
			y.spans = append(y.spans, q)
			y.cal.Spans = append(y.cal.Spans, y.span(q, &m))
		}
	}
	return y, nil
}

// number counts the days of the year up to a midnight.
func (y *year) number(at time.Time) int {
	return int(figure.Period{Kind: figure.YearToDate, From: y.start, To: at}.Days())
}

func (y *year) span(p figure.Period, m *mask) disclosure.Span {
	keys := func(groups [][]string) map[disclosure.Key]bool {
		out := map[disclosure.Key]bool{}
		for table, list := range groups {
			for _, group := range list {
				out[disclosure.Key{Table: table, Group: group}] = true
			}
		}
		return out
	}
	return disclosure.Span{From: y.number(p.From), To: y.number(p.To), Shown: keys(m.Shown), Own: keys(m.Own), Cuts: m.Cuts}
}

// parts adds up the days of a period.
func (y *year) parts(p figure.Period) (out []Contribution) {
	at := map[[2]string]int{}
	for _, day := range y.days[y.number(p.From):y.number(p.To)] {
		for _, c := range day {
			k := [2]string{c.Sector, c.Kind}
			i, ok := at[k]
			if !ok {
				i = len(out)
				at[k] = i
				out = append(out, Contribution{Sector: c.Sector, Kind: c.Kind, Units: map[uint32]int64{}})
			}
			out[i].Events += c.Events
			for unit, n := range c.Units {
				out[i].Units[unit] += n
			}
		}
	}
	return out
}

func (y *year) tabulate(p figure.Period) *tables { return tabulate(y.parts(p)) }

// decide makes the masks of a period and of all before it in the year that have
// none yet. most bounds the unknown numbers of the year up to it; 0 is no bound.
func (y *year) decide(p figure.Period, most int) error {
	if y.decided(p) >= 0 {
		return nil
	}
	for _, q := range longPeriods(y.start.Year(), y.gate.lattice.Zone) {
		if q.To.After(p.To) || y.decided(q) >= 0 {
			continue
		}
		t := y.tabulate(q)
		if len(t.keys) == 0 {
			continue
		}
		if most > 0 && y.cal.Unknown(y.number(y.start), y.number(p.To)) > most {
			return undecided(p)
		}
		s, err := y.cal.Decide(y.number(q.From), y.number(q.To))
		if err != nil {
			return err
		}
		m := mask{Shown: groupsOf(s.Shown), Own: groupsOf(s.Own), Cuts: s.Cuts, Sum: y.sum(q)}
		y.gate.settling.Lock()
		err = y.gate.note(maskKey(event.TimeOf(q.From), event.TimeOf(q.To)), m)
		y.gate.settling.Unlock()
		if err != nil {
			return err
		}
		y.spans, y.cal.Spans = append(y.spans, q), append(y.cal.Spans, s)
		if y.decided(p) >= 0 {
			return nil
		}
	}
	return nil
}

// decided gives the number of a period's decision, -1 where there is none.
func (y *year) decided(p figure.Period) int {
	return slices.IndexFunc(y.spans, func(s figure.Period) bool { return s.From.Equal(p.From) && s.To.Equal(p.To) })
}

func undecided(p figure.Period) error {
	return &LimitError{Detail: fmt.Sprintf("which lines of %s are shown is still being worked out; ask again in some minutes", p), Retry: retryDecided}
}

func groupsOf(keys map[disclosure.Key]bool) [][]string {
	out := make([][]string, len(protectedTables))
	for _, k := range slices.SortedFunc(maps.Keys(keys), func(a, b disclosure.Key) int { return cmp.Compare(a.Group, b.Group) }) {
		out[k.Table] = append(out[k.Table], k.Group)
	}
	return out
}

// sum tells apart what a decision about a period rested on: the numbers of the year
// up to its end, and what days show of them.
func (y *year) sum(p figure.Period) string {
	var all []any
	for d := range y.number(p.To) {
		parts := slices.Clone(y.days[d])
		sortParts(parts)
		all = append(all, parts, groupsOf(y.cal.Days[d].Shown))
	}
	sum := sumOf(all)
	return hex.EncodeToString(sum[:16])
}

// mask hides what was decided not to be shown of a period. Where late records came it
// is checked again: if something would be given away nothing of the revised tables is
// shown.
func (y *year) mask(p figure.Period, t *tables) error {
	var m mask
	ok, err := y.gate.notedMask(p, &m)
	at := y.decided(p)
	switch {
	case err != nil:
		return err
	case !ok && at < 0:
		t.hidden = t.nothing()
		return nil
	case !ok: // notes are not kept: it is only worked out again
		m = mask{Shown: groupsOf(y.cal.Spans[at].Shown)}
	}
	t.hidden = t.beside(m)
	if m.Sum != "" && m.Sum != y.sum(p) && !y.cal.Holds(at) {
		t.hidden = t.nothing()
	}
	return nil
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
