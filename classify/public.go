// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"slices"

	"haidang/event"
)

// Disclosure thresholds for counts of events in protected dimensions
// (STATISTICS, "Disclosure control of open figures").
const (
	minOrganisations = 3
	pPercent         = 0.10
)

// publicPicture keeps what the table of public figures allows: attacks by
// country, kind, way, hosting country and hosting AS of the whole nation,
// exact; sectors of a closed day, where disclosure control lets them pass;
// sensors only as numbers by country. Everything else is dropped by building
// the answer field by field, so that a new field of Picture stays closed until
// somebody opens it here.
func publicPicture(p event.Picture) event.Picture {
	return event.Picture{
		At: p.At, Home: p.Home, DayStart: p.DayStart, Replay: p.Replay,
		Rate: p.Rate, WorldRate: p.WorldRate, LastEvent: p.LastEvent,
		Today: p.Today, World: p.World, Average: p.Average,
		Hosting: p.Hosting, Unconfirmed: p.Unconfirmed, HostingAS: p.HostingAS,
		HostedIn: p.HostedIn, Affected: p.Affected, Kinds: p.Kinds, Ways: p.Ways,
		Sectors: publicSectors(p.Sectors), SectorDay: p.SectorDay,
		Minutes: p.Minutes, Flows: p.Flows, FlowsRest: p.FlowsRest, Watermark: p.Watermark,
		Sensors: publicSensors(p.Sensors),
	}
}

// publicSectors applies the contributor and p % rules to each line. A hidden
// line keeps its place in the list but no number, and hidden lines come last in
// the order of their keys, so that their place says nothing.
func publicSectors(in []event.Count) []event.Count {
	var shown, hidden []event.Count
	for _, c := range in {
		if mayPublish(c) {
			shown = append(shown, event.Count{Key: c.Key, Events: c.Events, Records: c.Records})
		} else {
			hidden = append(hidden, event.Count{Key: c.Key, Hidden: true})
		}
	}
	slices.SortFunc(hidden, func(a, b event.Count) int { return cmp.Compare(a.Key, b.Key) })
	return append(shown, hidden...)
}

// mayPublish holds for a cell of events with at least three contributing
// organisations whose rest, without the two largest, protects the largest:
// X − x₁ − x₂ ≥ p · x₁.
func mayPublish(c event.Count) bool {
	rest := float64(c.Events - c.Largest - c.Second)
	return c.Organisations >= minOrganisations && rest >= pPercent*float64(c.Largest)
}

// publicSensors gives one line a country: how many sensors stand there and when
// the last was heard. A sensor's name, rate and losses are its operator's.
func publicSensors(in []event.SensorState) []event.SensorState {
	by := map[event.Country]*event.SensorState{}
	for _, s := range in {
		o := by[s.Country]
		if o == nil {
			o = &event.SensorState{Country: s.Country, LastSeen: event.TimeUnset, Silent: true}
			by[s.Country] = o
		}
		o.Sensors++
		o.LastSeen = max(o.LastSeen, s.LastSeen)
		o.Silent = o.Silent && s.Silent
		if s.Silent {
			o.SilentSensors++
		}
		o.Replay = o.Replay || s.Replay
	}
	out := make([]event.SensorState, 0, len(by))
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b event.SensorState) int {
		return cmp.Or(cmp.Compare(b.Sensors, a.Sensors), cmp.Compare(a.Country, b.Country))
	})
	return out
}
