// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"slices"

	"haidang/event"
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
		SectorDay: event.TimeUnset, // sectors are put in by the gate, from the newest released day
		Minutes:   p.Minutes, Flows: p.Flows, FlowsRest: p.FlowsRest, Watermark: p.Watermark,
		Sensors: publicSensors(p.Sensors),
	}
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
