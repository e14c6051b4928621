// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"haidang/event"
	"haidang/figure"
)

// SensorWork is what one sensor did in a period: in how many hours it was at work,
// and how many events it saw. Owner is its organisation, a ministry's units being
// one; 0 where it is not known.
type SensorWork struct {
	Sensor, Covers string
	Owner          uint32
	Hours          int
	Events, Home   int64 // all, and those that affect the home country
}

// Rules of a change (STATISTICS, "Figures").
const (
	atWork         = 0.90 // of both periods' hours, for the matched panel
	mostEvents     = 0.80 // of both periods', for the plain change
	enoughEvents   = 0.50 // for the panel's alone
	minPanel       = 5    // sensors
	minPanelOwners = 3
)

// panel says on what changes of a figure rest, the whole's and each line's, and takes
// away those that may not be published.
func (g *Gate) panel(a *asked, f *event.Figure) error {
	if a.on == "" || g.lattice.Work == nil || a.def.Counts.OfParticipants() || a.def.Counts == figure.CountsAddresses {
		return nil
	}
	now, err := g.work(a, a.period)
	if err != nil {
		return err
	}
	before, err := g.work(a, a.base)
	if err != nil {
		return err
	}
	of, err := g.panelEvents(a, now, before)
	if err != nil {
		return err
	}
	p := match(a, now, before)
	f.Panel = p.whole(a, of)
	return g.panelRows(a, f, p)
}

// worked is what sensors did in a period, by name. It may be others' too, and is not
// changed.
type worked []SensorWork

// find gives what a sensor did; nil where it did nothing.
func (w worked) find(sensor string) *SensorWork {
	at, ok := slices.BinarySearchFunc(w, sensor, func(x SensorWork, name string) int { return strings.Compare(x.Sensor, name) })
	if !ok {
		return nil
	}
	return &w[at]
}

// work gives what sensors did in a period.
func (g *Gate) work(a *asked, p figure.Period) (out worked, err error) {
	byName := func(x, y SensorWork) int { return strings.Compare(x.Sensor, y.Sensor) }
	for i, stage := range a.def.Counts.Stages() {
		list, err := g.lattice.Work(event.TimeOf(p.From), event.TimeOf(p.To), stage)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out = list
			continue
		}
		out = slices.Concat(out, list)
	}
	if !slices.IsSortedFunc(out, byName) {
		out = slices.SortedStableFunc(slices.Values(out), byName)
	}
	return out.summed(), nil
}

// summed adds up what one sensor did by several stages; the rest is as of the last.
func (w worked) summed() worked {
	twice := func(i int) bool { return i > 0 && w[i].Sensor == w[i-1].Sensor }
	var out worked
	for i := range w {
		switch {
		case twice(i):
			if out == nil {
				out = slices.Clone(w[:i])
			}
			last := &out[len(out)-1]
			one := w[i]
			one.Events, one.Home = one.Events+last.Events, one.Home+last.Home
			*last = one
		case out != nil:
			out = append(out, w[i])
		}
	}
	if out == nil {
		return w
	}
	return out
}

// saw is how many events a sensor saw.
type saw struct {
	sensor string
	events int64
}

// panelEvents gives the events that the panel is judged by, by sensor in the period and
// its base: those that affect the figure's country where what sensors saw of it is
// known; else all that they saw of the stage.
func (g *Gate) panelEvents(a *asked, now, before worked) (events [2][]saw, err error) {
	switch {
	case a.of == figure.World || a.def.Counts == figure.CountsHosted:
	case a.of == g.lattice.Home.String():
		home, err := g.homeOnly(a, now, before)
		if err != nil || home {
			return eventsOf(now, before, func(w *SensorWork) int64 { return w.Home }), err
		}
	case g.viewed(a, nil):
		all, err := g.views(a, nil)
		if s := all[""]; err != nil || s != nil {
			return cmp.Or(s, &lineSeen{}).by, err
		}
	}
	return eventsOf(now, before, func(w *SensorWork) int64 { return w.Events }), nil
}

func eventsOf(now, before worked, of func(*SensorWork) int64) (out [2][]saw) {
	for i, work := range []worked{now, before} {
		out[i] = make([]saw, len(work))
		for j := range work {
			out[i][j] = saw{work[j].Sensor, of(&work[j])}
		}
	}
	return out
}

// homeOnly reports whether sensors kept apart, in both periods, what affects the home
// country: they did not in the first versions.
func (g *Gate) homeOnly(a *asked, now, before worked) (bool, error) {
	for _, x := range []struct {
		p    figure.Period
		work worked
	}{{a.period, now}, {a.base, before}} {
		var want, have int64
		for _, w := range x.work {
			have += w.Home
		}
		for _, stage := range a.def.Counts.Stages() {
			q := (&table{}).rollup(a.def, a.of, nil, event.TimeOf(x.p.From), event.TimeOf(x.p.To))
			q.Stage = stage
			r, err := g.rollups.Rollup(q)
			if err != nil {
				return false, err
			}
			for _, row := range r.Rows {
				want += row.Events
			}
		}
		if want != have {
			return false, nil
		}
	}
	return true, nil
}

// matched is the matched panel of two periods.
type matched struct {
	sensors map[string]member // of both periods
	panel   int
	owners  map[uint32]bool     // of the panel, that are known
	sides   [2]map[uint32]int64 // room for others' events and the panel's, by owner
}

// member is a sensor: whether it is of the panel, and whose it is, 0 where it is not
// known.
type member struct {
	in    bool
	owner uint32
}

// match finds the sensors of one coverage that were at work in both periods.
func match(a *asked, now, before worked) *matched {
	p := &matched{sensors: make(map[string]member, max(len(now), len(before))), owners: map[uint32]bool{}}
	for i := range before {
		p.sensors[before[i].Sensor] = member{owner: before[i].Owner}
	}
	whole, base := hoursOf(a.period), hoursOf(a.base)
	for i := range now {
		w := &now[i]
		b := before.find(w.Sensor)
		in := b != nil && b.Covers == w.Covers && steady(w.Hours, whole) && steady(b.Hours, base)
		p.sensors[w.Sensor] = member{in, w.Owner}
		if !in {
			continue
		}
		if p.panel++; w.Owner != 0 {
			p.owners[w.Owner] = true
		}
	}
	return p
}

// of sums what the panel saw.
func (p *matched) of(by []saw) (n int64) {
	for i := range by {
		if p.sensors[by[i].sensor].in {
			n += by[i].events
		}
	}
	return n
}

// rule says on what a change rests of which the panel saw so large a part: the plain
// change where that is most of both periods' events, else the panel's alone, else
// none.
func (p *matched) rule(seen float64) string {
	switch {
	case p.panel > 0 && seen >= mostEvents:
		return event.RestsOnMost
	case p.panel >= minPanel && len(p.owners) >= minPanelOwners && seen >= enoughEvents:
		return event.RestsOnPanel
	}
	return event.RestsOnNothing
}

// whole applies the rule to all that a figure counts. Only rounded parts are told:
// what is not the panel's is some few sensors'.
func (p *matched) whole(a *asked, events [2][]saw) *event.FigurePanel {
	in := [2]int64{p.of(events[0]), p.of(events[1])}
	seen := least(in, [2]int64{total(events[0]), total(events[1])})
	out := &event.FigurePanel{Rests: p.rule(seen), Sensors: p.panel, Organisations: len(p.owners), Share: math.Floor(100 * seen)}
	if out.Rests != event.RestsOnNothing {
		out.Percent, out.PerDay = a.changes(in)
	}
	return out
}

// changes gives the change of what a panel saw, rounded; nil where the base is 0.
func (a *asked) changes(in [2]int64) (percent, perDay *float64) {
	if v, ok := figure.ChangePerDay(float64(in[0]), a.period, float64(in[1]), a.base); ok {
		perDay = new(math.Round(10*v) / 10)
	}
	if v, ok := figure.Change(float64(in[0]), float64(in[1])); ok {
		percent = new(math.Round(10*v) / 10)
	}
	return percent, perDay
}

// least gives the lesser part that the panel saw of both periods' events.
func least(in, all [2]int64) float64 { return min(part(in[0], all[0]), part(in[1], all[1])) }

// part gives a share of events; of none it is all.
func part(n, of int64) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// hoursOf counts the UTC hours that a period is of.
func hoursOf(p figure.Period) int64 {
	const hour = int64(time.Hour / time.Second)
	return (p.To.Unix()-1)/hour - p.From.Unix()/hour + 1
}

// steady reports whether so many hours are nine tenths of a period's.
func steady(hours int, of int64) bool { return float64(hours) >= atWork*float64(of) }
