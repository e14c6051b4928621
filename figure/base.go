// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"slices"
	"time"
)

// Base says what a change is measured against. It is always named.
type Base string

// Bases.
const (
	OnPrevious Base = "previous" // the period before: on the day, on the quarter …
	OnWeek     Base = "week"     // of a day: the same day of the week, a week before
	OnYear     Base = "year"     // the same period a year before
)

// ParseBase reads a base for a kind of period. The period before may also be
// named by its kind: "quarter" for a quarter.
func ParseBase(s string, k Kind) (Base, error) {
	b := Base(s)
	switch {
	case b == OnYear || b == OnPrevious && k != YearToDate || b == OnWeek && k == Day:
		return b, nil
	case s == k.String() && k != YearToDate:
		return OnPrevious, nil
	}
	allowed := []string{string(OnPrevious), string(OnYear)}
	switch k {
	case Day:
		allowed = []string{string(OnPrevious), string(OnWeek), string(OnYear)}
	case YearToDate:
		allowed = allowed[1:]
	}
	return "", fmt.Errorf("%q is no base of a %s; there are %q", s, k, allowed)
}

// Base gives the period that a change of p is measured against.
func (p Period) Base(b Base) (Period, error) {
	switch b {
	case OnPrevious:
		if p.Kind != YearToDate {
			return Containing(p.Kind, p.From.Add(-time.Nanosecond)), nil
		}
	case OnWeek:
		if p.Kind == Day {
			return Containing(Day, p.From.AddDate(0, 0, -7)), nil
		}
	case OnYear:
		return p.yearBefore()
	}
	return Period{}, fmt.Errorf("%q is no base of a %s", b, p.Kind)
}

func (p Period) yearBefore() (Period, error) {
	if p.Kind == Week {
		y, w := p.From.ISOWeek()
		return ParsePeriod(fmt.Sprintf("%04d-W%02d", y-1, w), p.From.Location())
	}
	at := p.From
	if p.Kind == YearToDate {
		at = p.last()
	}
	y, m, d := at.Date()
	leap := m == time.February && d == 29
	switch {
	case leap && p.Kind == YearToDate:
		d = 28
	case leap && slices.Contains([]Kind{Minute, Hour, Day}, p.Kind):
		return Period{}, fmt.Errorf("%s has no such day a year before", p)
	}
	return Containing(p.Kind, time.Date(y-1, m, d, at.Hour(), at.Minute(), 0, 0, at.Location())), nil
}
