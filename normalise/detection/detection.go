// SPDX-License-Identifier: Apache-2.0

// Package detection maps detections that any anti-virus or EDR product can send
// (docs/28-participants.md has the members).
//
// Lines come in that were rewritten at a door, one strict JSON object each;
// attempts and incidents on participants, and riskware and adware as context, go
// out. No name of a participant, no path and no account gets here.
package detection

import (
	"encoding/hex"

	"haidang/event"
	"haidang/normalise"
	"haidang/normalise/internal/endpoint"
	"haidang/strictjson"
)

// Version of the mapping.
const Version = 1

// Format is the format "detection".
type Format struct{}

// New makes the format.
func New() Format { return Format{} }

// Name is what senders call it.
func (Format) Name() string { return "detection" }

// Framing is one detection a line.
func (Format) Framing() event.Framing { return event.FramingLines }

// Version numbers the mapping.
func (Format) Version() uint16 { return Version }

// Members of a detection's own.
const (
	fName = endpoint.Further + iota
	fClass
	fWay
	fResident
	fAction
	fSHA256
	fCount
)

var members = endpoint.NewMembers(
	strictjson.Path{Name: "name", Field: fName, Want: strictjson.String},
	strictjson.Path{Name: "class", Field: fClass, Want: strictjson.String},
	strictjson.Path{Name: "way", Field: fWay, Want: strictjson.String},
	strictjson.Path{Name: "resident", Field: fResident, Want: strictjson.Bool},
	strictjson.Path{Name: "action", Field: fAction, Want: strictjson.String},
	strictjson.Path{Name: "sha256", Field: fSHA256, Want: strictjson.String},
	strictjson.Path{Name: "count", Field: fCount, Want: strictjson.Number},
)

// NewMapper makes a mapper for one goroutine.
func (Format) NewMapper() normalise.Mapper { return &mapper{members.New()} }

// NewScrubber makes what rewrites detections at a door.
func (Format) NewScrubber() normalise.Scrubber { return members.New() }

type mapper struct{ *endpoint.Closed }

// actions are what the product did about it.
var actions = map[string]event.Outcome{
	"": event.OutcomeUnset, "blocked": event.OutcomeFailure, "removed": event.OutcomeFailure,
	"quarantined": event.OutcomeFailure, "none": event.OutcomeSuccess,
}

const mostName = 255

// Map maps one detection.
func (m *mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	if err := m.Open(record, c, e); err != nil {
		return err
	}
	f := endpoint.Finding{Name: m.Text(fName)}
	if f.Name == "" || len(f.Name) > mostName {
		return normalise.Rejectf(event.ReasonField, "name: give the detection's name in 1 to %d bytes", mostName)
	}
	if err := m.classify(&f); err != nil {
		return err
	}
	if s := m.Text(fSHA256); s != "" {
		if n, err := hex.Decode(e.FileSHA256[:], []byte(s)); len(s) != 64 || err != nil || n != 32 {
			return normalise.Rejectf(event.ReasonField, "sha256: 64 hexadecimal digits are expected")
		}
	}
	if m.Has(fCount) {
		n, ok := m.Uint(fCount)
		if !ok || n == 0 || n > 1_000_000 {
			return normalise.Rejectf(event.ReasonField, "count %.20q is not within 1 to 1000000", m.Text(fCount))
		}
		e.Count = uint32(n)
	}
	f.Set(e)
	e.Dataset = "detection"
	return nil
}

// classify reads class, way, and what became of it. Without a class the name
// says it. What a scan finds is resident unless the record says otherwise.
func (m *mapper) classify(f *endpoint.Finding) error {
	f.Class = endpoint.ClassOf(f.Name)
	if s := m.Text(fClass); s != "" {
		code, err := endpoint.Classes.Parse(s)
		if err != nil {
			return normalise.Rejectf(event.ReasonField, "class %.40q: use malware, riskware or adware", s)
		}
		f.Class = endpoint.Class(code)
	}
	way, err := event.Ways.Parse(m.Text(fWay))
	if err != nil {
		return normalise.Rejectf(event.ReasonField, "way %.40q is not one of the ways of docs/28-participants.md", m.Text(fWay))
	}
	f.Way = event.Way(way)
	f.Resident = f.Way == event.WayFileOnDemand
	if m.Has(fResident) {
		f.Resident = m.Text(fResident) == "true"
	}
	outcome, ok := actions[m.Text(fAction)]
	if !ok {
		return normalise.Rejectf(event.ReasonField, "action %.40q: use blocked, removed, quarantined or none", m.Text(fAction))
	}
	f.Outcome = outcome
	return nil
}
