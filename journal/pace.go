// SPDX-License-Identifier: Apache-2.0

package journal

import "time"

const (
	// paceFor is the longest that a batch waits to begin.
	paceFor = 250 * time.Millisecond
	// standstill is after what time without taking anything the consumer is no
	// longer waited for: it may be for long.
	standstill = time.Second
)

// pace is what of the hand-over waits for the consumer. Senders that are faster
// than the store are held up a little before they begin, while nothing of
// theirs is in memory: what they send meanwhile would have to be read back, at
// the cost of senders to come, and would be counted no sooner.
//
// Fields are under the hand-over's lock.
type pace struct {
	ready int64            // bytes
	of    map[string]int64 // the same by sensor
	took  time.Time        // when the consumer took the last of them
	room  chan struct{}    // closed once there are fewer; nil when nobody waits
}

// marks are how much may be ready before a sensor waits that has a part in it,
// and before one waits that has none: who floods makes room for the others.
func (h *handover) marks() (flooding, other int64) { return h.limit / 2, h.limit / 4 * 3 }

// waits counts the pieces of a message in, of which the consumer may now take.
func (h *handover) waits(m *decoded, parts []*part) {
	p := &h.pace
	if p.ready == 0 {
		p.took, p.of = time.Now(), map[string]int64{}
	}
	for i := range m.parts {
		if r := m.parts[i].raw; r != nil {
			r.sensor = parts[i].app.delivery.Sensor
			p.ready += r.size
			p.of[r.sensor] += r.size
		}
	}
}

// taken counts a piece out, if it was in. That its batch may end later, so that
// it stays in memory, is no reason to hold others up.
func (h *handover) taken(r *raw) {
	if r == nil || r.sensor == "" {
		return
	}
	p := &h.pace
	before := p.ready
	p.ready -= r.size
	p.took = time.Now()
	if p.of[r.sensor] -= r.size; p.of[r.sensor] == 0 {
		delete(p.of, r.sensor)
	}
	r.sensor = ""
	flooding, other := h.marks()
	fell := func(mark int64) bool { return before > mark && p.ready <= mark }
	if p.room != nil && (fell(flooding) || fell(other)) {
		close(p.room)
		p.room = nil
	}
}

// admit lets a sensor's next batch wait for room, for a moment, and reports
// whether it did.
func (h *handover) admit(sensor string, stop <-chan struct{}) (waited bool) {
	room := h.full(sensor)
	if room == nil {
		return false
	}
	end := time.NewTimer(paceFor)
	defer end.Stop()
	for ; room != nil; room = h.full(sensor) {
		select {
		case <-room:
		case <-end.C:
			return true
		case <-stop:
			return true
		}
	}
	return true
}

// full gives what is closed when it is worth asking again; nil when there is
// room, or when the consumer stands still.
func (h *handover) full(sensor string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.pace
	mark, other := h.marks()
	if p.of[sensor] == 0 {
		mark = other
	}
	if p.ready <= mark || time.Since(p.took) > standstill {
		return nil
	}
	if p.room == nil {
		p.room = make(chan struct{})
	}
	return p.room
}
