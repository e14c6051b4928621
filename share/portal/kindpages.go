// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"slices"

	"haidang/event"
	"haidang/figure"
)

// axis is one of the two axes that attacks are sorted by.
type axis struct {
	dim   string   // "kind"
	other string   // the other axis
	page  string   // of the axis
	names []string // of its values
}

var (
	kindAxis = axis{"kind", "way", "kinds", event.RSITs.Names[1:]}
	wayAxis  = axis{"way", "kind", "ways", event.Ways.Names[1:]}
)

// all is the page of an axis: its values side by side, and a page for each.
func all(x axis) maker {
	return func(p *Portal, o *opened) (string, figuresBody, error) {
		at, err := p.periodOf(o.asked, figure.Quarter)
		if err != nil {
			return "", figuresBody{}, err
		}
		l, home := o.l, p.homeCode()
		b := figuresBody{Lead: l.T(x.page+".lead", "home", l.country(home))}
		b.Picker = p.picker(l, l.path(x.page), o.asked, at, pickable)
		by, period, base := []string{x.dim}, at.String(), p.based(at)
		specs := []spec{
			{Form: formBars, Figure: "attacks", Of: home, By: by, Period: period, Base: base},
			{Form: formPanels, Figure: "attacks", Of: home, By: by, Period: period},
			{Form: formBars, Figure: "incidents", Of: home, By: by, Period: period, Base: base},
			{Form: formBars, Figure: "states", Of: home, By: by, Period: period, Base: base},
		}
		if err := o.blocks(&b, []string{"attacks", "course", "incidents", "states"}, specs); err != nil {
			return "", b, err
		}
		list := linkList{Title: l.T(x.page + ".all")}
		for _, name := range x.names {
			list.Links = append(list.Links, link{Path: l.path(x.page) + "/" + name + l.query("period", o.asked["period"]), Text: upper(l.line(x.dim, name))})
		}
		b.Lists = append(b.Lists, list)
		title := l.T(x.page+".page", "home", l.country(home), "period", at.Name(l.Code))
		b.Data = o.dataset(title, at, b.Blocks)
		return title, b, nil
	}
}

// one is the page of one kind or one way.
func one(x axis) maker {
	return func(p *Portal, o *opened) (string, figuresBody, error) {
		name := o.value("class")
		if t := o.value("type"); t != "" {
			name += "/" + t
		}
		if !slices.Contains(x.names, name) {
			return "", figuresBody{}, errNothing
		}
		at, err := p.periodOf(o.asked, figure.Quarter)
		if err != nil {
			return "", figuresBody{}, err
		}
		l, home, row, base := o.l, p.homeCode(), x.dim+":"+name, p.based(at)
		b := figuresBody{Lead: l.T(x.page+".one", "name", l.line(x.dim, name), "home", l.country(home))}
		b.Picker = p.picker(l, l.path(o.name)+o.rest, o.asked, at, pickable)
		blocks := []spec{
			{Form: formSeries, Figure: "attacks", Of: home, By: []string{x.dim}},
			{Form: formBars, Figure: "attacks", Of: home, By: []string{"kind", "way"}, Base: base},
			{Form: formBars, Figure: "hosted", Of: figure.World, By: []string{"country", x.dim}, Base: base},
			{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{"country", x.dim}},
			{Form: formSeries, Figure: "incidents", Of: home, By: []string{x.dim}},
			{Form: formSeries, Figure: "states", Of: home, By: []string{x.dim}},
		}
		for i := range blocks {
			blocks[i].Period, blocks[i].Row = at.String(), row
		}
		if err := o.blocks(&b, []string{"course", x.other, "hosted", "affected", "incidents", "states"}, blocks); err != nil {
			return "", b, err
		}
		if b.Numbers, err = o.ofRow(home, at, x.dim, name); err != nil {
			return "", b, err
		}
		b.Blocks = slices.DeleteFunc(b.Blocks, func(f figureBlock) bool { return f.Nothing && f.ID != "course" })
		b.Notes = append(b.Notes, l.T("affected.note"))
		title := l.T("one.title", "name", upper(l.line(x.dim, name)), "period", at.Name(l.Code))
		b.Data = o.dataset(title, at, b.Blocks)
		return title, b, nil
	}
}

// ofRow are the key numbers of one value of a dimension.
func (o *opened) ofRow(of string, at figure.Period, dim, value string) (out []keyNumber, err error) {
	for _, id := range figure.BuiltIn().Counted() {
		f, err := o.p.figureOf(spec{Figure: id, Of: of, By: []string{dim}, Row: dim + ":" + value, Period: at.String(), Base: o.p.based(at)})
		if err != nil {
			if ignore(err) != nil {
				return nil, err
			}
			continue
		}
		out = append(out, o.number(&f))
	}
	return out, nil
}
