// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is the kind of a period of the calendar.
type Kind uint8

// Kinds of periods, the shorter first.
const (
	Minute Kind = iota
	Hour
	Day
	Week // ISO 8601: Monday to Sunday, week 1 has the year's first Thursday
	Month
	Quarter
	Half
	Year
	YearToDate // from 1 January up to and including a day
)

var kindNames = []string{"minute", "hour", "day", "week", "month", "quarter", "half-year", "year", "year-to-date"}

func (k Kind) String() string { return kindNames[k] }

// Years that a period may lie in; nanoseconds since 1970 hold a little more.
const (
	firstYear = 1970
	lastYear  = 2199
)

// Period is one period of the calendar in one zone: From inclusive, To exclusive.
type Period struct {
	Kind     Kind
	From, To time.Time
}

// forms are how periods are written, for error messages.
const forms = "2026-11-21T14:05 (minute), 2026-11-21T14 (hour), 2026-11-21, 2026-W47, 2026-11, 2026-Q3, 2026-H1, 2026 or 2026-YTD@2026-11-21"

// ParsePeriod reads a period as String writes it, in a zone.
func ParsePeriod(s string, zone *time.Location) (Period, error) {
	p, ok := parse(s, zone)
	if !ok || p.String() != s {
		return Period{}, fmt.Errorf("%q is no period of the calendar between %d and %d; written are %s", s, firstYear, lastYear, forms)
	}
	return p, nil
}

var layouts = []struct {
	kind   Kind
	layout string
}{{Minute, "2006-01-02T15:04"}, {Hour, "2006-01-02T15"}, {Day, "2006-01-02"}, {Month, "2006-01"}, {Year, "2006"}}

func parse(s string, zone *time.Location) (Period, bool) {
	for _, l := range layouts {
		if len(s) != len(l.layout) || len(s) == len("2026-Q3") && (s[5] < '0' || s[5] > '9') {
			continue // trying it would cost more than all the rest
		}
		if t, err := time.ParseInLocation(l.layout, s, zone); err == nil {
			return within(Containing(l.kind, t))
		}
	}
	head, tail, _ := strings.Cut(s, "-")
	year, err := strconv.Atoi(head)
	if err != nil || tail == "" {
		return Period{}, false
	}
	if day, ok := strings.CutPrefix(tail, "YTD@"); ok {
		t, err := time.ParseInLocation("2006-01-02", day, zone)
		return within(Containing(YearToDate, t), err == nil && t.Year() == year)
	}
	n, err := strconv.Atoi(tail[1:])
	if err != nil || year < firstYear || year > lastYear || n < 1 {
		return Period{}, false
	}
	switch {
	case tail[0] == 'Q' && n <= 4:
		return within(Containing(Quarter, time.Date(year, time.Month(3*n), 1, 0, 0, 0, 0, zone)))
	case tail[0] == 'H' && n <= 2:
		return within(Containing(Half, time.Date(year, time.Month(6*n), 1, 0, 0, 0, 0, zone)))
	case tail[0] == 'W' && n <= 53:
		// 4 January always lies in week 1.
		return within(Containing(Week, time.Date(year, 1, 4+7*(n-1), 0, 0, 0, 0, zone)))
	}
	return Period{}, false
}

func within(p Period, also ...bool) (Period, bool) {
	for _, ok := range also {
		if !ok {
			return Period{}, false
		}
	}
	return p, p.From.Year() >= firstYear && p.From.Year() <= lastYear
}

// Containing gives the period of a kind that a time lies in, in the time's zone.
// A year to date ends with the time's day.
func Containing(k Kind, t time.Time) Period {
	y, m, d := t.Date()
	zone := t.Location()
	months := func(first time.Month, n int) Period {
		return Period{k, time.Date(y, first, 1, 0, 0, 0, 0, zone), time.Date(y, first+time.Month(n), 1, 0, 0, 0, 0, zone)}
	}
	switch k {
	case Minute, Hour:
		unit := map[Kind]time.Duration{Minute: time.Minute, Hour: time.Hour}[k]
		minutes := t.Minute()
		if k == Minute {
			minutes = 0
		}
		from := t.Add(-time.Duration(minutes)*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
		return Period{k, from, from.Add(unit)}
	case Day:
		return Period{k, time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)}
	case Week:
		monday := d - (int(t.Weekday())+6)%7
		return Period{k, time.Date(y, m, monday, 0, 0, 0, 0, zone), time.Date(y, m, monday+7, 0, 0, 0, 0, zone)}
	case Month:
		return months(m, 1)
	case Quarter:
		return months((m-1)/3*3+1, 3)
	case Half:
		return months((m-1)/6*6+1, 6)
	case Year:
		return months(1, 12)
	default:
		return Period{k, time.Date(y, 1, 1, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)}
	}
}

// String writes the period; its zone is told apart (Zone).
func (p Period) String() string {
	for _, l := range layouts {
		if l.kind == p.Kind {
			return p.From.Format(l.layout)
		}
	}
	y, m, _ := p.From.Date()
	switch p.Kind {
	case Week:
		y, w := p.From.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", y, (m+2)/3)
	case Half:
		return fmt.Sprintf("%04d-H%d", y, (m+5)/6)
	default:
		return fmt.Sprintf("%04d-YTD@%s", y, p.last().Format("2006-01-02"))
	}
}

// last gives the start of the period's last day.
func (p Period) last() time.Time { return p.To.AddDate(0, 0, -1) }

// Zone names the zone that the period was cut in.
func (p Period) Zone() string { return p.From.Location().String() }

// Days gives the length in days of the calendar; parts of a day for minutes and
// hours. A day on which clocks are changed is one day.
func (p Period) Days() float64 {
	if p.Kind < Day {
		return p.To.Sub(p.From).Hours() / 24
	}
	return civil(p.To).Sub(civil(p.From)).Hours() / 24
}

func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
