// SPDX-License-Identifier: Apache-2.0

package api

import (
	"strconv"

	"haidang/event"
	"haidang/figure"
)

// intervalText is what the interval of a share covers, and what it does not.
var intervalText = twoLanguage{
	VI: "khoảng 95 % theo Wilson: chỉ là dao động ngẫu nhiên giữa những người dùng tham gia",
	EN: "Wilson 95 % interval: random variation among participants only",
}

// units adds what goes with every number of participants.
func (b *statsBody) units(f *event.Figure) {
	d := figure.BuiltIn().Find(f.Definition)
	if b.Distinct = f.Distinct; d == nil || !f.Distinct {
		return
	}
	b.Population = &twoLanguage{d.Population.VI, d.Population.EN}
	if d.Counts.Share() {
		b.Interval = &intervalText
	}
}

func valueOf(n int64, r *event.FigureRatio) *float64 {
	v := float64(n)
	if r != nil {
		v = r.Value
	}
	return &v
}

func encodeRatio(r *event.FigureRow) *statsRatio {
	if r.Ratio == nil {
		return nil
	}
	out := &statsRatio{Denominator: r.Ratio.Denominator, Best: r.Ratio.Best, Worst: r.Ratio.Worst}
	if r.Few || r.Hidden {
		return out
	}
	out.Numerator = &r.Ratio.Numerator
	if r.Ratio.High > 0 {
		out.Low, out.High = &r.Ratio.Low, &r.Ratio.High
	}
	return out
}

// unitLines gives a table of participants: every line with what makes its value
// readable, and of a share its interval and among how many.
func (b *statsBody) unitLines(out sheet) {
	head := append([]string{"definition", "unit", "of", "period", "zone", "from", "to", "status", "revision", "replay", "population", "base_kind", "base"}, b.By...)
	_ = out.Write(append(head, "value", "numerator", "active", "low", "high", "rank", "best_rank", "worst_rank", "ranked", "few", "hidden", "base_value", "change_percent", "change_points"))
	for i := range b.Rows {
		_ = out.Write(b.unitLine(&b.Rows[i]))
	}
}

func (b *statsBody) unitLine(r *statsRow) []string {
	line := []string{
		b.Definition, b.Unit, b.Of, b.Period.Name, b.Period.Zone, b.Period.From, b.Period.To, b.Status,
		strconv.Itoa(b.Revision), strconv.FormatBool(b.Replay), b.Population.EN, "", "",
	}
	if b.Base != nil {
		line[11], line[12] = b.Base.Kind, b.Base.Period.Name
	}
	for _, g := range r.Group {
		line = append(line, harmless(g))
	}
	ratio := r.Ratio
	if ratio == nil {
		ratio = &statsRatio{}
	}
	active := ""
	if r.Ratio != nil {
		active = strconv.FormatInt(ratio.Denominator, 10)
	}
	line = append(line, number(r.Value), number(ratio.Numerator), active, number(ratio.Low), number(ratio.High),
		place(r.Rank), place(ratio.Best), place(ratio.Worst), "", strconv.FormatBool(r.Few), strconv.FormatBool(r.Hidden), "", "", "")
	n := len(line)
	if r.Rank > 0 {
		line[n-6] = strconv.Itoa(b.Ranked)
	}
	if c := r.Change; c != nil {
		line[n-3], line[n-2], line[n-1] = number(&c.Value), number(c.Percent), number(c.Points)
	}
	return line
}

// place writes a rank, nothing where there is none.
func place(rank int) string {
	if rank == 0 {
		return ""
	}
	return strconv.Itoa(rank)
}
