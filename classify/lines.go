// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
}

// lines are a period's numbers by their joined groups.
type lines map[string]line

// lines counts a period.
func (g *Gate) lines(a asked, p figure.Period, f *event.Figure) (lines, error) {
	from, to := event.TimeOf(p.From), event.TimeOf(p.To)
	if a.table.protected {
		r, err := g.rollups.Rollup(event.RollupQuery{From: from, To: to, Stage: event.StageAttempt})
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
		return g.addresses(a, p, f)
	}
	out := lines{}
	for _, stage := range a.def.Counts.Stages() {
		q := a.table.rollup(a.def, a.of, a.by, from, to)
		q.Stage = stage
		r, err := g.rollups.Rollup(q)
		if err != nil {
			return nil, err
		}
		if !r.Whole {
			return nil, gone(p)
		}
		f.Replay = f.Replay || r.Replay
		for _, row := range r.Rows {
			n := row.Events
			if a.def.Counts == figure.CountsRecords {
				n = row.Records
			}
			if key := strings.Join(row.Group, "\x00"); n != 0 && a.listed(row.Group) {
				out[key] = line{group: row.Group, value: out[key].value + n}
			}
		}
	}
	return out, nil
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
// order of their names, so that their place says nothing.
func (a *asked) fill(f *event.Figure, now, before lines) {
	if len(a.by) == 0 && len(now) == 0 {
		now[""] = line{group: []string{}}
	}
	for key, b := range before {
		if _, ok := now[key]; !ok && !b.hidden {
			now[key] = line{group: b.group}
		}
	}
	for key, l := range now {
		r := event.FigureRow{Group: l.group, Value: l.value, PerDay: figure.PerDay(float64(l.value), a.period), Hidden: l.hidden, Estimated: l.estimated, Hosts: l.hosts}
		if b := before[key]; a.on != "" && !l.hidden && !b.hidden {
			c := &event.FigureChange{Value: b.value}
			c.Percent, _ = figure.Change(float64(l.value), float64(b.value))
			c.PerDay, _ = figure.ChangePerDay(float64(l.value), a.period, float64(b.value), a.base)
			r.Change = c
		}
		f.Rows = append(f.Rows, r)
	}
	slices.SortFunc(f.Rows, func(x, y event.FigureRow) int {
		return cmp.Or(compareBool(x.Hidden, y.Hidden), cmp.Compare(y.Value, x.Value), slices.Compare(x.Group, y.Group))
	})
	a.rank(f)
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
	for i, r := range f.Rows {
		values[i] = float64(r.Value)
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
