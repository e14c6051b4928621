// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"
	"time"

	"haidang/figure"
)

// Declared is one table of the open lattice, for who asks which there are.
type Declared struct {
	Country, World bool     // what it may be asked of
	By             []string // its dimensions, at most three; never nil
	Ranked         bool
	Protected      bool     // by a dimension that tells of few: some lines may be hidden
	Periods        []string // kinds of periods that it is open for
}

// Tables lists the tables that are declared of a figure.
func Tables(d *figure.Definition) []Declared {
	var out []Declared
	for _, t := range tablesOf(d.Counts) {
		out = append(out, Declared{
			Country: t.in(false), World: t.in(true), By: append([]string{}, t.by...),
			Ranked: t.ranked, Protected: t.protected, Periods: t.periods(d.Counts),
		})
	}
	return out
}

// periods names the kinds of periods. Each is judged by one that ends with its year,
// in which every kind ends that can.
func (t *table) periods(c figure.Counts) (out []string) {
	last := time.Date(2025, time.December, 31, 23, 59, 0, 0, time.UTC)
	for k := figure.Minute; k <= figure.YearToDate; k++ {
		p, open := figure.Containing(k, last), true
		switch {
		case t.sized:
			open = sizedPeriod(p, time.UTC)
		case t.protected:
			open = openPeriod(p, time.UTC)
		case c.OfParticipants():
			open = k > figure.Minute // they are counted by whole hours
		}
		if open {
			out = append(out, k.String())
		}
	}
	return slices.Clip(out)
}
