// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"haidang/event"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

var noon = time.Date(2026, 11, 21, 5, 30, 20, 0, time.UTC) // 12:30 in Việt Nam

func newAt(at time.Time) (*Measure, *clock) {
	c := &clock{at}
	return New(Config{Home: event.MustCountry("VN"), SketchKey: [16]byte{1, 2, 3}}, Dependencies{Now: c.now}), c
}

// source makes random records of few values, so that cells are shared and
// repeats happen.
type source struct {
	*rand.Rand
	now  time.Time
	back time.Duration // how far back event times reach
}

func newSource(seed uint64, now time.Time) *source {
	return &source{rand.New(rand.NewPCG(seed, 1)), now, 3 * time.Hour}
}

var testCountries = []string{"VN", "VN", "VN", "US", "CN", "LA", "DE", ""}

func (s *source) endpoint() event.Endpoint {
	var e event.Endpoint
	e.IP = event.Addr{10: 0xff, 11: 0xff, 12: 10, 13: byte(s.IntN(2)), 14: byte(s.IntN(3)), 15: byte(s.IntN(200))}
	if s.IntN(20) == 0 {
		e.IP = event.Addr{}
	}
	e.Country, _ = event.ParseCountry(testCountries[s.IntN(len(testCountries))])
	e.AS = uint32(s.IntN(5)) * 1000003
	return e
}

func (s *source) record() *event.Event {
	e := &event.Event{}
	e.Reset()
	e.Source, e.Destination = s.endpoint(), s.endpoint()
	e.Ingested = event.TimeOf(s.now)
	e.Time = e.Ingested - event.Time(s.Int64N(int64(s.back)))
	e.Stage = event.Stage(s.IntN(5))
	e.Affected = event.Side(1 + s.IntN(4))
	e.Confirmed = event.Confirmed(s.IntN(3))
	e.RSIT = []event.RSIT{event.RSITScanner, event.RSITBruteForce, event.RSITTest}[s.IntN(3)]
	e.Way = []event.Way{event.WayNetwork, event.WayWeb}[s.IntN(2)]
	e.Observer = fmt.Sprintf("sensor-%d", s.IntN(3))
	e.RuleID = []string{"", "2001", "2002"}[s.IntN(3)]
	e.Software = []string{"", "", "mirai"}[s.IntN(3)]
	e.Lure = []string{"", "", "tax"}[s.IntN(3)]
	if s.IntN(3) == 0 {
		e.Techniques = []string{"T1110", "T1046"}[:1+s.IntN(2)]
	}
	if s.IntN(10) == 0 {
		e.Excluded = "research scanner"
	}
	if s.IntN(3) == 0 {
		e.Sector = []event.Sector{event.SectorHealth, event.SectorEducation}[s.IntN(2)]
		e.Band = event.Band(s.IntN(5))
		for range s.IntN(3) {
			side := []event.Side{event.SideSource, event.SideDestination}[s.IntN(2)]
			e.Orgs = append(e.Orgs, event.OrgMatch{Org: uint32(1 + s.IntN(3)), Reason: event.MatchPrefix, Side: side})
		}
	}
	e.Count = uint32(1 + s.IntN(3))
	e.Replay = s.IntN(50) == 0
	if s.IntN(8) == 0 {
		e.ObserverType = event.ObserverFeed
	}
	if s.IntN(10) != 0 {
		s.hash(e)
	}
	return e
}

// hash gives the fold key as normalise does: all that the record counts under
// and its time bucket.
func (s *source) hash(e *event.Event) {
	bucket := int64(e.Time) / int64(time.Minute)
	if e.ObserverType == event.ObserverFeed {
		bucket = int64(e.Time) / int64(24*time.Hour)
	}
	text := fmt.Sprint(e.Source, e.Destination, e.Stage, e.Affected, e.Confirmed, e.RSIT, e.Way, e.Observer,
		e.RuleID, e.Software, e.Lure, e.Techniques, e.Excluded, e.Sector, e.Band, e.Orgs, e.ObserverType, bucket)
	h := newHasher([16]byte{9})
	var a event.Addr
	for i, c := range []byte(text) {
		a[i%16] ^= c
		if i%16 == 15 {
			binary.LittleEndian.PutUint64(a[:], h.addr(a))
		}
	}
	binary.LittleEndian.PutUint64(e.Hash[:], h.addr(a))
	e.Hash[15] = 1
}

// records makes n of them, a third of which repeat an earlier one with another
// count and, for feeds, another time of the same day. Some of these say one thing
// otherwise than the earlier one: they are events of their own.
func (s *source) records(n int) []*event.Event {
	out := make([]*event.Event, 0, n)
	for range n {
		if len(out) > 0 && s.IntN(3) == 0 {
			e := *out[s.IntN(len(out))]
			e.Count = uint32(1 + s.IntN(5))
			if e.ObserverType == event.ObserverFeed {
				day := int64(24 * time.Hour)
				e.Time = event.Time(min(int64(e.Time)/day*day+s.Int64N(day), int64(e.Ingested)))
			}
			if s.IntN(3) == 0 {
				s.otherwise(&e)
			}
			out = append(out, &e)
			continue
		}
		out = append(out, s.record())
	}
	return out
}

// otherwise changes one thing that a record is counted by.
func (s *source) otherwise(e *event.Event) {
	switch s.IntN(6) {
	case 0:
		e.Destination.Country = event.MustCountry("LA")
	case 1:
		e.Way = event.WayMail
	case 2:
		e.RSIT = event.RSITInfectedSystem
	case 3:
		e.Stage = event.StageIncident
	case 4:
		e.Sector = event.SectorBanking
	case 5:
		e.Confirmed = event.ConfirmedNo
	}
	if e.Hash.IsSet() {
		s.hash(e)
	}
}

func batchOf(events []*event.Event) *event.Batch {
	b := &event.Batch{}
	for _, e := range events {
		b.Append(e)
	}
	return b
}
