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
// URL, and the window that the event's time lies in. Context has no key: its
// records are no attacks and each stands for itself.
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
	var w [8]byte
	putLE64(w[:], uint64(bucket))
	b = append(b, w[:]...)
	h := xxh3.Hash128Seed(b, foldSeed)
	var out event.Bytes16
	putLE64(out[0:], h.Lo)
	return out, b
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
