// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"time"

	"haidang/disclosure"
	"haidang/event"
	desk "haidang/release"
)

// SensorHour is what became of what one sensor sent in an hour of acceptance. Owner is
// its organisation, a ministry's units being one; 0 where it is not known.
type SensorHour struct {
	Sensor                                   string
	Owner                                    uint32
	Start                                    time.Time
	Received, Late, Quarantined, Shed, Drops int64
	Refused                                  int64 // requests
}

// lossHours is how many closed hours are told.
const lossHours = 24

// Losses tells what was lost of the last closed hours, all sensors together, the
// oldest first. To those who do not see every count an hour is told where it passes
// the rule of protected cells by what each organisation's sensors sent: three
// organisations, none of which can be told from the rest. That nothing came in an hour
// is told to everybody.
func (g *Gate) Losses(v Viewer) (Released[[]event.LossHour], error) {
	if g.lattice.Losses == nil {
		return release(v, []event.LossHour(nil)), nil
	}
	if err := g.shown(v, desk.Section("coverage"), ""); err != nil {
		return Released[[]event.LossHour]{}, err
	}
	to := g.lattice.Now().UTC().Truncate(time.Hour)
	from := to.Add(-lossHours * time.Hour)
	out, sent := make([]event.LossHour, lossHours), make([]map[uint32]int64, lossHours)
	for i := range out {
		out[i].Start, sent[i] = event.TimeOf(from.Add(time.Duration(i)*time.Hour)), map[uint32]int64{}
	}
	for _, s := range g.lattice.Losses(from, to) {
		i := int(s.Start.Sub(from) / time.Hour)
		if i < 0 || i >= lossHours {
			continue
		}
		h := &out[i]
		if s.Received > 0 {
			h.Sensors++
		}
		h.Received, h.Late, h.Quarantined = h.Received+s.Received, h.Late+s.Late, h.Quarantined+s.Quarantined
		h.Shed, h.Drops, h.Refused = h.Shed+s.Shed, h.Drops+s.Drops, h.Refused+s.Refused
		sent[i][s.Owner] += s.Received
	}
	for i := range out {
		if h := &out[i]; !v.seesCounts() && !tellable(h, sent[i]) {
			*h = event.LossHour{Start: h.Start, Sensors: h.Sensors, Hidden: true}
		}
	}
	return release(v, out), nil
}

// tellable reports whether an hour tells of no single organisation's sensors.
func tellable(h *event.LossHour, sent map[uint32]int64) bool {
	if h.Received == 0 && h.Refused == 0 && h.Lost() == 0 {
		return true
	}
	return disclosure.Passes(sent)
}
