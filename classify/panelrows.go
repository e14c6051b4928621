// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"
	"strings"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// SensorView is how many events of one line a sensor saw; Group has the line's values.
type SensorView struct {
	Sensor string
	Group  []string
	Events int64
}

// ViewQuery asks which sensors saw a stage's events on a country, or of the world
// where it is "": by affected.country, cert.rsit or both.
type ViewQuery struct {
	Country  string
	By       []string
	From, To event.Time
	Stage    event.Stage
}

// views are what sensors saw of each line.
type views map[string]*lineSeen

// lineSeen is what sensors saw of a line, in the period and its base.
type lineSeen struct {
	by      [2][]saw
	counted [2]int64
	told    bool // of what is counted
	coming  int  // of a list that is taken in
}

// viewed tells whether it is kept by some dimensions of a figure what sensors saw,
// which it is by the hour. It is not asked where a citation of before then is worked
// out again, and not of protected lines: what a panel saw of one would be a few
// organisations' own.
func (g *Gate) viewed(a *asked, by []string) bool {
	return g.lattice.Views != nil && a.form == 0 && a.period.Kind != figure.Minute && a.def.Counts != figure.CountsHosted && !a.table.protected &&
		!slices.ContainsFunc(by, func(d string) bool { return d != "country" && d != "kind" })
}

// panelRows judges each line of a table by the events that it counts. Where it is not
// known what sensors saw of the lines, they rest on what the whole does.
func (g *Gate) panelRows(a *asked, f *event.Figure, p *matched) (err error) {
	var all views
	if len(a.by) > 0 && g.viewed(a, a.by) {
		if all, err = g.views(a, a.by); err != nil {
			return err
		}
	}
	for i := range f.Rows {
		r, rests := &f.Rows[i], f.Panel.Rests
		if s := all[strings.Join(r.Group, "\x00")]; s != nil {
			r.Rests = p.line(a, &s.by)
			rests = r.Rests.Rests
		}
		if rests != event.RestsOnMost {
			r.Change = nil
		}
	}
	return nil
}

// views gives by line what sensors saw of it; none where of any line they did not see
// just what is counted, as of days counted before there were views.
func (g *Gate) views(a *asked, by []string) (views, error) {
	seen := views{}
	if len(by) == 0 {
		seen.line("").told = true // there is a line though nothing is counted
	}
	for i, p := range []figure.Period{a.period, a.base} {
		from, to := event.TimeOf(p.From), event.TimeOf(p.To)
		for _, stage := range a.def.Counts.Stages() {
			q := a.table.rollup(a.def, a.of, by, from, to)
			q.Stage = stage
			r, err := g.rollups.Rollup(q)
			if err != nil {
				return nil, err
			}
			for j := range r.Rows {
				row := &r.Rows[j]
				l := seen.line(strings.Join(row.Group, "\x00"))
				l.told = true
				l.counted[i] += row.Events
			}
			list, err := g.lattice.Views(a.viewQuery(q.By, from, to, stage))
			if err != nil {
				return nil, err
			}
			seen.add(i, list)
		}
	}
	for _, l := range seen {
		if l.told && (total(l.by[0]) != l.counted[0] || total(l.by[1]) != l.counted[1]) {
			return nil, nil
		}
	}
	return seen, nil
}

func (a *asked) viewQuery(by []string, from, to event.Time, stage event.Stage) ViewQuery {
	q := ViewQuery{By: by, From: from, To: to, Stage: stage}
	if a.of != figure.World {
		q.Country = a.of
	}
	return q
}

// add takes in what sensors saw, in one piece of memory.
func (s views) add(period int, list []SensorView) {
	lines := make([]*lineSeen, len(list))
	for i := range list {
		lines[i] = s.line(strings.Join(list[i].Group, "\x00"))
		lines[i].coming++
	}
	room := make([]saw, len(list))
	for i, l := range lines {
		if n := l.coming; n > 0 && len(l.by[period]) == 0 {
			l.by[period], room = room[:0:n], room[n:]
		}
		l.coming = 0
		l.by[period] = append(l.by[period], saw{list[i].Sensor, list[i].Events})
	}
}

func (s views) line(key string) *lineSeen {
	l := s[key]
	if l == nil {
		l = &lineSeen{}
		s[key] = l
	}
	return l
}

func total(by []saw) (n int64) {
	for i := range by {
		n += by[i].events
	}
	return n
}

// line applies the rule of changes to one line. What the panel saw of it is told
// only where neither that nor what others saw could be a few organisations' own.
func (p *matched) line(a *asked, s *[2][]saw) *event.FigureRests {
	in := [2]int64{p.of(s[0]), p.of(s[1])}
	all := [2]int64{total(s[0]), total(s[1])}
	out := &event.FigureRests{Rests: p.rule(least(in, all))}
	if out.Rests == event.RestsOnNothing || !p.tellable(s) {
		return out
	}
	out.Percent, out.PerDay = a.changes(in)
	return out
}

// tellable reports whether what the panel saw of a line, and what others saw, pass
// the rules of counts that organisations contribute to: each sensor's events are its
// owner's. Where others saw none, the panel's are the line's own, which are told.
func (p *matched) tellable(s *[2][]saw) bool {
	for _, by := range s {
		for side := range p.sides {
			if p.sides[side] == nil {
				p.sides[side] = map[uint32]int64{}
			}
			clear(p.sides[side])
		}
		for i := range by {
			of, side := p.sensors[by[i].sensor], 0
			if of.in {
				side = 1
			}
			p.sides[side][of.owner] += by[i].events
		}
		others, panel := p.sides[0], p.sides[1]
		if len(others) == 0 {
			continue
		}
		if !disclosure.Passes(others) || len(panel) > 0 && !disclosure.Passes(panel) {
			return false
		}
	}
	return true
}
