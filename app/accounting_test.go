// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"

	"haidang/event"
	"haidang/store"
)

func TestAccountingSurvivesARestart(t *testing.T) {
	now := time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)
	a := newAccountant()
	chunk := func(records uint32, dup int64, shed uint64, last bool) *event.Chunk {
		return &event.Chunk{Delivery: event.Delivery{Sensor: "hue-1", Shed: shed}, Records: records, Dup: dup,
			Last: last, Ingested: event.TimeOf(now)}
	}
	a.seen(chunk(10, 0, 3, false)) // shed travels with the batch, counted once
	a.seen(chunk(5, 0, 3, true))
	a.seen(chunk(0, 7, 0, true))
	a.refused("hue-1", now.Truncate(time.Hour), map[int]int64{429: 2})
	cut, err := a.cut()
	if err != nil || len(cut) != 1 || !cut[0].Replace {
		t.Fatalf("%+v %v", cut, err)
	}
	if again, _ := a.cut(); len(again) != 0 {
		t.Fatal("what did not change was cut again")
	}
	b := newAccountant()
	if err := b.load([]store.Slot{{Key: cut[0].Key, Data: [][]byte{cut[0].Data}}}, now); err != nil {
		t.Fatal(err)
	}
	b.seen(chunk(1, 0, 0, true))
	b.refused("hue-1", now.Truncate(time.Hour), map[int]int64{429: 1, 507: 1}) // this run's own counters
	got, err := b.of("hue-1", now.Add(-time.Hour), now.Add(time.Hour), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	h := got[now.Truncate(time.Hour).Unix()]
	if h.Received != 10+5+3+7+1 || h.Duplicate != 7 || h.Shed != 3 || h.Refused[429] != 3 || h.Refused[507] != 1 {
		t.Errorf("%+v", h)
	}
	hours := join("hue-1", got, []store.Hour{{Sensor: "hue-1", Hour: event.TimeOf(now.Truncate(time.Hour)),
		Stored: 14, Quarantined: map[event.Reason]int64{event.ReasonNotJSON: 2}}})
	if len(hours) != 1 || !hours[0].Balanced() {
		t.Errorf("%+v does not balance", hours)
	}
}

func TestForgottenHoursAreReadBack(t *testing.T) {
	now := time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)
	old := now.Add(-20 * 24 * time.Hour)
	a := newAccountant()
	a.seen(&event.Chunk{Delivery: event.Delivery{Sensor: "hue-1"}, Records: 4, Ingested: event.TimeOf(old)})
	cut, err := a.cut()
	if err != nil {
		t.Fatal(err)
	}
	a.forget(now)
	if len(a.hours) != 0 {
		t.Fatal("not forgotten")
	}
	older := func() ([]store.Slot, error) { return []store.Slot{{Key: cut[0].Key, Data: [][]byte{cut[0].Data}}}, nil }
	got, err := a.of("hue-1", old.Add(-time.Hour), now, older, now)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
}
