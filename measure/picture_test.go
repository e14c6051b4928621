// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

var vn, us, cn = event.MustCountry("VN"), event.MustCountry("US"), event.MustCountry("CN")

// attack is one confirmed password guess from US against VN.
func attack(at time.Time, change ...func(e *event.Event)) *event.Event {
	e := &event.Event{}
	e.Reset()
	e.Time, e.Ingested = event.TimeOf(at), event.TimeOf(at)
	e.Source = event.Endpoint{IP: event.Addr{15: 1}, AS: 64500, Country: us}
	e.Destination = event.Endpoint{IP: event.Addr{15: 2}, AS: 64501, Country: vn}
	e.Stage, e.Affected, e.Confirmed = event.StageAttempt, event.SideDestination, event.ConfirmedYes
	e.RSIT, e.Way, e.Observer = event.RSITBruteForce, event.WayNetwork, "hue"
	for _, f := range change {
		f(e)
	}
	return e
}

func times(n int, f func() *event.Event) (out []*event.Event) {
	for range n {
		out = append(out, f())
	}
	return out
}

func TestPictureOfToday(t *testing.T) {
	m, c := newAt(noon)
	today := midnight(noon, m.cfg.Zone)
	var all []*event.Event
	add := func(n int, at time.Time, change ...func(e *event.Event)) {
		all = append(all, times(n, func() *event.Event { return attack(at, change...) })...)
	}
	add(5, noon)
	add(2, today)                   // the first instant of the local day
	add(7, today.Add(-time.Second)) // yesterday, though the same UTC day
	add(3, noon, func(e *event.Event) { e.Source.Country, e.Source.AS, e.RSIT = cn, 64502, event.RSITScanner })
	add(4, noon, func(e *event.Event) { e.Confirmed = event.ConfirmedNo })
	add(6, noon, func(e *event.Event) { e.Source.Country, e.Destination.Country = vn, us })
	add(1, noon, func(e *event.Event) { e.Stage = event.StageIncident })
	add(1, noon, func(e *event.Event) { e.Stage = event.StageState })
	add(9, noon, func(e *event.Event) { e.Excluded = "own scan" })
	add(8, noon, func(e *event.Event) { e.Stage, e.Affected = event.StageContext, event.SideNone })
	add(1, noon, func(e *event.Event) { e.Affected, e.Source.Country = event.SideBoth, vn })
	add(2, today.Add(-5*time.Hour), func(e *event.Event) { e.Sector = event.SectorHealth })
	m.Add(batchOf(all))
	p := m.Picture()

	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, want- got+:\n%s", what, diff)
		}
	}
	same("day", p.DayStart, event.TimeOf(time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)))
	same("today", p.Today, event.Totals{Attacks: 15, Incidents: 1, States: 1, Records: 17, Excluded: 9})
	same("world", p.World, event.Totals{Attacks: 21, Incidents: 1, States: 1, Context: 8, Records: 31, Excluded: 9})
	same("hosting", p.Hosting, []event.Count{{Key: "US", Events: 7, Records: 7}, {Key: "CN", Events: 3, Records: 3}, {Key: "VN", Events: 1, Records: 1}})
	same("unconfirmed", p.Unconfirmed, int64(4))
	same("hosting AS", p.HostingAS, []event.Count{{Key: "64500", Events: 8, Records: 8}, {Key: "64502", Events: 3, Records: 3}})
	same("hosted in", p.HostedIn.Attacks, int64(7))
	same("affected", p.Affected, []event.Count{{Key: "VN", Events: 15, Records: 15}, {Key: "US", Events: 6, Records: 6}})
	same("kinds", p.Kinds, []event.Count{
		{Key: "intrusion-attempts/brute-force", Events: 12, Records: 12}, {Key: "information-gathering/scanner", Events: 3, Records: 3},
	})
	same("ways", p.Ways, []event.Count{{Key: "network", Events: 15, Records: 15}})
	same("sectors", p.Sectors, []event.Count{{Key: "health", Events: 2, Records: 2, Largest: 2}})
	same("minutes", len(p.Minutes), 60)
	same("last minute", p.Minutes[59], event.Minute{Start: minuteStart(noon), Attacks: 13, Incidents: 1, States: 1})
	same("first minute", p.Minutes[0], event.Minute{Start: minuteStart(noon.Add(-59 * time.Minute))})
	same("watermark", p.Watermark, event.TimeOf(noon.Add(-time.Minute)))

	c.at = c.at.Add(24 * time.Hour)
	same("tomorrow", m.Picture().Today, event.Totals{})
}

func minuteStart(t time.Time) event.Time { return event.TimeOf(t.Truncate(time.Minute)) }

func TestPictureIsCachedAndRenewed(t *testing.T) {
	m, c := newAt(noon)
	m.Add(batchOf(times(3, func() *event.Event { return attack(noon) })))
	if n := m.Picture().Today.Attacks; n != 3 {
		t.Fatalf("%d attacks, want 3", n)
	}
	m.Add(batchOf(times(2, func() *event.Event { return attack(noon) })))
	if n := m.Picture().Today.Attacks; n != 3 {
		t.Fatalf("a picture of the same instant shows %d, want the cached 3", n)
	}
	c.at = c.at.Add(200 * time.Millisecond)
	if n := m.Picture().Today.Attacks; n != 5 {
		t.Fatalf("after 200 ms %d attacks, want 5", n)
	}
}

func TestReplayIsShownOnlyOnTheDayItCounts(t *testing.T) {
	m, c := newAt(noon)
	m.Add(batchOf([]*event.Event{attack(noon, func(e *event.Event) { e.Replay = true })}))
	if p := m.Picture(); !p.Replay || !p.Sensors[0].Replay {
		t.Fatal("a replayed record does not mark the picture and its sensor")
	}
	var s shelf
	s.keep(m.Cut())
	again, _ := restart(t, &s, noon)
	if p := again.Picture(); !p.Replay || !p.Sensors[0].Replay {
		t.Fatal("the mark of a replay is lost in a restart")
	}
	c.at = c.at.Add(48 * time.Hour)
	if m.Picture().Replay {
		t.Fatal("two days later the picture is still called a replay")
	}
}

// An average day is the sum of its hours' means over the weeks in which anything was
// received in them: an hour in which no sensor was alive is no nought, neither in a
// week before nor today.
func TestAverageOfTheWeekday(t *testing.T) {
	type at struct {
		week      int // weeks ago
		hour      int
		attacks   int
		otherwise bool // context is received
	}
	for _, c := range []struct {
		name string
		all  []at
		want float64
	}{
		{"the mean of two weeks, half of the hour under way", []at{{0, 4, 1, false}, {0, 6, 1, false}, {1, 4, 10, false}, {1, 6, 10, false}, {2, 4, 20, false}, {2, 6, 20, false}}, 15 + 7.5},
		{"a week's dead hour is left out of that hour's mean", []at{{0, 3, 1, false}, {0, 4, 1, false}, {1, 3, 8, false}, {1, 4, 10, false}, {2, 4, 30, false}}, 8 + 20},
		{"a quiet hour is a nought", []at{{0, 3, 1, false}, {0, 4, 1, false}, {1, 3, 8, false}, {1, 4, 10, false}, {2, 3, 0, true}, {2, 4, 30, false}}, 4 + 20},
		{"an hour in which today was dead is not expected", []at{{0, 4, 1, false}, {1, 3, 8, false}, {1, 4, 10, false}}, 10},
		{"an hour of today in which only context came is", []at{{0, 3, 0, true}, {0, 4, 1, false}, {1, 3, 8, false}, {1, 4, 10, false}}, 18},
		{"nothing to compare an hour with: unknown", []at{{0, 3, 1, false}, {0, 4, 1, false}, {1, 4, 10, false}}, 0},
		{"later hours, other weekdays' and old weeks' do not count", []at{{0, 4, 1, false}, {1, 4, 10, false}, {1, 9, 50, false}, {52, 4, 90, false}}, 10},
		{"nothing at all", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, clock := newAt(noon)
			clock.at = midnight(noon, m.cfg.Zone).Add(6*time.Hour + 30*time.Minute)
			all := []*event.Event{}
			for _, x := range c.all {
				when := midnight(noon, m.cfg.Zone).AddDate(0, 0, -7*x.week).Add(time.Duration(x.hour)*time.Hour + 10*time.Minute)
				all = append(all, times(x.attacks, func() *event.Event { return attack(when) })...)
				if x.otherwise {
					all = append(all, attack(when, func(e *event.Event) { e.Stage, e.Affected = event.StageContext, event.SideNone }))
				}
			}
			if len(all) > 0 {
				all = append(all, attack(clock.at.AddDate(0, 0, -8)))
			}
			m.Add(batchOf(all))
			if got := m.Picture().Average; got != c.want {
				t.Errorf("average %v, want %v", got, c.want)
			}
		})
	}
}

func TestLiveRateAndFlows(t *testing.T) {
	m, c := newAt(noon)
	for second := range 5 {
		var all []*event.Event
		for range 20 {
			all = append(all, attack(c.at))
		}
		all = append(all, attack(c.at, func(e *event.Event) { e.Source.Country = cn }))
		all = append(all, attack(c.at, func(e *event.Event) { e.Confirmed = event.ConfirmedNo }))
		all = append(all, attack(c.at, func(e *event.Event) { e.Destination.Country = us }))
		// Neither backfill nor what is read again after a stop is of now.
		all = append(all, attack(c.at, func(e *event.Event) { e.Time -= event.Time(8 * 24 * time.Hour) }))
		all = append(all, attack(c.at, func(e *event.Event) { e.Ingested -= event.Time(time.Minute) }))
		m.Add(batchOf(all))
		c.at = c.at.Add(time.Second)
		p := m.Picture()
		if math.Abs(p.Rate-22) > 1e-9 || math.Abs(p.WorldRate-23) > 1e-9 {
			t.Fatalf("second %d: rates %v and %v, want 22 and 23 from the first second on", second, p.Rate, p.WorldRate)
		}
		want := []event.Flow{
			{From: us, To: vn, Kind: event.RSITBruteForce, Events: 20},
			{From: cn, To: vn, Kind: event.RSITBruteForce, Events: 1},
			{From: us, To: us, Kind: event.RSITBruteForce, Events: 1},
		}
		if diff := cmp.Diff(want, p.Flows); diff != "" || p.FlowsRest != 1 {
			t.Fatalf("second %d: rest %d, flows want- got+:\n%s", second, p.FlowsRest, diff)
		}
	}
	c.at = c.at.Add(9 * time.Second) // ten seconds of nothing since the last
	p := m.Picture()
	want := 22 * math.Exp(-0.9) * (1 - math.Exp(-0.5)) / (1 - math.Exp(-1.4))
	if math.Abs(p.Rate-want) > 1e-9 || len(p.Flows) != 0 {
		t.Fatalf("after a pause: rate %v want %v, flows %v", p.Rate, want, p.Flows)
	}
}

func TestManyFlowsAreCutAndTheRestCounted(t *testing.T) {
	m, c := newAt(noon)
	var all []*event.Event
	for i := range 70 {
		for range i + 1 {
			all = append(all, attack(noon, func(e *event.Event) { e.Source.Country = country(uint64(1 + i)) }))
		}
	}
	m.Add(batchOf(all))
	c.at = c.at.Add(time.Second)
	p := m.Picture()
	if len(p.Flows) != maxFlows || p.Flows[0].Events != 70 || p.FlowsRest != 20*21/2 {
		t.Fatalf("%d flows, first %v, rest %d", len(p.Flows), p.Flows[0], p.FlowsRest)
	}
}

func TestSensorsAndWatermark(t *testing.T) {
	m, c := newAt(noon)
	m.deps.SensorInfo = func(name string) (event.Sensor, bool) {
		return event.Sensor{Country: "VN", Covers: "a university"}, name == "hue"
	}
	late := func(e *event.Event) { e.Time -= event.Time(5 * time.Minute); e.Observer = "da-nang" }
	for range 20 {
		m.Add(batchOf(times(10, func() *event.Event { return attack(c.at) })))
		c.at = c.at.Add(time.Second)
	}
	m.Add(batchOf([]*event.Event{attack(c.at, late)}))
	m.Add(batchOf([]*event.Event{attack(c.at, func(e *event.Event) {
		e.Observer, e.ObserverType = "daily", event.ObserverFeed
		e.Time -= event.Time(20 * time.Hour)
	})}))
	m.Drops("hue", 12)
	p := m.Picture()
	last := event.TimeOf(c.at)
	want := []event.SensorState{
		{Name: "da-nang", LastSeen: last, Skew: int64(5 * time.Minute)},
		{Name: "daily", LastSeen: last, Skew: int64(20 * time.Hour)},
		{Name: "hue", Country: vn, Covers: "a university", LastSeen: last - event.Time(time.Second), Rate: 10, Drops: 12},
	}
	for i := range p.Sensors {
		p.Sensors[i].Rate = math.Round(p.Sensors[i].Rate)
	}
	if diff := cmp.Diff(want, p.Sensors); diff != "" {
		t.Fatalf("sensors, want- got+:\n%s", diff)
	}
	if want := last - event.Time(56*time.Hour); p.Watermark != want {
		t.Fatalf("watermark %v, want the feed's newest less 36 hours, %v", p.Watermark, want)
	}
	c.at = c.at.Add(4 * time.Minute)
	m.Add(batchOf([]*event.Event{attack(c.at)}))
	c.at = c.at.Add(7 * time.Minute)
	p = m.Picture()
	if !p.Sensors[0].Silent || !p.Sensors[2].Silent {
		t.Fatal("sensors are not called silent after three minutes")
	}
	if want := event.TimeOf(c.at.Add(-8 * time.Minute)); p.Watermark != want {
		t.Fatalf("watermark %v, want %v: silent sensors do not hold it", p.Watermark, want)
	}
	c.at = c.at.Add(time.Hour)
	if w := m.Watermark(); w.IsSet() {
		t.Fatalf("watermark %v with nobody heard, want none", w)
	}
}

func TestSensorsOutliveARestart(t *testing.T) {
	m, _ := newAt(noon)
	m.Add(batchOf([]*event.Event{attack(noon)}))
	m.Drops("hue", 3)
	var s shelf
	s.keep(m.Cut())
	again, _ := restart(t, &s, noon.Add(time.Hour))
	want := []event.SensorState{{Name: "hue", LastSeen: event.TimeOf(noon), Drops: 3, Silent: true}}
	if diff := cmp.Diff(want, again.Picture().Sensors); diff != "" {
		t.Fatalf("want- got+:\n%s", diff)
	}
	if got := again.Picture().LastEvent; got != event.TimeOf(noon) {
		t.Fatalf("last event %v", got)
	}
}

func TestHalfHourZone(t *testing.T) {
	zone := time.FixedZone("+05:30", 5*3600+1800)
	m := New(Config{Home: vn, Zone: zone}, Dependencies{Now: func() time.Time { return noon }})
	today := midnight(noon, zone)
	m.Add(batchOf([]*event.Event{attack(today.Add(-time.Minute)), attack(today), attack(today.Add(time.Minute))}))
	if n := m.Picture().Today.Attacks; n != 2 {
		t.Fatalf("%d attacks since %v, want 2", n, today)
	}
}

func ExampleMeasure_Ranking() {
	m := New(Config{Home: vn}, Dependencies{Now: func() time.Time { return noon }})
	m.Add(batchOf([]*event.Event{attack(noon), attack(noon), attack(noon, func(e *event.Event) { e.Source.Country = cn })}))
	rows, whole, err := m.Ranking(DimHostingCountry, event.TimeUnset, event.TimeUnset, event.StageAttempt, Is(DimAffectedCountry, "VN"))
	for _, r := range rows {
		fmt.Println(r.Key, r.Events)
	}
	fmt.Println(whole, err)
	// Output:
	// US 2
	// CN 1
	// true <nil>
}
