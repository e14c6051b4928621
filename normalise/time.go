// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"time"

	"haidang/event"
)

// Clock reads times and remembers the minute of the last one, in which the next
// often lies. It belongs to one goroutine; its zero value is ready to use.
type Clock struct {
	text   [minuteText]byte // "2026-11-21T03:31:"
	zone   [zoneText]byte   // "+0000", where that was read
	start  int64
	offset int64
	known  bool // a minute was read
}

// Parse reads a time as RFC 3339 and log writers have it:
// "2026-11-21T03:31:36.503798+0000", "…+07:00", "…+07", "…Z", a blank instead
// of the T, any number of decimals (beyond nanoseconds they are cut off), and
// without a zone, when it is in the zone given. ok is false for anything else
// and for times that 64 bits of nanoseconds do not reach (1678 to 2262).
func (c *Clock) Parse(s string, zone *time.Location) (t event.Time, ok bool) {
	if len(s) < leastTime || !c.known || string(c.text[:]) != s[:minuteText] {
		start, ok := minute(s)
		if !ok {
			return event.TimeUnset, false
		}
		copy(c.text[:], s)
		c.start, c.known = start, true
	}
	if len(s) == usualTime && string(c.zone[:]) == s[usualTime-zoneText:] {
		if second, micros, ok := usual(s); ok {
			return event.Time((c.start-c.offset+second)*int64(time.Second) + micros*int64(time.Microsecond)), true
		}
	}
	if len(s) == usualTime {
		if offset, ok := zoneOffset(s[usualTime-zoneText:]); ok {
			c.offset = offset
			copy(c.zone[:], s[usualTime-zoneText:])
		}
	}
	return within(s, c.start, zone)
}

// usual reads seconds and six decimals of a time like
// "2026-11-21T03:31:36.503798+0000"; ok is false for anything else.
func usual(s string) (second, micros int64, ok bool) {
	tens, ones := s[minuteText]-'0', s[minuteText+1]-'0'
	n := uint64(0)
	good := tens < 6 && ones < 10 && s[leastTime] == '.'
	for _, c := range []byte(s[leastTime+1 : usualTime-zoneText]) {
		n = n*10 + uint64(c-'0')
		good = good && c-'0' < 10
	}
	return int64(tens)*10 + int64(ones), int64(n), good
}

const (
	leastTime  = len("2026-11-21T03:31:36")
	minuteText = len("2026-11-21T03:31:")
	zoneText   = len("+0000")
	usualTime  = leastTime + len(".503798") + zoneText
)

// minute reads a time up to its seconds: the minute's start in seconds since
// 1970, as if its zone were UTC.
func minute(s string) (start int64, ok bool) {
	if len(s) < leastTime || s[4] != '-' || s[7] != '-' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	if c := s[10]; c != 'T' && c != 't' && c != ' ' {
		return 0, false
	}
	c1, ok1 := two(s, 0)
	c2, ok2 := two(s, 2)
	month, ok3 := two(s, 5)
	day, ok4 := two(s, 8)
	hour, ok5 := two(s, 11)
	minute, ok6 := two(s, 14)
	year := c1*100 + c2
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || month < 1 || month > 12 ||
		day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || year < 1678 || year > 2261 {
		return 0, false
	}
	return int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60), true
}

// within reads the rest of a time: seconds, decimals, zone.
func within(s string, start int64, zone *time.Location) (t event.Time, ok bool) {
	second, ok := two(s, minuteText)
	if !ok || second > 59 {
		return event.TimeUnset, false
	}
	nanos, rest, ok := fraction(s[leastTime:])
	if !ok {
		return event.TimeUnset, false
	}
	seconds := start + int64(second)
	if rest == "" {
		return inZone(seconds, nanos, zone), true
	}
	offset, ok := zoneOffset(rest)
	if !ok {
		return event.TimeUnset, false
	}
	return event.Time((seconds-offset)*int64(time.Second) + nanos), true
}

// inZone reads a wall clock in a zone. Where the clock was put forward or back
// and the reading does not exist or is there twice, time.Date decides.
func inZone(seconds, nanos int64, zone *time.Location) event.Time {
	if zone == nil || zone == time.UTC {
		return event.Time(seconds*int64(time.Second) + nanos)
	}
	w := time.Unix(seconds, nanos).UTC()
	return event.Time(time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), zone).UnixNano())
}

func two(s string, i int) (n int, ok bool) {
	a, b := s[i]-'0', s[i+1]-'0'
	return int(a)*10 + int(b), a < 10 && b < 10
}

// fraction reads decimals of a second, if there are any.
func fraction(s string) (nanos int64, rest string, ok bool) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return 0, s, true
	}
	i := 1
	for ; i < len(s) && s[i]-'0' < 10; i++ {
		if i <= 9 {
			nanos = nanos*10 + int64(s[i]-'0')
		}
	}
	return nanos * decimals[min(i, 10)], s[i:], i > 1
}

// decimals is by what so many digits, less one, are multiplied to be nanoseconds.
var decimals = [...]int64{0, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1}

// zoneOffset reads Z, ±hh, ±hhmm or ±hh:mm as seconds east of Greenwich.
func zoneOffset(s string) (seconds int64, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	colon := len(s) == 6 && s[3] == ':'
	if len(s) != 3 && len(s) != 5 && !colon || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok := two(s, 1)
	m := 0
	if ok && len(s) > 3 {
		m, ok = two(s, len(s)-2)
	}
	if !ok || h > 24 || m > 59 {
		return 0, false
	}
	seconds = int64(h*3600 + m*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar. The year is taken to
// begin in March, so that the day that is sometimes there comes last.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	inYear := (153*(month-3)+2)/5 + day - 1
	return year*365 + year/4 - year/100 + year/400 + inYear - 719468
}
