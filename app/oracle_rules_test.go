// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"slices"
	"strings"
	"time"

	"haidang/event"
)

// oracleRanked are the tables that are rankings, by what they are by.
var oracleRanked = map[string][]string{
	"attacks": {"kind", "way", "hosting", "technique", "sector"}, "incidents": {"kind", "way"}, "states": {"kind"}, "records": {"kind", "way", "hosting", "technique"},
	"hosted": {"kind", "way", "country"}, "attacked-addresses": {"kind", "way"}, "attacked-users": {"kind", "way"}, "share": {"country"},
}

// places: 1 + the number of greater published values among those that can be
// ranked. Affected countries are ranked by shares alone, where enough take part.
func (c *oracleCase) places() {
	by := strings.Join(c.f.By, ",")
	var in []*event.FigureRow
	for i := range c.f.Rows {
		if r := &c.f.Rows[i]; len(r.Group) > 0 && r.Group[0] != "" && !r.Hidden && !r.Few && (r.Value > 0 || r.Ratio != nil) {
			in = append(in, r)
		}
	}
	if !slices.Contains(oracleRanked[c.name], by) || c.is("share") && len(in) < c.w.limits.MinRanked {
		in = nil
	}
	value := func(r *event.FigureRow) float64 {
		if r.Ratio != nil {
			return r.Ratio.Value
		}
		return float64(r.Value)
	}
	if c.f.Ranked != len(in) {
		c.fault("%d are ranked, not %d", c.f.Ranked, len(in))
	}
	for i := range c.f.Rows {
		r := &c.f.Rows[i]
		if !slices.Contains(in, r) {
			if r.Rank != 0 {
				c.fault("%q cannot be ranked and is %d", r.Group, r.Rank)
			}
			continue
		}
		rank, best, worst := 1, 1, 1
		for _, o := range in {
			if value(o) > value(r) {
				rank++
			}
			if o != r && r.Ratio != nil {
				if o.Ratio.Low > r.Ratio.High {
					best++
				}
				if o.Ratio.High > r.Ratio.Low {
					worst++
				}
			}
		}
		if r.Rank != rank || r.Ratio != nil && (r.Ratio.Best != best || r.Ratio.Worst != worst) {
			c.fault("%q has place %d %+v, not %d (%d to %d)", r.Group, r.Rank, r.Ratio, rank, best, worst)
		}
	}
}

// apart: what a ranking of hosting countries leaves out, because the address may be
// forged or nobody tells one.
func (c *oracleCase) apart() {
	if !slices.Contains(c.f.By, "hosting") && !(c.is("hosted") && c.f.Of == "world") {
		if c.f.Unconfirmed != nil {
			c.fault("%d unconfirmed", *c.f.Unconfirmed)
		}
		return
	}
	var want int64
	of := func(r *rawRecord) bool { return r.Host == "" && (c.f.Of == "world" || r.Country == c.f.Of) }
	from, to := c.f.Period.From.Std(), c.f.Period.To.Std()
	if c.is("records") {
		for i := range c.w.records {
			if r := &c.w.records[i]; r.Stage != "" && of(r) && !r.At.Before(from) && r.At.Before(to) {
				want += r.Count
			}
		}
	} else {
		for _, r := range c.w.folded(from, to, "attempt") {
			if of(r) {
				want += r.Count
			}
		}
	}
	if c.f.Unconfirmed == nil || *c.f.Unconfirmed != want {
		c.fault("unconfirmed: %v, counted are %d", c.f.Unconfirmed, want)
	}
}

// oracleChange is a change in percent as it is told, with two decimals.
func oracleChange(now, before float64) float64 { return 100 * (now - before) / before }

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6*(1+math.Abs(b)) }

// changes: against the named base, per day where lengths differ, and only where the
// sensors allow it.
func (c *oracleCase) changes() {
	if c.f.Base == nil {
		for i := range c.f.Rows {
			if c.f.Rows[i].Change != nil {
				c.fault("%q has a change without a base", c.f.Rows[i].Group)
			}
		}
		return
	}
	c.bases()
	units := c.is("active-participants", "attacked-users", "infected", "share", "world-share", "rate", "attacked-addresses")
	want := "plain"
	if !units {
		want = c.rests()
	}
	rests := c.lines(want)
	for i := range c.f.Rows {
		r := &c.f.Rows[i]
		b, want := c.before[strings.Join(r.Group, " ")], rests[r]
		switch {
		case want != "plain" || r.Hidden || r.Few:
			if r.Change != nil {
				c.fault("%q: the change rests on %s", r.Group, want)
			}
		case c.protected() || c.is("attacked-addresses"): // the base's line may be withheld, or has noise
		case c.is("share", "world-share", "rate"):
			c.ratioChange(r, b)
		case r.Change == nil:
			c.fault("%q has no change", r.Group)
		default:
			c.change(r, b)
		}
	}
}

func (c *oracleCase) change(r *event.FigureRow, b *oracleLine) {
	var before int64
	if b != nil {
		before = b.Value
	}
	if r.Change.Value != before {
		c.fault("%q: the base is %d, counted are %d", r.Group, r.Change.Value, before)
		return
	}
	if before == 0 {
		return
	}
	days := func(p *event.FigurePeriod) float64 {
		from, to := p.From.Std(), p.To.Std()
		return to.Sub(from).Hours() / 24 // no clocks are changed in either zone
	}
	perDay := oracleChange(float64(r.Value)/days(&c.f.Period), float64(before)/days(c.f.Base))
	if !near(r.Change.Percent, oracleChange(float64(r.Value), float64(before))) || !c.f.Distinct && !near(r.Change.PerDay, perDay) {
		c.fault("%q: %+v, %d before", r.Group, r.Change, before)
	}
}

func (c *oracleCase) ratioChange(r *event.FigureRow, b *oracleLine) {
	if b == nil || len(b.Active) < c.w.limits.MinCountry {
		if r.Change != nil {
			c.fault("%q has a change against too few", r.Group)
		}
		return
	}
	scale := int64(100)
	if c.is("rate") {
		scale = 1000
	}
	before := oracleRounded(scale*b.Value, int64(len(b.Active)))
	if r.Change == nil || r.Change.Ratio == nil || r.Change.Ratio.Value != before {
		c.fault("%q: %+v, before %v", r.Group, r.Change, before)
	} else if !c.is("rate") && math.Abs(r.Change.Points-(r.Ratio.Value-before)) > 0.001 {
		c.fault("%q: %v points, %v before", r.Group, r.Change.Points, before)
	}
}

// bases: the period that the base's name says, by the calendar alone.
func (c *oracleCase) bases() {
	from, to := c.f.Period.From.Std().In(c.w.zone), c.f.Period.To.Std().In(c.w.zone)
	if c.f.Period.Zone == "UTC" {
		from, to = from.UTC(), to.UTC()
	}
	back := map[string]func(time.Time) time.Time{
		"minute": func(t time.Time) time.Time { return t.Add(-time.Minute) }, "hour": func(t time.Time) time.Time { return t.Add(-time.Hour) },
		"day": func(t time.Time) time.Time { return t.AddDate(0, 0, -1) }, "week": func(t time.Time) time.Time { return t.AddDate(0, 0, -7) },
		"month": func(t time.Time) time.Time { return t.AddDate(0, -1, 0) }, "quarter": func(t time.Time) time.Time { return t.AddDate(0, -3, 0) },
		"half-year": func(t time.Time) time.Time { return t.AddDate(0, -6, 0) }, "year": func(t time.Time) time.Time { return t.AddDate(-1, 0, 0) },
	}[c.f.Period.Kind]
	switch c.f.BaseKind {
	case "week":
		back = func(t time.Time) time.Time { return t.AddDate(0, 0, -7) }
	case "year":
		if back = func(t time.Time) time.Time { return t.AddDate(-1, 0, 0) }; c.f.Period.Kind == "week" { // the same number
			y, n := from.ISOWeek()
			by, bn := c.f.Base.From.Std().In(from.Location()).ISOWeek()
			if by != y-1 || bn != n {
				c.fault("base %s of %s", c.f.Base.Name, c.f.Period.Name)
			}
			return
		}
	}
	if f, t := c.f.Base.From.Std(), c.f.Base.To.Std(); !f.Equal(back(from)) || !t.Equal(back(to)) {
		c.fault("base %s of %s", c.f.Base.Name, c.f.Period.Name)
	}
}

// rests judges the change by the sensors, and compares what is told of the panel.
func (c *oracleCase) rests() string {
	p := c.f.Panel
	if p == nil {
		c.fault("nothing says on what the change rests")
		return ""
	}
	periods := [2][2]time.Time{{c.f.Period.From.Std(), c.f.Period.To.Std()}, {c.f.Base.From.Std(), c.f.Base.To.Std()}}
	want := c.w.panel(c.name, periods, func(r *rawRecord) bool {
		minute := c.f.Period.Kind == "minute" && c.f.Of != "VN" // what sensors saw of others is kept by the hour
		return c.f.Of == "world" || minute || c.is("hosted") || r.Country == c.f.Of
	})
	if p.Rests != want.rests {
		c.fault("rests on %+v, by the sensors it is %+v", p, want)
		return want.rests
	}
	if want.rests != "break" && want.base > 0 && (p.Percent == nil || math.Abs(*p.Percent-oracleChange(float64(want.now), float64(want.base))) > 0.0501) {
		c.fault("the panel's change is %v, by the sensors it is %+v", p.Percent, want)
	}
	return want.rests
}
