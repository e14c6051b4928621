// SPDX-License-Identifier: Apache-2.0

package clamav

import (
	"bytes"
	"maps"
	"net/url"
	"time"

	"haidang/event"
)

// Forward rewrites lines of a log on the machine that wrote it, before they are
// spooled: of each only what a door would keep is left, behind the hints. Lines
// without a time get that of now. Empty lines are left out.
func Forward(lines []byte, hints url.Values, zone *time.Location, now time.Time) []byte {
	var out []byte
	for line := range bytes.Lines(lines) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		l := parse(string(line), zone, event.TimeOf(now))
		own := maps.Clone(hints)
		if l.at.IsSet() {
			own.Set("at", l.at.String())
		} else {
			own.Set("at", now.UTC().Format(time.RFC3339Nano))
		}
		if l.host != "" && own.Get("participant") == "" {
			own.Set("participant", l.host)
		}
		out = append(append(out, Prefix(own)...), l.rest()...)
		out = append(out, '\n')
	}
	return out
}

// rest writes what is left of a line.
func (l *line) rest() string {
	if l.name == "" {
		return "-"
	}
	object := map[string]string{"stream": "stream", "on-access": "ScanOnAccess: -"}[l.via]
	if object == "" {
		object = "-"
	}
	if l.sum != "" {
		return object + ": " + l.name + "(" + l.sum + ") FOUND"
	}
	return object + ": " + l.name + " FOUND"
}
