// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"slices"
	"strings"

	"haidang/event"
)

// judgedByLine tells whether each line of a table rests on what the sensors saw of it:
// by affected country and kind, of hours and longer.
func (c *oracleCase) judgedByLine() bool {
	return len(c.f.By) > 0 && c.is("attacks", "incidents", "states", "records") && c.f.Period.Kind != "minute" &&
		!slices.ContainsFunc(c.f.By, func(d string) bool { return d != "country" && d != "kind" })
}

// oracleSeen is what each sensor saw of a line, now and in the base.
type oracleSeen map[string]*[2]int64

// seenByLine counts a table's events by line and sensor.
func (c *oracleCase) seenByLine() map[string]oracleSeen {
	out := map[string]oracleSeen{}
	stages := oracleStages[c.name]
	if c.is("records") {
		stages = []string{"attempt", "incident", "state"}
	}
	for i, p := range []*event.FigurePeriod{&c.f.Period, c.f.Base} {
		for _, r := range c.w.folded(p.From.Std(), p.To.Std(), stages...) {
			if c.f.Of != "world" && r.Country != c.f.Of {
				continue
			}
			g := c.w.group(r, c.f.By)
			if out[g] == nil {
				out[g] = oracleSeen{}
			}
			if out[g][r.Sensor] == nil {
				out[g][r.Sensor] = &[2]int64{}
			}
			out[g][r.Sensor][i] += r.Count
		}
	}
	return out
}

// line judges one line and compares what is told of it.
func (c *oracleCase) line(r *event.FigureRow, seen oracleSeen) string {
	var in, all [2]int64
	for sensor, n := range seen {
		for i := range n {
			all[i] += n[i]
			if c.panel[sensor] {
				in[i] += n[i]
			}
		}
	}
	want := "break"
	enough := func(percent int64) bool { return 100*in[0] >= percent*all[0] && 100*in[1] >= percent*all[1] }
	switch {
	case len(c.panel) > 0 && enough(80):
		want = "plain"
	case len(c.panel) >= 5 && len(c.w.owners(c.panel)) >= 3 && enough(50):
		want = "panel"
	}
	if r.Rests == nil || r.Rests.Rests != want {
		c.fault("%q rests on %+v, by the sensors it is %s: %v of %v", r.Group, r.Rests, want, in, all)
		return want
	}
	told := want != "break" && in[1] > 0 && c.mayBeTold(seen)
	if told != (r.Rests.Percent != nil) || told && math.Abs(*r.Rests.Percent-oracleChange(float64(in[0]), float64(in[1]))) > 0.0501 {
		c.fault("%q: the panel's change is %+v, it saw %v of %v", r.Group, r.Rests, in, all)
	}
	return want
}

// mayBeTold: the others saw nothing, or neither side is some few organisations' own.
func (c *oracleCase) mayBeTold(seen oracleSeen) bool {
	for i := range 2 {
		sides := map[bool]map[string]int64{true: {}, false: {}}
		for sensor, n := range seen {
			if n[i] > 0 {
				sides[c.panel[sensor]][c.w.ownerOf(sensor)] += n[i]
			}
		}
		if len(sides[false]) == 0 {
			continue
		}
		for _, by := range sides {
			var sum, organisations int64
			var each []int64
			for owner, n := range by {
				if sum += n; owner != "a" { // nobody knows
					organisations++
				}
				each = append(each, n)
			}
			slices.Sort(each)
			slices.Reverse(each)
			each = append(each, 0, 0)
			if len(by) > 0 && (organisations < 3 || 10*(sum-each[0]-each[1]) < each[0]) {
				return false
			}
		}
	}
	return true
}

// ownerOf is whose a sensor is: the ministry, else the organisation; "a" is nobody.
func (w *oracleWorld) ownerOf(sensor string) string {
	for i := range oracleSensors {
		if s := &oracleSensors[i]; s.name == sensor {
			return w.contributor(&rawRecord{Org: s.owner})
		}
	}
	return "a"
}

// owners are the organisations that sensors belong to.
func (w *oracleWorld) owners(sensors map[string]bool) map[string]bool {
	out := map[string]bool{}
	for s := range sensors {
		if o := w.ownerOf(s); o != "a" {
			out[o] = true
		}
	}
	return out
}

// matched are the sensors at work in both periods.
func (c *oracleCase) matched() map[string]bool {
	out := map[string]bool{}
	for i := range oracleSensors {
		s := oracleSensors[i].name
		if c.w.steady(s, c.f.Period.From.Std(), c.f.Period.To.Std()) && c.w.steady(s, c.f.Base.From.Std(), c.f.Base.To.Std()) {
			out[s] = true
		}
	}
	return out
}

// lines judges the changes of a table's lines: of each, on what it rests.
func (c *oracleCase) lines(whole string) map[*event.FigureRow]string {
	out := map[*event.FigureRow]string{}
	var seen map[string]oracleSeen
	if c.judgedByLine() {
		seen, c.panel = c.seenByLine(), c.matched()
	}
	for i := range c.f.Rows {
		r := &c.f.Rows[i]
		if out[r] = whole; seen != nil {
			out[r] = c.line(r, seen[strings.Join(r.Group, " ")])
		} else if r.Rests != nil {
			c.fault("%q rests on %+v by itself", r.Group, r.Rests)
		}
	}
	return out
}
