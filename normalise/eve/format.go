// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"haidang/event"
	"haidang/normalise"
	"haidang/strictjson"
)

// version grows whenever the same line would be mapped differently.
const version = 1

// Format is Suricata EVE.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// Name is the format's name at the doors.
func (Format) Name() string { return "eve" }

// Framing is one object a line.
func (Format) Framing() event.Framing { return event.FramingLines }

// Version numbers the mapping.
func (Format) Version() uint16 { return version }

// NewMapper makes a mapper for one goroutine.
func (Format) NewMapper() normalise.Mapper {
	return &mapper{Reader: strictjson.NewReader(table, strictjson.DefaultDepth)}
}
