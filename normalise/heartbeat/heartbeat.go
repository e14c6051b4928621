// SPDX-License-Identifier: Apache-2.0

// Package heartbeat maps heartbeats of participants (docs/28-participants.md).
//
// Lines come in that were rewritten at a door, one strict JSON object each;
// context records that say only who was at work when, and where, go out. The
// participant's name never gets here, but a pseudonym.
package heartbeat

import (
	"haidang/event"
	"haidang/normalise"
	"haidang/normalise/internal/endpoint"
)

// Version of the mapping.
const Version = 1

// Format is the format "heartbeat".
type Format struct{}

// New makes the format.
func New() Format { return Format{} }

// Name is what senders call it.
func (Format) Name() string { return "heartbeat" }

// Framing is one heartbeat a line.
func (Format) Framing() event.Framing { return event.FramingLines }

// Version numbers the mapping.
func (Format) Version() uint16 { return Version }

var members = endpoint.NewMembers()

// NewMapper makes a mapper for one goroutine.
func (Format) NewMapper() normalise.Mapper { return &mapper{members.New()} }

// NewScrubber makes what rewrites heartbeats at a door.
func (Format) NewScrubber() normalise.Scrubber { return members.New() }

type mapper struct{ *endpoint.Closed }

// Map maps one heartbeat.
func (m *mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	if err := m.Open(record, c, e); err != nil {
		return err
	}
	e.Kind, e.Action, e.Dataset = event.KindMetric, endpoint.ActionHeartbeat, "heartbeat"
	return nil
}
