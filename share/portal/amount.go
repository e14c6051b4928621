// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strconv"
	"strings"

	"haidang/event"
	"haidang/figure"
	"haidang/share/internal/chart"
)

// amount writes a row's number: a count, a share in percent, or a rate.
func (l *language) amount(r *event.FigureRow) string {
	switch {
	case r.Hidden:
		return l.T("hidden.long")
	case r.Few:
		return l.T("few")
	case r.Ratio != nil:
		return l.ratio(r.Ratio)
	}
	return l.Number(r.Value)
}

// ratio writes a share in percent, which has an interval, or a rate.
func (l *language) ratio(r *event.FigureRatio) string {
	s := l.decimal(r.Value)
	if r.High > 0 {
		s += narrow + "%"
	}
	return s
}

// decimal writes a number with one decimal.
func (l *language) decimal(v float64) string {
	whole, tenth, _ := strings.Cut(strconv.FormatFloat(v, 'f', 1, 64), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil { // beyond what is counted
		return whole
	}
	return l.Number(n) + l.Point + tenth
}

// value is a row as it is drawn.
func (d *drawing) value(r *event.FigureRow) chart.Value {
	v := chart.Value{N: float64(r.Value), Text: d.l.amount(r)}
	switch {
	case r.Hidden, r.Few:
		return chart.Value{Text: v.Text, State: chart.Withheld}
	case r.Ratio != nil:
		v.N = r.Ratio.Value
	}
	return v
}

// rank writes a row's place, or the places that it may have.
func (l *language) rank(r *event.FigureRow) string {
	switch {
	case r.Rank == 0:
		return "–"
	case r.Ratio != nil && r.Ratio.Best != r.Ratio.Worst:
		return l.Number(int64(r.Ratio.Best)) + "–" + l.Number(int64(r.Ratio.Worst))
	}
	return l.Number(int64(r.Rank))
}

// changed writes a row's number in the base period and the change from it.
func (l *language) changed(f *event.Figure, r *event.FigureRow) []string {
	c := r.Change
	switch {
	case c == nil && r.Rests != nil && !r.Few:
		return []string{"–", l.without(r.Rests)}
	case c == nil || r.Few:
		return []string{"–", "–"}
	case c.Ratio != nil && c.Ratio.High > 0:
		points := strings.TrimSuffix(figure.Signed(l.Code, c.Points), narrow+"%")
		return []string{l.ratio(c.Ratio), l.T("change.points", "points", points)}
	case c.Ratio != nil:
		return []string{l.ratio(c.Ratio), "–"}
	case c.Value == 0:
		return []string{l.Number(0), "–"}
	}
	change := figure.Signed(l.Code, c.Percent)
	if f.Period.Days != f.Base.Days && !f.Distinct {
		change = l.T("change.perday", "change", change, "day", figure.Signed(l.Code, c.PerDay))
	}
	if r.Rests != nil && r.Rests.Percent != nil {
		if panel := figure.Signed(l.Code, *r.Rests.Percent); panel != figure.Signed(l.Code, c.Percent) {
			change = l.T("change.beside", "change", change, "panel", panel)
		}
	}
	return []string{l.Number(c.Value), change}
}

// without says what there is of a line whose plain change is not published.
func (l *language) without(r *event.FigureRests) string {
	switch {
	case r.Rests == event.RestsOnNothing:
		return l.T("change.break")
	case r.Percent == nil:
		return "–"
	}
	return l.T("change.panel", "panel", figure.Signed(l.Code, *r.Percent))
}

// interval says between what a share may be, and of how many it is.
func (l *language) interval(r *event.FigureRow) string {
	if r.Ratio == nil || r.Ratio.High == 0 || r.Few {
		return ""
	}
	return l.T("interval", "low", l.decimal(r.Ratio.Low), "high", l.decimal(r.Ratio.High), "n", l.Number(r.Ratio.Denominator))
}
