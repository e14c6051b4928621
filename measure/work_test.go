// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
)

// atWork is what a sensor did of attempts.
type atWork struct {
	Sensor       string
	Hours        int
	Events, Home int64
}

func attempts(list []Work) (out []atWork) {
	for _, w := range list {
		out = append(out, atWork{w.Sensor, w.Hours, w.All.Events(event.StageAttempt), w.Home.Events(event.StageAttempt)})
	}
	return out
}

// What sensors did is the same from memory, after the hours left it, and after a
// restart.
func TestWorkOfSensors(t *testing.T) {
	m, clock := newAt(noon)
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]*atWork{}
	hours := map[string]map[int64]bool{}
	from, to := noon.AddDate(0, 0, -3).Truncate(24*time.Hour), noon.AddDate(0, 0, -1).Truncate(24*time.Hour).Add(5*time.Hour)
	var all []*event.Event
	for range 400 {
		at := noon.Add(-time.Duration(r.IntN(100*3600)) * time.Second)
		name := []string{"a", "b", "c"}[r.IntN(3)]
		home := r.IntN(2) == 0
		e := attack(at, func(e *event.Event) {
			e.Observer = name
			e.Hash = event.Bytes16{}
			if !home {
				e.Destination.Country = event.MustCountry("LA")
			}
		})
		all = append(all, e)
		if at.Before(from) || !at.Before(to) {
			continue
		}
		if want[name] == nil {
			want[name], hours[name] = &atWork{Sensor: name}, map[int64]bool{}
		}
		w := want[name]
		w.Events++
		hours[name][at.Unix()/3600] = true
		if w.Hours = len(hours[name]); home {
			w.Home++
		}
	}
	m.Add(batchOf(all))
	check := func(what string, m *Measure) {
		t.Helper()
		got, _, err := m.Work(event.TimeOf(from), event.TimeOf(to))
		if d := cmp.Diff([]atWork{*want["a"], *want["b"], *want["c"]}, attempts(got)); d != "" || err != nil {
			t.Errorf("%s: %v %s", what, err, d)
		}
	}
	check("from memory", m)
	again, _ := newAt(noon)
	for _, p := range m.Cut() {
		if err := again.Load(p.Key, p.Data); err != nil {
			t.Fatal(err)
		}
	}
	check("after a restart", again)
	clock.at = clock.at.Add(time.Minute)
	m.cfg.HourBudget = 1
	for _, b := range m.buckets[ByHour] {
		m.day(b.start).retired = true
		b.pack(&cellOrder{})
	}
	m.evictHours()
	clock.at = clock.at.Add(time.Minute)
	if n := len(m.buckets[ByHour]); n > 0 {
		t.Fatalf("%d hours are left", n)
	}
	got, whole, _ := m.Work(event.TimeOf(from), event.TimeOf(to))
	if whole {
		t.Error("a part of a day whose hours are gone is said to be whole")
	}
	for _, w := range got { // whole days are still counted
		if w.Hours != want[w.Sensor].Hours {
			t.Errorf("%s was at work in %d hours, want %d", w.Sensor, w.Hours, want[w.Sensor].Hours)
		}
	}
}

// A daily feed is at work all day, whatever time its records carry.
func TestAFeedIsAtWorkAllDay(t *testing.T) {
	m, _ := newAt(noon)
	m.Add(batchOf([]*event.Event{attack(noon, func(e *event.Event) { e.Observer, e.ObserverType = "feed", event.ObserverFeed })}))
	day := noon.Truncate(24 * time.Hour)
	got, _, err := m.Work(event.TimeOf(day), event.TimeOf(day.AddDate(0, 0, 1)))
	if d := cmp.Diff([]atWork{{Sensor: "feed", Hours: 24, Events: 1, Home: 1}}, attempts(got), cmpopts.EquateEmpty()); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}
