// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"time"

	"haidang/event"
)

// Private is a format whose records name a participant. Such records are
// rewritten before they are journalled: the name becomes a pseudonym, and what
// the format does not keep is left out.
type Private interface {
	Format
	// NewScrubber makes what rewrites records for one goroutine.
	NewScrubber() Scrubber
}

// Scrubber rewrites records of one format.
type Scrubber interface {
	// Scrub appends the record as it may be kept to dst, on one line without its
	// line break. A record that cannot be read becomes one that says why, and
	// holds nothing of what was sent.
	Scrub(dst, record []byte, p *Privacy) []byte
}

// Privacy is what a record is rewritten with.
type Privacy struct {
	Sensor event.Sensor
	Zone   *time.Location // of times without a zone; never nil
	Now    event.Time     // when the record came
	// Pseudonym gives what a participant is known by at a time. An empty name is
	// the sensor's own installation.
	Pseudonym func(name string, at event.Time) event.Bytes16
}

// NewPrivacy prepares the rewriting of what a sensor sends.
func NewPrivacy(s event.Sensor, now event.Time, pseudonym func(name string, at event.Time) event.Bytes16) *Privacy {
	p := &Privacy{Sensor: s, Zone: time.UTC, Now: now, Pseudonym: pseudonym}
	if z, err := time.LoadLocation(s.Zone); s.Zone != "" && err == nil {
		p.Zone = z
	}
	return p
}

// Redactor rewrites the records of one batch of a private format.
type Redactor struct {
	scrubber Scrubber
	privacy  *Privacy
	unwrap   *unwrapper
}

// Redactor makes what rewrites a batch; ok is false for formats that name no
// participant.
func (n *Normaliser) Redactor(format string, p *Privacy) (r *Redactor, ok bool) {
	f, ok := n.formats[format].(Private)
	if !ok {
		return nil, false
	}
	return &Redactor{f.NewScrubber(), p, newUnwrapper()}, true
}

// Next rewrites the first record of data, with a line break, onto dst. n is 0
// where there was an empty line, which is no record, else 1.
func (r *Redactor) Next(dst, data []byte) (out, rest []byte, n int) {
	line, rest := cutLine(data)
	if len(line) == 0 {
		return dst, rest, 0
	}
	if line[0] == '{' {
		if inner, ok := r.unwrap.text(line); ok {
			line = inner
		}
	}
	return append(r.scrubber.Scrub(dst, line, r.privacy), '\n'), rest, 1
}
