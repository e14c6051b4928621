// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"fmt"
	"testing"
	"time"

	"haidang/event"
)

// at makes what n sensors of as many organisations did: hours at work and events.
func at(n int, first string, hours int, events int64) (out []SensorWork) {
	for i := range n {
		out = append(out, SensorWork{Sensor: fmt.Sprint(first, i), Covers: "x", Owner: uint32(i + 1), Hours: hours, Events: events, Home: events})
	}
	return out
}

func TestAChangeRestsOnItsSensors(t *testing.T) {
	moved := at(5, "s", 24, 20)
	moved[0].Covers = "another"
	one := at(5, "s", 24, 20)
	for i := range one {
		one[i].Owner = 7
	}
	for _, c := range []struct {
		name        string
		now, before []SensorWork
		want        string
		sensors     int
		share       float64
	}{
		{"all the same", at(5, "s", 24, 30), at(5, "s", 24, 20), event.RestsOnMost, 5, 100},
		{"nine tenths of the hours", at(2, "s", 22, 30), at(2, "s", 24, 20), event.RestsOnMost, 2, 100},
		{"less than nine tenths", at(2, "s", 21, 30), at(2, "s", 24, 20), event.RestsOnNothing, 0, 0},
		{"a new one saw a fifth", append(at(4, "s", 24, 20), at(1, "n", 24, 20)...), at(4, "s", 24, 20), event.RestsOnMost, 4, 80},
		{"new ones saw a third", append(at(6, "s", 24, 20), at(3, "n", 24, 20)...), at(6, "s", 24, 20), event.RestsOnPanel, 6, 66},
		{"four sensors", append(at(4, "s", 24, 20), at(2, "n", 24, 20)...), at(4, "s", 24, 20), event.RestsOnNothing, 4, 66},
		{"one organisation", append(one[:5:5], at(2, "n", 24, 20)...), one, event.RestsOnNothing, 5, 71},
		{"those that went saw most", at(5, "s", 24, 20), append(at(5, "s", 24, 20), at(6, "w", 24, 20)...), event.RestsOnNothing, 5, 45},
		{"one covers something else", at(5, "s", 24, 20), moved, event.RestsOnMost, 4, 80},
		{"none", nil, nil, event.RestsOnNothing, 0, 100},
	} {
		sum := func(all []SensorWork) (n int64) {
			for _, w := range all {
				n += w.Home
			}
			return n
		}
		g := latticeGate(&counts{days: map[string][]event.RollupRow{"2026-11-20": {row(sum(c.now))}, "2026-11-19": {row(sum(c.before))}}})
		g.lattice.Work = func(from, _ event.Time, _ event.Stage) ([]SensorWork, error) {
			if from.Std().In(hanoi).Format(time.DateOnly) == "2026-11-20" {
				return c.now, nil
			}
			return c.before, nil
		}
		r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Period: "2026-11-20", Base: "previous"})
		if err != nil {
			t.Fatal(err)
		}
		f := r.Value()
		if p := f.Panel; p.Rests != c.want || p.Sensors != c.sensors || p.Share != c.share {
			t.Errorf("%s: %+v", c.name, p)
		}
		if plain := f.Rows[0].Change != nil; plain != (c.want == event.RestsOnMost) || (f.Panel.Percent == nil) != (c.want == event.RestsOnNothing) {
			t.Errorf("%s: plain change %v, panel's %v", c.name, plain, f.Panel.Percent)
		}
	}
}

// Where sensors' events on the home country are not what the figure counts, as of
// records counted by an earlier version, all that they saw is the measure.
func TestThePanelIsOfTheFiguresEvents(t *testing.T) {
	work := []SensorWork{{Sensor: "a", Hours: 24, Events: 100, Home: 10}, {Sensor: "b", Hours: 2, Events: 10, Home: 90}}
	for _, c := range []struct {
		total int64
		of    string
		want  string
	}{{100, "VN", event.RestsOnNothing}, {37, "VN", event.RestsOnMost}, {100, "US", event.RestsOnMost}} {
		g := latticeGate(&counts{days: map[string][]event.RollupRow{"2026-11-20": {row(c.total)}, "2026-11-19": {row(c.total)}}})
		g.lattice.Work = func(event.Time, event.Time, event.Stage) ([]SensorWork, error) { return work, nil }
		r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Of: c.of, Period: "2026-11-20", Base: "previous"})
		if err != nil || r.Value().Panel.Rests != c.want {
			t.Errorf("%+v: %+v %v", c, r.Value().Panel, err)
		}
	}
}
