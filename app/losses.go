// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"slices"
	"time"

	"haidang/classify"
	"haidang/event"
)

// A record is late when it comes so long after what it tells of that the hour could
// be final without it; daily feeds are, by their nature, a day and a half behind.
const (
	lateAfter     = event.Time(2 * time.Hour)
	lateFeedAfter = event.Time(36 * time.Hour)
)

// late counts the records of a batch that came late.
func (a *accountant) late(b *event.Batch) {
	type cell struct {
		hour   int64
		sensor string
	}
	var found map[cell]int64
	for i, in := range b.Ingested {
		behind := in - b.Time[i]
		if behind <= lateAfter || !in.IsSet() || b.ObserverType[i] == event.ObserverFeed && behind <= lateFeedAfter {
			continue
		}
		if found == nil {
			found = map[cell]int64{}
		}
		found[cell{hourOf(in), b.Observer.At(i)}]++
	}
	if found == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for c, n := range found {
		a.at(c.hour, c.sensor).Late += n
	}
}

// rejected counts the records that were put into quarantine.
func (a *accountant) rejected(list []event.Reject) {
	if len(list) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range list {
		a.at(hourOf(list[i].At), list[i].Sensor).Quarantined++
	}
}

// within gives all sensors' hours between two times, of those that are in memory, in
// the order of time.
func (a *accountant) within(from, to time.Time) (out []classify.SensorHour) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for hour, sensors := range a.hours {
		at := time.Unix(hour, 0).UTC()
		if at.Before(from) || !at.Before(to) {
			continue
		}
		for name, t := range sensors {
			h := classify.SensorHour{
				Sensor: name, Start: at, Received: t.Received, Late: t.Late, Quarantined: t.Quarantined, Shed: t.Shed, Drops: t.Drops,
			}
			for _, n := range t.Refused {
				h.Refused += n
			}
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b classify.SensorHour) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Sensor, b.Sensor))
	})
	return out
}

// losses tells what became of what sensors sent, hour by hour, and whose they are.
func (a *App) losses(from, to time.Time) []classify.SensorHour {
	out := a.accounts.within(from, to)
	agreed, _, _ := a.policy.Agreements()
	unit := a.ministry()
	for i := range out {
		if t, ok := agreed[out[i].Sensor]; ok && t.Terms.Owner != 0 {
			out[i].Owner = unit(t.Terms.Owner)
		}
	}
	return out
}
