// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"math"
	"strconv"

	"haidang/event"
)

// The chart of minutes: sixty columns ten units apart, a hundred units high.
// web/src/minutes.ts draws the same.
const (
	columns   = 60
	pitch     = 10
	chartHigh = 100
)

type column struct {
	X      int
	Y, H   string
	Minute int64 // since 1970
	Title  string
}

// minuteChart is the last hour as columns.
type minuteChart struct {
	Label    string
	Columns  []column
	Top, Mid string
	Ticks    []moment
	Rows     []minuteRow
}

type minuteRow struct {
	At                         moment
	Attacks, Incidents, States string
}

// minuteSeries puts the minutes into sixty places that end at the picture's
// minute; minutes that are missing are zero.
func minuteSeries(pic *event.Picture) []event.Minute {
	const minute = event.Time(60e9)
	last := pic.At / minute
	out := make([]event.Minute, columns)
	for i := range out {
		out[i].Start = (last - columns + 1 + event.Time(i)) * minute
	}
	for _, m := range pic.Minutes {
		if i := m.Start/minute - last + columns - 1; i >= 0 && i < columns {
			out[i] = m
		}
	}
	return out
}

func (l *language) chart(pic *event.Picture) minuteChart {
	series := minuteSeries(pic)
	peak := highest(series)
	top := ceiling(peak.Attacks)
	c := minuteChart{
		Label: l.T("minutes.label", "home", l.country(homeOf(pic)), "n", l.Number(peak.Attacks), "time", l.clock(peak.Start).Text),
		Top:   l.Number(top), Mid: l.Number(top / 2),
	}
	for i, m := range series {
		h := float64(m.Attacks) * chartHigh / float64(top)
		at := l.clock(m.Start)
		c.Columns = append(c.Columns, column{
			X: i*pitch + 1, Y: units(chartHigh - h), H: units(h),
			Minute: int64(m.Start) / 60e9, Title: at.Text + ": " + l.Number(m.Attacks),
		})
		if i%15 == 14 || i == 0 {
			c.Ticks = append(c.Ticks, at)
		}
		c.Rows = append(c.Rows, minuteRow{at, l.Number(m.Attacks), l.Number(m.Incidents), l.Number(m.States)})
	}
	return c
}

func highest(series []event.Minute) (peak event.Minute) {
	for i, m := range series {
		if i == 0 || m.Attacks > peak.Attacks {
			peak = m
		}
	}
	return peak
}

// ceiling is the next round number: 10, 20, 50, 100 and so on.
func ceiling(n int64) int64 {
	for unit := int64(10); unit < math.MaxInt64/100; unit *= 10 {
		for _, f := range []int64{1, 2, 4, 6, 8} {
			if n <= f*unit {
				return f * unit
			}
		}
	}
	return n
}

func units(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
