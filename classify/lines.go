// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"haidang/event"
	"haidang/figure"
)

// line is one group's number in one period.
type line struct {
	group  []string
	value  int64
	hidden bool

	estimated bool
	hosts     *event.FigureUnits
	base      *line // of the same group; nil where there is none
}

// lines are a period's numbers, each group once.
type lines []line

// sort orders lines by their groups.
func (l lines) sort() {
	slices.SortFunc(l, func(x, y line) int { return slices.Compare(x.group, y.group) })
}

// find gives the place of a group among lines that sort ordered, -1 where it is not.
func (l lines) find(group []string) int {
	at, ok := slices.BinarySearchFunc(l, group, func(x line, group []string) int { return slices.Compare(x.group, group) })
	if !ok {
		return -1
	}
	return at
}

// summed adds up lines of one group.
func (l lines) summed() lines {
	l.sort()
	out := l[:0]
	for _, one := range l {
		if n := len(out); n > 0 && slices.Equal(out[n-1].group, one.group) {
			out[n-1].value += one.value
			continue
		}
		out = append(out, one)
	}
	return out
}

// workroom is memory that a question needs while it is answered: pages ask for some
// hundred tables of some hundred lines, of which they show a few.
type workroom struct {
	now, before lines
	rows        []event.FigureRow
}

var workrooms = sync.Pool{New: func() any { return new(workroom) }}

// mostWorked is of how many lines the memory is kept.
const mostWorked = 4096

// done leaves the memory to the next question, unless it is much.
func (w *workroom) done() {
	if max(cap(w.now), cap(w.before), cap(w.rows)) > mostWorked {
		return
	}
	clear(w.now[:cap(w.now)])
	clear(w.before[:cap(w.before)])
	clear(w.rows[:cap(w.rows)])
	workrooms.Put(w)
}

// lines counts a period, in a piece of memory.
func (g *Gate) lines(a asked, p figure.Period, f *event.Figure, to lines) (lines, error) {
	to = to[:0]
	from, until := event.TimeOf(p.From), event.TimeOf(p.To)
	if a.table.protected {
		r, err := g.rollups.Rollup(event.RollupQuery{From: from, To: until, Stage: event.StageAttempt})
		f.Replay = f.Replay || r.Replay
		if err != nil {
			return nil, err
		}
		if a.table.sized {
			return g.sized(p, a.by[0])
		}
		t, err := g.tables(p)
		if err != nil {
			return nil, err
		}
		return t.lines(a.by), nil
	}
	if a.def.Counts == figure.CountsAddresses {
		return g.addresses(a, p, f, to)
	}
	stages := a.def.Counts.Stages()
	q := a.table.rollup(a.def, a.of, a.by, from, until)
	for _, q.Stage = range stages {
		r, err := g.rollups.Rollup(q)
		if err != nil {
			return nil, err
		}
		if !r.Whole {
			return nil, gone(p)
		}
		f.Replay = f.Replay || r.Replay
		to = slices.Grow(to, len(r.Rows))
		for i := range r.Rows {
			row := &r.Rows[i]
			n := row.Events
			if a.def.Counts == figure.CountsRecords {
				n = row.Records
			}
			if n != 0 && a.listed(row.Group) {
				to = append(to, line{group: row.Group, value: n})
			}
		}
	}
	if len(stages) > 1 {
		to = to.summed()
	}
	return to, nil
}

// attack is an ATT&CK technique's id. Other texts in its place were written by
// senders and are not listed.
var attack = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)

func (a *asked) listed(group []string) bool {
	i := slices.Index(a.by, "technique")
	return i < 0 || group[i] == "" || attack.MatchString(group[i])
}

func gone(p figure.Period) error {
	return &QuestionError{Field: "period", Detail: fmt.Sprintf("part of %s in %s is no longer kept as finely; ask for zone=UTC or a longer period", p, p.Zone())}
}

// fill puts the numbers into the figure: largest first, hidden ones last in the
// order of their names, so that their place says nothing. What only the base has is a
// nought.
func (a *asked) fill(f *event.Figure, now, before lines) {
	if len(a.by) == 0 && len(now) == 0 {
		now = append(now, line{group: []string{}})
	}
	changes := 0
	if a.on != "" {
		now = now.beside(before)
		changes = len(now)
	}
	slices.SortFunc(now, func(x, y line) int {
		if x.hidden != y.hidden || x.value != y.value {
			return cmp.Or(compareBool(x.hidden, y.hidden), cmp.Compare(y.value, x.value))
		}
		return slices.Compare(x.group, y.group)
	})
	of, base := a.period.Days(), a.base.Days()
	room := make([]event.FigureChange, 0, changes)
	f.Rows = slices.Grow(f.Rows[:0], len(now))
	for i := range now {
		l := &now[i]
		r := event.FigureRow{Group: l.group, Value: l.value, PerDay: float64(l.value) / of, Hidden: l.hidden, Estimated: l.estimated, Hosts: l.hosts}
		if b := cmp.Or(l.base, &line{}); a.on != "" && !l.hidden && !b.hidden {
			room = append(room, event.FigureChange{Value: b.value})
			r.Change = &room[len(room)-1]
			r.Change.Percent, _ = figure.Change(float64(l.value), float64(b.value))
			r.Change.PerDay, _ = figure.Change(r.PerDay, float64(b.value)/base)
		}
		f.Rows = append(f.Rows, r)
	}
	a.rank(f)
}

// beside sets the base's lines beside those of now, and adds those that only it has.
func (l lines) beside(before lines) lines {
	before.sort()
	met := make([]bool, len(before))
	for i := range l {
		if at := before.find(l[i].group); at >= 0 {
			l[i].base, met[at] = &before[at], true
		}
	}
	for i := range before {
		if b := &before[i]; !met[i] && !b.hidden {
			l = append(l, line{group: b.group, base: b})
		}
	}
	return l
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// rank gives places to the named lines of a table that is a ranking.
func (a *asked) rank(f *event.Figure) {
	if !a.table.ranked {
		return
	}
	values := make([]float64, len(f.Rows))
	for i := range f.Rows {
		values[i] = float64(f.Rows[i].Value)
	}
	places, n := figure.Rank(values, func(i int) bool {
		name := f.Rows[i].Group[0]
		return name != "" && !strings.HasPrefix(name, "~") && f.Rows[i].Value > 0 // "~other" is many; hidden ones have no value
	})
	for i, p := range places {
		f.Rows[i].Rank = p
	}
	f.Ranked = n
}

// apart adds to a ranking of hosting countries how many attacks it leaves out,
// because their hosting address may be forged.
func (g *Gate) apart(a asked, f *event.Figure) error {
	hosted := a.def.Counts == figure.CountsHosted
	if !slices.Contains(a.by, "hosting") && !(hosted && a.of == figure.World) {
		return nil
	}
	q := a.table.rollup(a.def, a.of, a.by, f.Period.From, f.Period.To)
	q.By = nil
	for i := range q.Where {
		if q.Where[i].Field == "hosting.confirmed" {
			q.Where[i].Values = []string{"no"}
		}
	}
	var n int64
	for _, stage := range a.def.Counts.Stages() {
		q.Stage = stage
		r, err := g.rollups.Rollup(q)
		if err != nil {
			return err
		}
		for _, row := range r.Rows {
			if a.def.Counts == figure.CountsRecords {
				n += row.Records
			} else {
				n += row.Events
			}
		}
	}
	f.Unconfirmed = &n
	return nil
}
