// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/store"
)

// What came late and what was put into quarantine is counted by hour of acceptance,
// beside what the doors took in, and survives a restart.
func TestLossesByHour(t *testing.T) {
	now := time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)
	hour := now.Truncate(time.Hour)
	a := newAccountant()
	b := &event.Batch{}
	add := func(sensor string, kind event.ObserverType, behind time.Duration) {
		e := event.Event{Observer: sensor, ObserverType: kind, Ingested: event.TimeOf(now), Time: event.TimeOf(now.Add(-behind))}
		b.Append(&e)
	}
	add("hue-1", event.ObserverIDS, time.Minute)
	add("hue-1", event.ObserverIDS, 2*time.Hour)
	add("hue-1", event.ObserverIDS, 2*time.Hour+time.Second)
	add("hue-1", event.ObserverIDS, 30*24*time.Hour)
	add("daily", event.ObserverFeed, 30*time.Hour)
	add("daily", event.ObserverFeed, 37*time.Hour)
	a.late(b)
	a.rejected([]event.Reject{{Sensor: "hue-1", At: event.TimeOf(now)}, {Sensor: "hue-1", At: event.TimeOf(now.Add(-time.Hour))}, {Sensor: "hue-1", At: event.TimeOf(now)}})
	a.seen(&event.Chunk{Delivery: event.Delivery{Sensor: "hue-1", Shed: 4}, Records: 6, Last: true, Ingested: event.TimeOf(now)})
	a.dropped("hue-1", 9, now)
	a.refused("hue-1", hour, map[int]int64{429: 2, 507: 1})
	cut, err := a.cut()
	if err != nil {
		t.Fatal(err)
	}
	again := newAccountant()
	for _, s := range cut {
		if err := again.load([]store.Slot{{Key: s.Key, Data: [][]byte{s.Data}}}, now); err != nil {
			t.Fatal(err)
		}
	}
	want := []classify.SensorHour{
		{Sensor: "hue-1", Start: hour.Add(-time.Hour), Quarantined: 1},
		{Sensor: "daily", Start: hour, Late: 1},
		{Sensor: "hue-1", Start: hour, Received: 10, Late: 2, Quarantined: 2, Shed: 4, Drops: 9, Refused: 3},
	}
	for name, x := range map[string]*accountant{"counted": a, "loaded": again} {
		got := x.within(hour.Add(-time.Hour), hour.Add(time.Hour))
		if len(got) != len(want) {
			t.Fatalf("%s: %+v", name, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %+v, not %+v", name, got[i], want[i])
			}
		}
	}
	if got := a.within(hour.Add(-time.Hour), hour); len(got) != 1 {
		t.Errorf("of the hour before: %+v", got)
	}
}
