// SPDX-License-Identifier: Apache-2.0

package clamav

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"haidang/event"
	"haidang/normalise"
	"haidang/normalise/internal/endpoint"
)

// Version of the mapping.
const Version = 1

// Format is the format "clamav".
type Format struct{}

// New makes the format.
func New() Format { return Format{} }

// Name is what senders call it.
func (Format) Name() string { return "clamav" }

// Framing is one log line a record.
func (Format) Framing() event.Framing { return event.FramingLines }

// Version numbers the mapping.
func (Format) Version() uint16 { return Version }

// NewMapper makes a mapper for one goroutine.
func (Format) NewMapper() normalise.Mapper { return mapper{} }

// NewScrubber makes what rewrites lines at a door.
func (Format) NewScrubber() normalise.Scrubber { return scrubber{} }

func itoa(n int) string { return strconv.Itoa(n) }

// A rewritten line has these fields, separated by blanks; "-" is an empty one.
const (
	atMark = iota
	atParticipant
	atTime
	atVia
	atWay
	atName
	atSum
	atCountry
	atSector
	atOrganisation
	fields
)

// mark says which form of rewritten lines this is.
const mark = "clamav/1"

type scrubber struct{}

// Scrub rewrites one line: of a path nothing is left, of the participant its
// pseudonym, of a line that tells of no detection its time.
func (scrubber) Scrub(dst, record []byte, p *normalise.Privacy) []byte {
	l := parse(string(record), p.Zone, p.Now)
	at := l.at
	if !at.IsSet() {
		at = p.Now
	}
	name := l.hints.Get("participant")
	if name == "" {
		name = l.host
	}
	dst = append(append(dst, mark...), ' ')
	dst = append(endpoint.AppendID(dst, p.Pseudonym(name, at)), ' ')
	dst = append(dst, at.String()...)
	for _, f := range [...]string{
		l.via, l.hints.Get("way"), l.name, l.sum,
		l.hints.Get("country"), l.hints.Get("sector"), l.hints.Get("organisation"),
	} {
		if f == "" || len(f) > 255 || strings.IndexFunc(f, odd) >= 0 {
			f = "-"
		}
		dst = append(append(dst, ' '), f...)
	}
	return dst
}

func odd(r rune) bool { return r <= ' ' || r > '~' }

type mapper struct{}

// Map maps one rewritten line.
func (mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	f := strings.Split(string(record), " ")
	if len(f) != fields || f[atMark] != mark {
		return normalise.Rejectf(event.ReasonWrongFormat, "the line was not rewritten at a door")
	}
	for i := range f {
		if f[i] == "-" {
			f[i] = ""
		}
	}
	id, ok := endpoint.ParseID(f[atParticipant])
	if !ok {
		return normalise.Rejectf(event.ReasonWrongFormat, "the line was not rewritten at a door")
	}
	t, err := time.Parse(time.RFC3339Nano, f[atTime])
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return normalise.Rejectf(event.ReasonTime, "time %.40q is no time", f[atTime])
	}
	place, err := place(f)
	if err != nil {
		return err
	}
	e.Time, e.Dataset, e.Action = event.TimeOf(t), "clamav.log", endpoint.ActionLog
	endpoint.Set(e, id, place, c.Sensor)
	if f[atName] == "" {
		return nil
	}
	return found(f, e)
}

// found makes the record of a detection. A file that a scan found was there; what
// came through a stream or was stopped when it was opened was on its way in.
func found(f []string, e *event.Event) error {
	way, err := event.Ways.Parse(f[atWay])
	if err != nil {
		return normalise.Rejectf(event.ReasonField, "way %.40q is not one of the ways of docs/28-participants.md", f[atWay])
	}
	d := endpoint.Finding{Name: f[atName], Way: event.Way(way), Class: endpoint.ClassOf(f[atName])}
	switch {
	case d.Way != event.WayUnset:
	case f[atVia] == "on-access":
		d.Way = event.WayFileOnAccess
	case f[atVia] != "stream":
		d.Way = event.WayFileOnDemand
	}
	d.Resident = d.Way == event.WayFileOnDemand
	d.Set(e)
	sum, _, _ := strings.Cut(f[atSum], ":")
	if len(sum) == 64 {
		if n, err := hex.Decode(e.FileSHA256[:], []byte(sum)); err != nil || n != 32 {
			e.FileSHA256 = event.Bytes32{}
		}
	}
	return nil
}

func place(f []string) (p endpoint.Place, err error) {
	if s := f[atCountry]; s != "" {
		var ok bool
		if p.Country, ok = event.ParseCountry(s); !ok {
			return p, normalise.Rejectf(event.ReasonField, "country %.20q: use the two letters of ISO 3166-1, such as VN", s)
		}
	}
	if s := f[atSector]; s != "" {
		code, err := event.Sectors.Parse(s)
		if err != nil {
			return p, normalise.Rejectf(event.ReasonField, "sector %.60q is not one of the sectors of docs/28-participants.md", s)
		}
		p.Sector = event.Sector(code)
	}
	if s := f[atOrganisation]; s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 {
			return p, normalise.Rejectf(event.ReasonField, "organisation %.20q: use the organisation's number", s)
		}
		p.Organisation = uint32(n)
	}
	return p, nil
}
