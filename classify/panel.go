// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"math"
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

// work gives what sensors did in a period, by name.
func (g *Gate) work(a *asked, p figure.Period) (map[string]SensorWork, error) {
	var out map[string]SensorWork
	for _, stage := range a.def.Counts.Stages() {
		list, err := g.lattice.Work(event.TimeOf(p.From), event.TimeOf(p.To), stage)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = make(map[string]SensorWork, len(list))
		}
		for _, w := range list {
			s := out[w.Sensor]
			w.Events, w.Home = w.Events+s.Events, w.Home+s.Home
			out[w.Sensor] = w
		}
	}
	return out, nil
}

// panelEvents gives the events that the panel is judged by, by sensor in the period and
// its base: those that affect the figure's country where what sensors saw of it is
// known; else all that they saw of the stage.
func (g *Gate) panelEvents(a *asked, now, before map[string]SensorWork) (events [2]map[string]int64, err error) {
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
			return *cmp.Or(s, &events), err
		}
	}
	return eventsOf(now, before, func(w *SensorWork) int64 { return w.Events }), nil
}

func eventsOf(now, before map[string]SensorWork, of func(*SensorWork) int64) (out [2]map[string]int64) {
	for i, work := range []map[string]SensorWork{now, before} {
		out[i] = make(map[string]int64, len(work))
		for name, w := range work {
			out[i][name] = of(&w)
		}
	}
	return out
}

// homeOnly reports whether sensors kept apart, in both periods, what affects the home
// country: they did not in the first versions.
func (g *Gate) homeOnly(a *asked, now, before map[string]SensorWork) (bool, error) {
	for _, x := range []struct {
		p    figure.Period
		work map[string]SensorWork
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
	panel  map[string]bool
	owner  map[string]uint32 // of all sensors of both periods, 0 where it is not known
	owners map[uint32]bool   // of the panel, that are known
}

// match finds the sensors of one coverage that were at work in both periods.
func match(a *asked, now, before map[string]SensorWork) *matched {
	p := &matched{map[string]bool{}, map[string]uint32{}, map[uint32]bool{}}
	for name, b := range before {
		p.owner[name] = b.Owner
	}
	for name, w := range now {
		p.owner[name] = w.Owner
		b, both := before[name]
		if !both || b.Covers != w.Covers || !steady(w.Hours, a.period) || !steady(b.Hours, a.base) {
			continue
		}
		if p.panel[name] = true; w.Owner != 0 {
			p.owners[w.Owner] = true
		}
	}
	return p
}

// of sums what the panel saw.
func (p *matched) of(by map[string]int64) (n int64) {
	for name, v := range by {
		if p.panel[name] {
			n += v
		}
	}
	return n
}

// rule says on what a change rests of which the panel saw so large a part: the plain
// change where that is most of both periods' events, else the panel's alone, else
// none.
func (p *matched) rule(seen float64) string {
	switch {
	case len(p.panel) > 0 && seen >= mostEvents:
		return event.RestsOnMost
	case len(p.panel) >= minPanel && len(p.owners) >= minPanelOwners && seen >= enoughEvents:
		return event.RestsOnPanel
	}
	return event.RestsOnNothing
}

// whole applies the rule to all that a figure counts. Only rounded parts are told:
// what is not the panel's is some few sensors'.
func (p *matched) whole(a *asked, events [2]map[string]int64) *event.FigurePanel {
	in := [2]int64{p.of(events[0]), p.of(events[1])}
	seen := least(in, [2]int64{total(events[0]), total(events[1])})
	out := &event.FigurePanel{Rests: p.rule(seen), Sensors: len(p.panel), Organisations: len(p.owners), Share: math.Floor(100 * seen)}
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

// steady reports whether so many hours are nine tenths of a period's.
func steady(hours int, p figure.Period) bool {
	const hour = int64(time.Hour / time.Second)
	first, last := p.From.Unix()/hour, (p.To.Unix()-1)/hour
	return float64(hours) >= atWork*float64(last-first+1)
}
