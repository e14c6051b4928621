// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/figure"
	"haidang/share/internal/chart"
)

// seriesRows is how many lines a series' table has; a year of days does not
// help who reads.
const seriesRows = 200

// series shows one number through the parts of a period.
func (d *drawing) series(b *figureBlock) error {
	steps, err := d.p.series(d.spec)
	if err != nil {
		return err
	}
	if len(known(steps).By) > 0 {
		return errNothing
	}
	l, f := d.l, *known(steps)
	kind := steps[0].Period.Kind
	b.Kicker = d.kicker(&f, nil) + ", " + l.T("part."+kind.String())
	b.Head = []string{l.T("column." + kind.String()), upper(d.unit(f.Definition)), l.T("column.status")}
	c := chart.Series{Scale: l.whole, Gap: l.T("gap"), Points: make([]chart.Point, 0, len(steps))}
	b.Rows = make([]figureLine, 0, min(len(steps), seriesRows))
	var top *part
	gaps := 0
	for i := range steps {
		s := &steps[i]
		v := d.at(s, 0)
		c.Points = append(c.Points, chart.Point{Name: upper(s.Period.Name(l.Code)), Tick: l.tick(s.Period), Values: []chart.Value{v}})
		if s.Gap {
			if v.State == chart.Missing {
				gaps++
			}
		} else if top == nil || s.Figure.Rows[0].Value > top.Figure.Rows[0].Value {
			top = s
		}
		if i < seriesRows {
			b.Rows = append(b.Rows, d.partLine(s, v))
		}
	}
	b.Title = b.Kicker
	b.Nothing = top == nil || top.Figure.Rows[0].Value == 0
	text := ""
	if top != nil && top.Figure.Rows[0].Value > 0 {
		b.Title = l.T("title.top", "when", upper(top.Period.Name(l.Code)), "n", l.Number(top.Figure.Rows[0].Value), "unit", d.unit(f.Definition))
		text = b.Title
	}
	if gaps > 0 {
		note := l.T("block.gaps", "n", l.Number(int64(gaps)))
		b.Notes, text = append(b.Notes, note), strings.TrimSpace(text+". "+note)
	}
	d.closeSeries(b, f)
	c.Frame = d.frame(b, text)
	b.Chart = svg(c.SVG())
	return nil
}

// closeSeries closes a block of parts: its status is that of the whole period, unless a
// part could not be kept as final.
func (d *drawing) closeSeries(b *figureBlock, f event.Figure) {
	p, err := figure.ParsePeriod(d.spec.Period, d.p.cfg.Zone)
	if err == nil && (f.Status != event.FigureProvisional || d.p.dep.Now().Before(p.FinalAt())) {
		f.Status = figure.StatusOf(p, d.p.dep.Now(), f.Watermark, f.Revision)
	}
	d.close(b, &f)
}

// known is the first part that has a figure.
func known(steps []part) *event.Figure {
	for i := range steps {
		if steps[i].Figure.Definition != "" {
			return &steps[i].Figure
		}
	}
	return nil
}

// at is a part's value of one row.
func (d *drawing) at(s *part, row int) chart.Value {
	if why := d.l.withheld(s.Why); why != "" {
		return chart.Value{Text: why, State: chart.Withheld}
	}
	if s.Gap || row >= len(s.Figure.Rows) {
		return chart.Value{Text: d.l.T("gap"), State: chart.Missing}
	}
	v := d.value(&s.Figure.Rows[row])
	if v.State == chart.Known && !s.Figure.Period.Ended {
		v.State = chart.Open
	}
	return v
}

// partLine is a part's line in the table.
func (d *drawing) partLine(s *part, v chart.Value) figureLine {
	out := figureLine{Name: upper(s.Period.Name(d.l.Code))}
	if v.State == chart.Missing || v.State == chart.Withheld {
		out.Cells = []string{v.Text, ""}
		return out
	}
	status := d.l.statusOf(&s.Figure)
	if !s.Figure.Period.Ended {
		status += ", " + d.l.T("running")
	}
	out.Cells = []string{v.Text, status}
	return out
}

// ticks are layouts of parts' short names, in Vietnamese and in English.
var ticks = map[figure.Kind][2]string{
	figure.Minute: {"15:04", "15:04"}, figure.Hour: {"15:04", "15:04"}, figure.Day: {"02/01", "2 Jan"}, figure.Month: {"01/2006", "Jan 2006"},
}

// tick is a part's short name.
func (l *language) tick(p figure.Period) string {
	at := 1
	if l.Code == "vi" {
		at = 0
	}
	return p.From.Format(ticks[p.Kind][at])
}

// panelsMost is how many groups are drawn side by side.
const panelsMost = 8

// fewGroups is up to how many groups parts are asked for whole: other blocks and pages
// ask for the same tables of kinds and ways.
const fewGroups = 64

// beside are the groups that are drawn side by side, the largest of a period, where
// there are many others; none else.
func (s spec) beside(whole *event.Figure) (out [][]string) {
	if len(whole.Rows) <= fewGroups || s.Row != "" {
		return nil
	}
	for i := range whole.Rows[:panelsMost] {
		if r := &whole.Rows[i]; !r.Hidden && r.Value != 0 {
			out = append(out, r.Group)
		}
	}
	return out
}

// panels shows the largest groups of a period through its parts.
func (d *drawing) panels(b *figureBlock) error {
	whole, err := d.p.figureOf(d.spec)
	if err != nil {
		return err
	}
	steps, err := d.p.series(d.spec, d.spec.beside(&whole)...)
	if err != nil {
		return err
	}
	l := d.l
	b.Kicker = d.kicker(&whole, whole.By) + ", " + l.T("part."+steps[0].Period.Kind.String())
	b.Title = b.Kicker
	b.Head = []string{upper(l.by(whole.By)), l.T("column.total"), l.T("column.highest")}
	c := chart.Multiples{Scale: l.whole, Gap: l.T("gap")}
	for _, r := range whole.Rows[:min(len(whole.Rows), panelsMost)] {
		if r.Hidden || r.Value == 0 {
			continue
		}
		name := l.title(whole.By, r.Group)
		panel := chart.Panel{Name: name, Points: make([]chart.Point, 0, len(steps))}
		best := -1
		for i := range steps {
			v := d.member(&steps[i], r.Group)
			panel.Points = append(panel.Points, chart.Point{Name: upper(steps[i].Period.Name(l.Code)), Values: []chart.Value{v}})
			if v.State != chart.Missing && (best < 0 || v.N > panel.Points[best].Values[0].N) {
				best = i
			}
		}
		c.Panels = append(c.Panels, panel)
		line := figureLine{Name: name, Cells: []string{l.Number(r.Value), "–"}, Link: d.link(&whole, &r)}
		if best >= 0 {
			line.Cells[1] = panel.Points[best].Name + ": " + panel.Points[best].Values[0].Text
		}
		b.Rows = append(b.Rows, line)
	}
	d.close(b, &whole)
	if len(c.Panels) == 0 {
		b.Empty = l.T("block.empty")
		return nil
	}
	c.Frame = d.frame(b, l.T("panels.text", "n", strconv.Itoa(len(c.Panels))))
	b.Chart = svg(c.SVG())
	return nil
}

// member is a part's value of one group: zero where the part has figures and the
// group none.
func (d *drawing) member(s *part, group []string) chart.Value {
	for i := range s.Figure.Rows {
		if slices.Equal(s.Figure.Rows[i].Group, group) {
			return d.at(s, i)
		}
	}
	if s.Gap {
		return d.at(s, 0)
	}
	return d.value(&event.FigureRow{})
}

// pair shows the groups of two periods or of two countries side by side.
func (d *drawing) pair(b *figureBlock) error {
	one, other := d.spec.halves()
	countries := one.Of != other.Of
	f, err := d.p.figureOf(one)
	if err != nil {
		return err
	}
	g, err := d.p.figureOf(other)
	if err != nil {
		return err
	}
	l := d.l
	b.Kicker = d.kicker(&f, f.By)
	names := []string{l.period(one.Period), l.period(other.Period)}
	if countries {
		names = []string{l.place(f.Of), l.place(g.Of)}
		b.Notes = append(b.Notes, l.T("compare.standing"))
	}
	if f.Period.Days != g.Period.Days || f.Period.Ended != g.Period.Ended {
		b.Notes = append(b.Notes, l.T("compare.lengths"))
	}
	b.Title = upper(l.T("compare.title", "one", names[0], "two", names[1]))
	names[0], names[1] = upper(names[0]), upper(names[1])
	d.pairRows(b, &f, &g, names)
	d.close(b, &f)
	b.Meta = l.T("compare.meta", "one", names[0], "two", names[1], "s1", l.statusOf(&f), "s2", l.statusOf(&g))
	return nil
}

func (d *drawing) pairRows(b *figureBlock, f, g *event.Figure, names []string) {
	l := d.l
	changes := d.spec.With != g.Of && f.Period.Ended && g.Period.Ended
	b.Head = []string{upper(l.by(f.By)), names[0], names[1]}
	if changes {
		b.Head = append(b.Head, l.T("column.change"))
	}
	if len(f.By) == 0 {
		b.Head[0] = l.T("column.figure")
	}
	c := chart.Bars{}
	add := func(r, o *event.FigureRow, group []string) {
		name := upper(d.unit(f.Definition))
		if len(f.By) > 0 {
			name = l.title(f.By, group)
		}
		x, y := d.valueIn(f, r), d.valueIn(g, o)
		line := figureLine{Name: name, Cells: []string{x.Text, y.Text}}
		if changes {
			line.Cells = append(line.Cells, l.between(f, g, r, o))
		}
		b.Rows = append(b.Rows, line)
		if len(c.Items) < barsMost {
			c.Items = append(c.Items, chart.Item{Name: name, Values: []chart.Value{x, y}})
		}
	}
	seen := map[string]bool{}
	for i := range f.Rows {
		r := &f.Rows[i]
		seen[strings.Join(r.Group, "\x00")] = true
		add(r, rowOf(g, r.Group), r.Group)
	}
	for i := range g.Rows {
		if r := &g.Rows[i]; !seen[strings.Join(r.Group, "\x00")] {
			add(&event.FigureRow{}, r, r.Group)
		}
	}
	b.Rows = b.Rows[:min(len(b.Rows), rowsMost)]
	if f.Silent && g.Silent || len(c.Items) == 0 {
		b.Head, b.Rows, b.Empty = nil, nil, l.nothing(f.Silent && g.Silent)
		return
	}
	c.Frame = d.frame(b, b.Title)
	c.Series = names
	b.Chart = svg(c.SVG())
}

// valueIn is value, but of a period that sensors reported of.
func (d *drawing) valueIn(f *event.Figure, r *event.FigureRow) chart.Value {
	if f.Silent {
		return chart.Value{Text: d.l.T("gap"), State: chart.Missing}
	}
	return d.value(r)
}

// between writes the change from one whole period to another; per day where they
// differ in length.
func (l *language) between(f, g *event.Figure, r, o *event.FigureRow) string {
	if r.Hidden || o.Hidden || r.Few || o.Few || f.Distinct || f.Silent || g.Silent {
		return "–"
	}
	percent, ok := figure.Change(float64(r.Value)/f.Period.Days, float64(o.Value)/g.Period.Days)
	switch {
	case !ok:
		return "–"
	case f.Period.Days != g.Period.Days:
		return l.T("compare.perday", "change", figure.Signed(l.Code, percent))
	}
	return figure.Signed(l.Code, percent)
}

// rowOf finds a group's row; one that is not there is a zero.
func rowOf(f *event.Figure, group []string) *event.FigureRow {
	for i := range f.Rows {
		if slices.Equal(f.Rows[i].Group, group) {
			return &f.Rows[i]
		}
	}
	return &event.FigureRow{}
}
