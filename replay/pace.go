// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"math"
	"time"
)

// pace says how many lines are due. It is deterministic but for the clock.
type pace struct {
	rate float64 // lines a second; 0: as recorded
	fast float64 // multiple of the recorded speed
	seed uint64
	step uint64
}

// tick is how often lines become due.
const tick = 25 * time.Millisecond

// due gives the lines that become due within one tick that begins after the
// elapsed time: a Poisson number around a rate that drifts slowly.
func (p *pace) due(elapsed time.Duration) int {
	p.step++
	x := elapsed.Seconds()
	turn := func(period float64, n uint64) float64 {
		return math.Sin(2 * math.Pi * (x/period + share(mix(p.seed, 20, n))))
	}
	drift := 1 + 0.18*turn(61, 1) + 0.1*turn(17, 2) + 0.07*turn(5.3, 3)
	return p.poisson(p.rate * drift * tick.Seconds())
}

// poisson draws a number around the mean: exactly where it is small, by the
// normal approximation where it is large.
func (p *pace) poisson(mean float64) int {
	if mean > 50 {
		u1, u2 := share(mix(p.seed, 21, p.step)), share(mix(p.seed, 22, p.step))
		z := math.Sqrt(-2*math.Log(1-u1)) * math.Cos(2*math.Pi*u2)
		return max(0, int(math.Round(mean+math.Sqrt(mean)*z)))
	}
	limit, product, n := math.Exp(-mean), 1.0, 0
	for k := uint64(0); ; k++ {
		product *= 1 - share(mix(p.seed, 23, p.step, k))
		if product <= limit {
			return n
		}
		n++
	}
}

// local is the time zone of the observatory's days (Asia/Ho_Chi_Minh, which has
// been UTC+7 throughout since 1975).
var local = time.FixedZone("+07", 7*3600)

// dayBefore gives the beginning of the local day before that of now.
func dayBefore(now time.Time) time.Time {
	y, m, d := now.In(local).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, local)
}

// hours are the weights of a day's hours: attacks never rest, but the afternoon
// sees more than the night.
func hours(h int) float64 { return 1 + 0.45*math.Sin(2*math.Pi*(float64(h)-8.5)/24) }

// spread gives the time of the i-th of n lines of a day.
func spread(day time.Time, i, n int) time.Time {
	total := 0.0
	for h := range 24 {
		total += hours(h)
	}
	x := (float64(i) + 0.5) / float64(n) * total
	for h := range 24 {
		if w := hours(h); x >= w && h < 23 {
			x -= w
			continue
		} else {
			return day.Add(time.Duration((float64(h) + min(x/w, 0.9999)) * float64(time.Hour)))
		}
	}
	return day
}
