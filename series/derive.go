// SPDX-License-Identifier: Apache-2.0

package series

import (
	"cmp"
	"math/big"
	"slices"
	"time"

	"haidang/event"
	"haidang/figure"
)

// minActive is below which number of participants a share is not ranked
// (STATISTICS, "share": a country's N_min).
const minActive = 10_000

// derive sorts a series by period and country and works out what follows from its
// own numbers.
func derive(s *event.Series, zone *time.Location) {
	slices.SortFunc(s.Points, func(a, b event.SeriesPoint) int {
		return cmp.Or(cmp.Compare(a.Period.From, b.Period.From), cmp.Compare(a.Period.To, b.Period.To), cmp.Compare(a.Country, b.Country))
	})
	at := map[string]*event.SeriesPoint{}
	periods := map[string][]*event.SeriesPoint{}
	for i := range s.Points {
		p := &s.Points[i]
		p.PerDay, p.Previous, p.Year, p.Rank, p.RankWorst, p.Ranked = "", nil, nil, 0, 0, 0
		at[pointKey(p)] = p
		periods[p.Period.Name] = append(periods[p.Period.Name], p)
	}
	share := s.Unit.EN == Share
	for _, p := range at {
		c, err := figure.ParsePeriod(p.Period.Name, zone)
		if err != nil {
			continue // it was checked when it was read
		}
		if days := int64(c.Days() + 0.5); !share && c.Days() >= 1 {
			p.PerDay = perDay(p.Value, days)
		}
		p.Previous = changeOf(at, p, c, figure.OnPrevious, share)
		p.Year = changeOf(at, p, c, figure.OnYear, share)
	}
	for _, points := range periods {
		rank(points, share)
	}
}

func pointKey(p *event.SeriesPoint) string { return p.Period.Name + "\x00" + p.Country }

// changeOf looks for the base's number of the same country.
func changeOf(at map[string]*event.SeriesPoint, p *event.SeriesPoint, c figure.Period, on figure.Base, share bool) *event.SeriesChange {
	b, err := c.Base(on)
	if err != nil {
		return nil
	}
	before := at[b.String()+"\x00"+p.Country]
	if before == nil || before == p {
		return nil
	}
	out := &event.SeriesChange{Base: before.Period.Name, Value: before.Value}
	if share {
		out.Points = points(p.Value, before.Value)
	} else {
		out.Percent = percent(p.Value, before.Value)
	}
	return out
}

// rank gives the countries of one period their places (rank/1): equals share one, and
// where intervals overlap a place is a range. What is not of a country has none, nor a
// share of too few. One country alone is no ranking.
func rank(all []*event.SeriesPoint, share bool) {
	var in []*event.SeriesPoint
	for _, p := range all {
		few := share && p.Active != "" && exact(p.Active).Cmp(big.NewRat(minActive, 1)) < 0
		if p.Country != "" && p.Country != world && !few {
			in = append(in, p)
		}
	}
	if len(in) < 2 {
		return
	}
	order := ordinals(in)
	values := make([]float64, len(in))
	ranges := make([]figure.Interval, len(in))
	for i, p := range in {
		low, high := cmp.Or(p.Low, p.Value), cmp.Or(p.High, p.Value)
		values[i], ranges[i] = order(p.Value), figure.Interval{Low: order(low), High: order(high)}
	}
	places, n := figure.Rank(values, func(int) bool { return true })
	for i, p := range in {
		best, worst := figure.RankRange(ranges, i)
		p.Rank, p.RankWorst, p.Ranked = min(places[i], best), max(places[i], worst), n
	}
}

// ordinals numbers the values of points in their order, so that they are compared
// exactly.
func ordinals(in []*event.SeriesPoint) func(string) float64 {
	var all []*big.Rat
	for _, p := range in {
		for _, v := range []string{p.Value, p.Low, p.High} {
			if v != "" {
				all = append(all, exact(v))
			}
		}
	}
	slices.SortFunc(all, func(a, b *big.Rat) int { return a.Cmp(b) })
	all = slices.CompactFunc(all, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	return func(v string) float64 {
		i, _ := slices.BinarySearchFunc(all, exact(v), func(a, b *big.Rat) int { return a.Cmp(b) })
		return float64(i)
	}
}
