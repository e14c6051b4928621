// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

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
