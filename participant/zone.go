// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"time"

	"haidang/event"
)

// Days are numbered from 1 January 1970 in the observatory's zone; a day has 23
// to 25 hours, counted from its midnight.

// zoneCache finds days without asking the calendar for every record.
type zoneCache struct {
	zone   *time.Location
	number int32
	from   int64 // Unix seconds, inclusive
	to     int64 // exclusive
}

func (z *zoneCache) at(t event.Time) (number int32, hour uint8) {
	sec := int64(t) / int64(time.Second)
	if sec < z.from || sec >= z.to {
		y, m, d := time.Unix(sec, 0).In(z.zone).Date()
		z.number = numberOf(y, m, d)
		z.from = time.Date(y, m, d, 0, 0, 0, 0, z.zone).Unix()
		z.to = time.Date(y, m, d+1, 0, 0, 0, 0, z.zone).Unix()
	}
	return z.number, uint8((sec - z.from) / 3600)
}

func numberOf(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dateOf(number int32) (int, time.Month, int) {
	return time.Unix(int64(number)*86400, 0).UTC().Date()
}

// start gives the instant at which a day begins.
func start(number int32, zone *time.Location) time.Time {
	y, m, d := dateOf(number)
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// monthOf numbers months.
func monthOf(number int32) int32 {
	y, m, _ := dateOf(number)
	return int32(y)*12 + int32(m) - 1
}

// monthDays gives the first day of a month and the first of the next.
func monthDays(n int32) (from, to int32) {
	y, m := int(n/12), time.Month(n%12+1)
	return numberOf(y, m, 1), numberOf(y, m+1, 1)
}
