// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"time"

	"github.com/zeebo/xxh3"

	"haidang/event"
)

// foldSeed never changes: keys of earlier days are compared with today's.
const foldSeed = 0x68E1BA6920C491C3

// Windows within which repeats are one event (events/1).
const (
	foldNetwork = event.Time(time.Minute)
	foldFeed    = event.Time(24 * time.Hour)
)

// foldKey gives event.hash, the same for repeats of one event: sensor, rule id
// or class, participant or affected address, hosting address or file hash or
// URL, and the window that the event's time lies in; and all that events are
// counted by, as the record says it. So an event has one stage, kind, way and
// country however many records tell of it: events/1 adds up within a stage, a
// country and a kind, and which of two records came first decides nothing.
// Context has no key: its records are no attacks and each stands for itself.
//
// Its second half is zero: 64 bits tell the events of a window apart many times
// over, and 128 would be the dearest column of all that are stored.
//
// buf is memory to work in; it comes back grown.
func foldKey(e *event.Event, buf []byte) (event.Bytes16, []byte) {
	if e.Stage == event.StageContext || e.Stage == event.StageUnset {
		return event.Bytes16{}, buf
	}
	b := append(buf[:0], e.Observer...)
	b = append(b, 0)
	switch {
	case e.RuleID != "":
		b = append(append(b, 'r'), e.RuleID...)
	case e.RSIT != event.RSITUnset:
		b = append(b, 'c', byte(e.RSIT))
	default:
		b = append(append(b, 'a'), e.Action...)
	}
	b = append(b, 0)
	affected, hosting := sides(e)
	if e.Participant.IsSet() {
		b = append(append(b, 'p'), e.Participant[:]...)
	} else {
		b = append(append(b, 'i'), affected[:]...)
	}
	switch {
	case hosting.IsSet():
		b = append(append(b, 'i'), hosting[:]...)
	case e.FileSHA256.IsSet():
		b = append(append(b, 'f'), e.FileSHA256[:]...)
	default:
		b = append(append(b, 'u'), e.URL...)
	}
	window := foldNetwork
	if e.ObserverType == event.ObserverFeed {
		window = foldFeed
	}
	bucket := e.Time / window
	if e.Time%window < 0 {
		bucket--
	}
	var w [19]byte
	putLE64(w[:], uint64(bucket))
	fixed(e, w[8:])
	b = lists(e, append(b, w[:]...))
	h := xxh3.Hash128Seed(b, foldSeed)
	var out event.Bytes16
	putLE64(out[0:], h.Lo)
	return out, b
}

// fixed puts down what an event is counted by that has a fixed size.
func fixed(e *event.Event, w []byte) {
	w[0], w[1], w[2], w[3], w[4] = byte(e.Stage), byte(e.RSIT), byte(e.Way), byte(e.Affected), byte(e.Confirmed)
	w[5], w[6] = byte(e.Source.Country), byte(e.Source.Country>>8)
	w[7], w[8] = byte(e.Destination.Country), byte(e.Destination.Country>>8)
	w[9], w[10] = byte(e.Sector), byte(e.Band)
}

// lists appends the rest of it. Most records say nothing of that.
func lists(e *event.Event, b []byte) []byte {
	if e.Software != "" || e.Lure != "" {
		b = append(append(append(append(b, 's'), e.Software...), 0), e.Lure...)
	}
	for _, t := range e.Techniques {
		b = append(append(b, 0, 't'), t...)
	}
	for i := range e.Orgs {
		o := &e.Orgs[i]
		b = append(b, 0, 'o', byte(o.Side), byte(o.Org), byte(o.Org>>8), byte(o.Org>>16), byte(o.Org>>24))
	}
	return b
}

// sides gives the affected and the hosting address, as event.Batch derives
// them; where both ends are affected the destination stands for them.
func sides(e *event.Event) (affected, hosting event.Addr) {
	switch e.Affected {
	case event.SideSource:
		affected, hosting = e.Source.IP, e.Destination.IP
	case event.SideDestination, event.SideBoth:
		affected, hosting = e.Destination.IP, e.Source.IP
	}
	if e.Stage == event.StageState {
		hosting = event.Addr{}
	}
	return affected, hosting
}
