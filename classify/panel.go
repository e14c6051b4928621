// SPDX-License-Identifier: Apache-2.0

package classify

import (
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

// panel says on what a change of a figure rests, and takes away changes that may
// not be published.
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
	f.Panel = match(a, now, before, of)
	if f.Panel.Rests != event.RestsOnMost {
		for i := range f.Rows {
			f.Rows[i].Change = nil
		}
	}
	return nil
}

// work gives what sensors did in a period, by name.
func (g *Gate) work(a *asked, p figure.Period) (map[string]SensorWork, error) {
	out := map[string]SensorWork{}
	for _, stage := range a.def.Counts.Stages() {
		list, err := g.lattice.Work(event.TimeOf(p.From), event.TimeOf(p.To), stage)
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			s := out[w.Sensor]
			w.Events, w.Home = w.Events+s.Events, w.Home+s.Home
			out[w.Sensor] = w
		}
	}
	return out, nil
}

// panelEvents says which events the panel is judged by: those that affect the home
// country where the figure is of these and sensors keep them apart; else all that
// the sensors saw of the stage.
func (g *Gate) panelEvents(a *asked, now, before map[string]SensorWork) (func(SensorWork) int64, error) {
	all := func(w SensorWork) int64 { return w.Events }
	home := func(w SensorWork) int64 { return w.Home }
	if a.of != g.lattice.Home.String() || a.def.Counts == figure.CountsHosted {
		return all, nil
	}
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
				return nil, err
			}
			for _, row := range r.Rows {
				want += row.Events
			}
		}
		if want != have { // counted before sensors kept these apart
			return all, nil
		}
	}
	return home, nil
}

// match makes the matched panel of two periods and applies the rule: the plain
// change where the panel saw most of both periods' events, else the panel's alone,
// else none. Only rounded parts are told: what is not the panel's is some few
// sensors'.
func match(a *asked, now, before map[string]SensorWork, of func(SensorWork) int64) *event.FigurePanel {
	p := &event.FigurePanel{Rests: event.RestsOnNothing}
	owners := map[uint32]bool{}
	var inNow, inBase, allNow, allBase int64
	for name, w := range now {
		allNow += of(w)
		b, both := before[name]
		if !both || b.Covers != w.Covers || !steady(w.Hours, a.period) || !steady(b.Hours, a.base) {
			continue
		}
		p.Sensors++
		if w.Owner != 0 {
			owners[w.Owner] = true
		}
		inNow, inBase = inNow+of(w), inBase+of(b)
	}
	for _, b := range before {
		allBase += of(b)
	}
	p.Organisations = len(owners)
	least := min(part(inNow, allNow), part(inBase, allBase))
	p.Share = math.Floor(100 * least)
	switch {
	case p.Sensors > 0 && least >= mostEvents:
		p.Rests = event.RestsOnMost
	case p.Sensors >= minPanel && p.Organisations >= minPanelOwners && least >= enoughEvents:
		p.Rests = event.RestsOnPanel
	default:
		return p
	}
	if percent, ok := figure.ChangePerDay(float64(inNow), a.period, float64(inBase), a.base); ok {
		p.PerDay = new(math.Round(10*percent) / 10)
	}
	if percent, ok := figure.Change(float64(inNow), float64(inBase)); ok {
		p.Percent = new(math.Round(10*percent) / 10)
	}
	return p
}

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
