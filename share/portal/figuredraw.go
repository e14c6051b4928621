// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"html/template"
	"math"
	"net/netip"
	"strings"

	"haidang/classify"
	"haidang/event"
	"haidang/share/internal/chart"
)

// frame is what a block's chart is called and says.
func (d *drawing) frame(b *figureBlock, text string) chart.Frame {
	f := chart.Frame{ID: "chart-" + b.ID, Title: b.Kicker + ", " + d.l.period(d.spec.Period), Text: text}
	if d.alone {
		f.Alone, f.Source = true, []string{b.Meta, b.Cite}
	}
	return f
}

// svg takes over what chart drew: it escapes every text.
func svg(s string) template.HTML { return template.HTML(s) } //nolint:gosec

// permanent is the address at which a figure stands for ever, "" where it has none
// or can have none for now. A visitor for whom one is made is counted.
func (p *Portal) permanent(r classify.Released[event.Figure], from netip.Addr) string {
	id, err := p.dep.Gate.Permalink(context.Background(), r, from)
	if err == nil && p.rests == nil { // else who makes the page waits once
		err = p.dep.Gate.Settled()
	}
	if err != nil {
		p.rests.passing() // another visitor may have one made
		return ""
	}
	if id == "" {
		return ""
	}
	return "/f/" + id
}

// whole answers the spec; a table that is not narrowed can be cited.
func (d *drawing) whole(b *figureBlock) (event.Figure, error) {
	if d.spec.Row != "" {
		return d.p.figureOf(d.spec)
	}
	r, err := d.p.figure(d.spec.query())
	if err == nil {
		b.Links.Permanent = d.p.permanent(r, d.from)
	}
	return r.Value(), err
}

// bars shows the groups of one period, largest first.
func (d *drawing) bars(b *figureBlock) error {
	f, err := d.whole(b)
	if err != nil {
		return err
	}
	l := d.l
	b.Kicker = d.kicker(&f, f.By)
	all, hidden := total(f.Rows)
	d.head(b, &f)
	c := chart.Bars{}
	var said []string
	shown := f.Rows[:min(len(f.Rows), rowsMost)]
	b.Rows = make([]figureLine, 0, len(shown))
	for i := range shown {
		r := &shown[i]
		name := l.title(f.By, r.Group)
		if len(f.By) == 0 {
			name = upper(d.unit(f.Definition))
		}
		b.Rows = append(b.Rows, d.line(&f, r, name, all, len(b.Head)-1))
		if i < barsMost {
			v := d.value(r)
			c.Items = append(c.Items, chart.Item{Name: name, Values: []chart.Value{v}})
			said = append(said, name+": "+v.Text)
		}
	}
	d.barsTitle(b, &f, all, hidden)
	d.notes(b, &f, hidden)
	d.close(b, &f)
	b.Nothing = all == 0 && hidden == 0
	if b.Nothing && (f.Silent || len(f.By) > 0) {
		b.Empty = l.nothing(f.Silent)
		return nil
	}
	if len(f.Rows) > 1 {
		c.Frame = d.frame(b, strings.Join(said, "; "))
		b.Chart = svg(c.SVG())
	}
	return nil
}

// nothing says why a block has neither chart nor table.
func (l *language) nothing(silent bool) string {
	if silent {
		return upper(l.T("silent")) + "."
	}
	return l.T("block.empty")
}

// parted tells whether rows are parts of a whole, so that a share of it means
// something: not where they are numbers of different ones.
func parted(f *event.Figure) bool { return len(f.By) > 0 && !f.Distinct }

// notes say what a table leaves out.
func (d *drawing) notes(b *figureBlock, f *event.Figure, hidden int) {
	l := d.l
	if n := len(f.Rows) - rowsMost; n > 0 {
		b.Notes = append(b.Notes, l.T("block.more", "n", l.Number(int64(n))))
	}
	if f.Ranked > 0 {
		b.Notes = append(b.Notes, l.T("block.ranked", "n", l.Number(int64(f.Ranked))))
	}
	if f.Unconfirmed != nil {
		b.Notes = append(b.Notes, l.T("block.unconfirmed", "n", l.Number(*f.Unconfirmed)))
	}
	if hosted(f) {
		b.Notes = append(b.Notes, l.T("block.hosts"))
	}
	if hidden > 0 {
		b.Notes = append(b.Notes, l.T("block.hidden"))
	}
	if bySize(f) {
		b.Notes = append(b.Notes, l.T("block.size"))
	}
}

func total(rows []event.FigureRow) (sum int64, hidden int) {
	for _, r := range rows {
		sum += r.Value
		if r.Hidden {
			hidden++
		}
	}
	return sum, hidden
}

// barsTitle states the finding: what came first.
func (d *drawing) barsTitle(b *figureBlock, f *event.Figure, all int64, hidden int) {
	l := d.l
	b.Title = b.Kicker
	for _, r := range f.Rows {
		named := len(r.Group) > 0 && r.Group[0] != "" && !strings.HasPrefix(r.Group[0], "~")
		switch {
		case r.Hidden || r.Few || r.Value == 0:
		case bySize(f) && f.By[0] == "size" && r.Group[0] != "sme": // what the table is for
		case len(f.By) == 0:
			b.Title = l.T("title.number", "n", l.amount(&r), "unit", d.unit(f.Definition))
			return
		case named && !parted(f):
			b.Title = l.T("title.most", "name", l.title(f.By, r.Group), "n", l.amount(&r), "unit", d.unit(f.Definition))
			return
		case named:
			key := "title.first"
			switch {
			case bySize(f):
				key = "title.size"
			case hidden > 0:
				key = "title.first.shown"
			}
			b.Title = l.T(key, "name", l.title(f.By, r.Group), "p", l.share(r.Value, all), "unit", d.unit(f.Definition))
			return
		}
	}
}

// head names the columns of a table of one period.
func (d *drawing) head(b *figureBlock, f *event.Figure) {
	l := d.l
	first := l.T("column.figure")
	if len(f.By) > 0 {
		first = upper(l.by(f.By))
	}
	b.Head = []string{first, upper(d.unit(f.Definition))}
	if parted(f) {
		b.Head = append(b.Head, l.T("column.share"))
	}
	if f.Ranked > 0 {
		b.Head = append(b.Head, l.T("column.rank"))
	}
	if hosted(f) {
		b.Head = append(b.Head, l.T("column.hosts"))
	}
	if f.Base != nil {
		b.Head = append(b.Head, upper(l.period(f.Base.Name)), l.T("column.change"))
	}
	if revised(f) {
		b.Head = append(b.Head, l.T("column.was"))
	}
}

// hosted tells whether it is known how many addresses the attacks came from.
func hosted(f *event.Figure) bool {
	return anyRow(f, func(r *event.FigureRow) bool { return r.Hosts != nil })
}

// revised tells whether a line had another value before.
func revised(f *event.Figure) bool {
	return anyRow(f, func(r *event.FigureRow) bool { return r.Was != nil })
}

// anyRow is slices.ContainsFunc without copies of the rows, which are large.
func anyRow(f *event.Figure, is func(r *event.FigureRow) bool) bool {
	for i := range f.Rows {
		if is(&f.Rows[i]) {
			return true
		}
	}
	return false
}

// hosts writes from how many addresses attacks came.
func (l *language) hosts(n *event.FigureUnits) string {
	switch {
	case n == nil:
		return "–"
	case n.Estimated:
		return "≈" + narrow + l.Number(n.Count)
	}
	return l.Number(n.Count)
}

func (d *drawing) line(f *event.Figure, r *event.FigureRow, name string, all int64, cells int) figureLine {
	l := d.l
	out := figureLine{Name: name, Hidden: r.Hidden, Link: d.link(f, r)}
	if r.Hidden {
		return out
	}
	out.Cells = append(make([]string, 0, cells), l.amount(r))
	if parted(f) {
		out.Cells = append(out.Cells, l.share(r.Value, all))
	}
	if f.Ranked > 0 {
		out.Cells = append(out.Cells, l.rank(r))
	}
	if hosted(f) {
		out.Cells = append(out.Cells, l.hosts(r.Hosts))
	}
	if f.Base != nil {
		for _, c := range l.changed(f, r) { // in one line, on a phone too: the table moves sideways
			out.Cells = append(out.Cells, strings.ReplaceAll(c, " ", narrow))
		}
	}
	if revised(f) {
		was := ""
		if r.Was != nil {
			was = l.Number(*r.Was)
		}
		out.Cells = append(out.Cells, was)
	}
	return out
}

// pagesOf are pages of a dimension's values.
var pagesOf = map[string]string{"country": "country", "hosting": "country", "kind": "kinds", "way": "ways"}

// link leads from a row to the page of its value.
func (d *drawing) link(f *event.Figure, r *event.FigureRow) string {
	if len(f.By) != 1 || r.Group[0] == "" || strings.HasPrefix(r.Group[0], "~") {
		return ""
	}
	page := pagesOf[f.By[0]]
	if page == "" {
		return ""
	}
	return d.l.path(page) + "/" + r.Group[0] + d.l.query("period", d.spec.Period)
}

// whole writes a number of a scale.
func (l *language) whole(v float64) string { return l.Number(int64(math.Round(v))) }
