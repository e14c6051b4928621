// SPDX-License-Identifier: Apache-2.0

package clamav

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"haidang/event"
)

// line is what one line of a ClamAV log says.
type line struct {
	hints url.Values // what the agent put before the line
	host  string     // of a line that came by syslog
	at    event.Time // TimeUnset where the line has no time
	name  string     // the detection; empty for other lines
	sum   string     // hash and size, as clamd writes them with ExtendedDetectionInfo
	via   string     // "stream", "on-access" or "" for a file
}

// Mark begins what `haidang agent` puts before a line.
const Mark = "haidang:"

// Prefix gives what stands before a line whose participant and way are known
// otherwise: an agent's word, as a query string.
func Prefix(hints url.Values) string { return Mark + hints.Encode() + " " }

// parse reads one line. zone is of times without one, now finds the year of those
// that have none.
func parse(text string, zone *time.Location, now event.Time) (l line) {
	l.at = event.TimeUnset
	if rest, ok := strings.CutPrefix(text, Mark); ok {
		query, rest, _ := strings.Cut(rest, " ")
		if hints, err := url.ParseQuery(query); err == nil {
			l.hints = hints
			l.at = timeIn(time.RFC3339Nano, hints.Get("at"), time.UTC)
		}
		text = rest
	}
	text = l.head(strings.TrimSpace(text), zone, now)
	found, ok := strings.CutSuffix(text, " FOUND")
	if !ok {
		return l
	}
	i := strings.LastIndex(found, ": ") // paths may hold one, names of detections do not
	if i < 0 {
		return l
	}
	object, name := found[:i], found[i+2:]
	if n := strings.IndexByte(name, '('); n > 0 && strings.HasSuffix(name, ")") {
		name, l.sum = name[:n], name[n+1:len(name)-1]
	}
	if !detection.MatchString(name) {
		return l
	}
	l.name = name
	switch {
	case strings.HasPrefix(object, "instream("), object == "stream":
		l.via = "stream"
	case strings.HasPrefix(object, "ScanOnAccess: "):
		l.via = "on-access"
	}
	return l
}

// detection is the name of a detection: platform, kind, family and number.
var detection = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+/!:@#-]{0,199}$`)

// syslog is the header of RFC 3164 and of what rsyslog writes with whole times.
var syslog = regexp.MustCompile(`^(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)) (\S{1,255}) [A-Za-z]+(?:\[\d+\])?: `)

// head takes time and host off the line.
func (l *line) head(text string, zone *time.Location, now event.Time) (rest string) {
	if stamp, rest, ok := strings.Cut(text, " -> "); ok && len(stamp) == len(time.ANSIC) {
		if at := timeIn(time.ANSIC, stamp, zone); at.IsSet() {
			l.at = at
			return rest
		}
	}
	m := syslog.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	l.host = m[2]
	if at := timeIn(time.RFC3339Nano, m[1], zone); at.IsSet() {
		l.at = at
	} else if at := yearless(m[1], zone, now); at.IsSet() {
		l.at = at
	}
	return text[len(m[0]):]
}

func timeIn(layout, s string, zone *time.Location) event.Time {
	t, err := time.ParseInLocation(layout, s, zone)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return event.TimeUnset
	}
	return event.TimeOf(t)
}

// yearless reads a time of RFC 3164, which has no year: the last such time that
// is not more than a day ahead.
func yearless(s string, zone *time.Location, now event.Time) event.Time {
	limit := now.Std().In(zone).AddDate(0, 0, 1)
	for year := limit.Year(); year > limit.Year()-5; year-- { // 29 February is not in every year
		t, err := time.ParseInLocation("2006 Jan _2 15:04:05", itoa(year)+" "+s, zone)
		if err == nil && !t.After(limit) {
			return event.TimeOf(t)
		}
	}
	return event.TimeUnset
}
