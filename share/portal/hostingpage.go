// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"time"

	"haidang/event"
	"haidang/figure"
)

// hostingByPeriod shows in which countries the machines stand that attacks came
// from. What may be forged stands apart and is in no ranking.
func (p *Portal) hostingByPeriod(o *opened) (string, figuresBody, error) {
	at, err := p.periodOf(o.asked, figure.Quarter)
	if err != nil {
		return "", figuresBody{}, err
	}
	l, home, period, base := o.l, p.homeCode(), at.String(), p.based(at)
	b := figuresBody{Lead: l.T("hosting.page.lead", "home", l.country(home)), Notes: []string{l.T("hosting.note")}}
	b.Picker = p.picker(l, l.path(o.name), o.asked, at, pickable)
	specs := []spec{
		{Form: formBars, Figure: "attacks", Of: home, By: []string{"hosting"}, Period: period, Base: base},
		{Form: formPanels, Figure: "attacks", Of: home, By: []string{"hosting"}, Period: period},
		{Form: formBars, Figure: "hosted", Of: figure.World, By: []string{"country"}, Period: period, Base: base},
		{Form: formBars, Figure: "hosted", Of: home, By: []string{"kind"}, Period: period, Base: base},
		{Form: formSeries, Figure: "hosted", Of: home, Period: period},
	}
	if err := o.blocks(&b, []string{"from", "course", "world", "home-kinds", "home"}, specs); err != nil {
		return "", b, err
	}
	if b.Numbers, err = o.confirmed(home, at); err != nil {
		return "", b, err
	}
	title := l.T("hosting.page.title", "home", l.country(home), "period", at.Name(l.Code))
	b.Data = o.dataset(title, at, b.Blocks)
	return title, b, nil
}

// confirmed sets the attacks whose hosting address is confirmed beside those whose
// may be forged.
func (o *opened) confirmed(home string, at figure.Period) ([]keyNumber, error) {
	f, err := o.p.ask(event.FigureQuery{Figure: "attacks", Of: home, By: []string{"hosting"}, Period: at.String()})
	if err != nil || f.Unconfirmed == nil {
		return nil, ignore(err)
	}
	all, _ := total(f.Rows)
	unit := (&drawing{l: o.l}).unit(f.Definition)
	share := func(n int64) string { return o.l.T("share.of", "p", o.l.share(n, all+*f.Unconfirmed)) }
	return []keyNumber{
		{o.l.T("hosting.confirmed"), o.l.Number(all), unit, share(all), f.Definition, ""},
		{o.l.T("hosting.forged"), o.l.Number(*f.Unconfirmed), unit, share(*f.Unconfirmed), f.Definition, ""},
	}, nil
}

// sectorDays is how far back the newest day is looked for whose sectors are open.
const sectorDays = 10

// sectors shows attacks by sector: of days and of longer periods of whole months, once
// these are final.
func (p *Portal) sectors(o *opened) (string, figuresBody, error) {
	at, err := p.periodOf(o.asked, figure.Day)
	if err != nil {
		return "", figuresBody{}, err
	}
	if o.asked["period"] == "" {
		if at, err = p.openDay(at); err != nil {
			return "", figuresBody{}, err
		}
	}
	l := o.l
	b := figuresBody{Lead: l.T("sectors.page.lead")}
	b.Picker = p.picker(l, l.path(o.name), o.asked, at, nil)
	if b.Picker.Kinds, err = p.openSectors(o, at); err != nil {
		return "", b, err
	}
	s := spec{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{"sector"}, Period: at.String(), Base: p.based(at)}
	if err := o.block(&b, "sectors", s); err != nil {
		return "", b, err
	}
	if len(b.Blocks) == 0 {
		b.Notes = append(b.Notes, l.T("sectors.page.none", "period", at.Name(l.Code)))
	} else if err := o.sizes(&b, at); err != nil {
		return "", b, err
	}
	title := l.T("sectors.page.title", "period", at.Name(l.Code))
	b.Data = o.dataset(title, at, b.Blocks)
	return title, b, nil
}

// sectorKinds are the kinds of periods that sectors are open for.
var sectorKinds = []figure.Kind{figure.Day, figure.Month, figure.Quarter, figure.Half, figure.Year}

// openSectors leads to the newest period of each kind that is final.
func (p *Portal) openSectors(o *opened, shown figure.Period) (out []link, err error) {
	for _, k := range sectorKinds {
		var at figure.Period
		if k == figure.Day {
			if at, err = p.openDay(figure.Containing(k, p.dep.Now().In(p.cfg.Zone))); err != nil {
				return nil, err
			}
		} else {
			for at = p.ended(k); p.dep.Now().Before(at.FinalAt()); {
				at = figure.Containing(k, at.From.Add(-time.Nanosecond))
			}
		}
		out = append(out, link{o.l.path(o.name) + o.l.query("period", at.String()), upper(at.Name(o.l.Code)), k == shown.Kind})
	}
	return out, nil
}

// openDay finds the newest day whose sectors are open; where there is none, the
// day that would be next.
func (p *Portal) openDay(today figure.Period) (figure.Period, error) {
	at := today
	for range sectorDays {
		at = figure.Containing(figure.Day, at.From.Add(-time.Nanosecond))
		_, err := p.ask(event.FigureQuery{Figure: "attacks", Of: figure.World, By: []string{"sector"}, Period: at.String()})
		if !absent(err) {
			return at, err
		}
	}
	return figure.Containing(figure.Day, today.From.AddDate(0, 0, -3)), nil
}
