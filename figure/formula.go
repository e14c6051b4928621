// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"cmp"
	"math"
	"slices"
)

// Change gives the change from a base in percent, 100 · (now − base) / base; ok
// is false where the base is 0, which is shown as –.
func Change(now, base float64) (percent float64, ok bool) {
	if base == 0 {
		return 0, false
	}
	return 100 * (now - base) / base, true
}

// Points gives the change of a share (0 to 1) in percentage points.
func Points(now, base float64) float64 { return 100 * (now - base) }

// PerDay spreads a count over the days of its period.
func PerDay(n float64, p Period) float64 { return n / p.Days() }

// ChangePerDay is the change of the counts per day, for periods that are not of
// one length.
func ChangePerDay(now float64, p Period, base float64, b Period) (percent float64, ok bool) {
	return Change(PerDay(now, p), PerDay(base, b))
}

// Grown gives the whole number that a change in percent makes of a base.
func Grown(base int64, percent float64) int64 {
	return int64(math.Round(float64(base) * (1 + percent/100)))
}

// Rank gives each value its place: 1 + the number of eligible ones that are
// strictly greater, so that equals share a place ("1224"). The values are those
// published, rounded if they are shown so. A value that is not eligible has
// place 0; n is the number of eligible ones.
func Rank(values []float64, eligible func(i int) bool) (places []int, n int) {
	places = make([]int, len(values))
	order := make([]int, 0, len(values))
	for i := range values {
		if eligible(i) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	for at, i := range order {
		places[i] = at + 1
		if at > 0 && values[order[at-1]] == values[i] {
			places[i] = places[order[at-1]]
		}
	}
	return places, len(order)
}

// Interval is what a value may be, both ends included.
type Interval struct{ Low, High float64 }

// RankRange gives the best and the worst place that a value may have among all,
// where intervals overlap: only those that lie wholly above are surely before it.
// Equal exact values share a place.
func RankRange(all []Interval, i int) (best, worst int) {
	best, worst = 1, 1
	for j, o := range all {
		if j == i {
			continue
		}
		if o.Low > all[i].High {
			best++
		}
		if o.High > all[i].Low {
			worst++
		}
	}
	return best, worst
}

// z95 is the two-sided 95 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Wilson gives the 95 % score interval of a share of n (Wilson 1927): random
// variation among participants only. Without participants it is 0 to 1.
func Wilson(hits, n int64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	p, m := float64(hits)/float64(n), float64(n)
	middle := p + z95*z95/(2*m)
	half := z95 * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	scale := 1 + z95*z95/m
	return Interval{max(0, (middle-half)/scale), min(1, (middle+half)/scale)}
}

// rateSeconds is the time constant of the live rate.
const rateSeconds = 10

// LiveRate gives the rate after seconds with so many events each, the newest
// last: an exponential mean of 10 s, corrected for the start, when it has seen
// too little.
func LiveRate(perSecond []int64) float64 {
	a := 1 - math.Exp(-1.0/rateSeconds)
	var r float64
	for _, n := range perSecond {
		r = a*float64(n) + (1-a)*r
	}
	if len(perSecond) == 0 {
		return 0
	}
	return r / (1 - math.Pow(1-a, float64(len(perSecond))))
}
