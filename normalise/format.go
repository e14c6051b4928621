// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"fmt"

	"haidang/event"
)

// Format is one kind of raw record: its name at the doors, how a body is cut
// into records, and who maps them. A Format is immutable and may be shared.
type Format interface {
	// Name is what senders call it: "eve", "cowrie".
	Name() string
	// Framing says how a body is cut into records.
	Framing() event.Framing
	// Version numbers the mapping; it is stored as cert.raw.parser and grows
	// whenever the same record would be mapped differently.
	Version() uint16
	// NewMapper makes a mapper for one goroutine.
	NewMapper() Mapper
}

// Mapper maps records of one format. It belongs to one goroutine and reuses its
// memory from one record to the next.
type Mapper interface {
	// Map fills e, which was Reset before, from one record: a line without its
	// line break or, for FramingCSV, one row. The strings it sets may be views
	// into the record or into the mapper's memory; they hold until the next
	// call. A record that cannot be kept is answered by a *RejectError, which
	// may be reused by the next call; any other error is treated as bad-field.
	Map(record []byte, c *Context, e *event.Event) error
}

// noticer is a mapper that noticed, in passing, whether its last record holds
// any character beyond ASCII, as such or by its number. Of a mapper that is none,
// what the format has no field for is searched for that.
type noticer interface{ Unusual() bool }

// RejectError says why a record goes to quarantine.
type RejectError struct {
	Reason event.Reason
	Detail string // names the field and the remedy
}

// Error gives reason and detail.
func (r *RejectError) Error() string { return string(r.Reason) + ": " + r.Detail }

// Rejectf makes a RejectError.
func Rejectf(reason event.Reason, format string, args ...any) *RejectError {
	return &RejectError{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}
