// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"iter"
	"time"
)

// stretch is a period of whole local days, in minutes since 1970.
type stretch struct{ from, to int64 }

// calendarKind gives the calendar period of a kind that a time lies in.
type calendarKind func(at time.Time) stretch

// calendarKinds are all that pages ask for.
var calendarKinds = []calendarKind{
	func(at time.Time) stretch { return months(at, int(at.Month()-1), 12) },
	func(at time.Time) stretch { return months(at, int(at.Month()-1)%6, 6) },
	func(at time.Time) stretch { return months(at, int(at.Month()-1)%3, 3) },
	monthOf,
	weekOf,
	func(at time.Time) stretch { return days(at, 0, 1) },
}

func monthOf(at time.Time) stretch { return months(at, 0, 1) }

func weekOf(at time.Time) stretch { return days(at, (int(at.Weekday())+6)%7, 7) }

// months is a period of whole months, the first of which is so many before a time's.
func months(at time.Time, before, length int) stretch {
	from := time.Date(at.Year(), at.Month()-time.Month(before), 1, 0, 0, 0, 0, at.Location())
	return stretch{from.Unix() / 60, from.AddDate(0, length, 0).Unix() / 60}
}

// days is the same of days.
func days(at time.Time, before, length int) stretch {
	from := time.Date(at.Year(), at.Month(), at.Day()-before, 0, 0, 0, 0, at.Location())
	return stretch{from.Unix() / 60, from.AddDate(0, 0, length).Unix() / 60}
}

// calendar gives the month and the week that a local day lies in.
func (m *Measure) calendar(day int64) [2]stretch {
	at := time.Unix(day*60, 0).In(m.cfg.Zone)
	return [2]stretch{monthOf(at), weekOf(at)}
}

// sumPast is how many minutes after a period's end its days are at rest.
const sumPast = 3*1440 + retireAfter

// past gives the periods of a kind whose days are at rest and of which a view knows
// all, the newest first.
func (m *Measure) past(kind calendarKind, v *view, minute int64) iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		for at := minute - sumPast; at >= v.oldest; {
			c := kind(time.Unix(at*60, 0).In(m.cfg.Zone))
			if at = c.from - 1; c.to <= minute-sumPast && c.from >= v.oldest && !yield(c) {
				return
			}
		}
	}
}
