// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"slices"

	"haidang/event"
	"haidang/figure"
)

// comparing is the form that chooses what is compared.
type comparing struct {
	Action                        string
	Figure, Country, Period, With string // names of the fields
	Figures, Countries            []choice
	PeriodValue, WithValue, Form  string
}

type choice struct {
	Value, Text string
	Chosen      bool
}

// compare sets two periods of one country, or two countries in one period, side
// by side.
func (p *Portal) compare(o *opened) (string, figuresBody, error) {
	l, home := o.l, p.homeCode()
	id, country := cmp.Or(o.asked["figure"], "attacks"), cmp.Or(o.asked["country"], home)
	d := figure.BuiltIn().Find(id)
	if d == nil || d.Counts == figure.CountsRule {
		return "", figuresBody{}, &unreadable{"figure", "figure", id}
	}
	if !l.known(country) {
		return "", figuresBody{}, &unreadable{"country", "country", country}
	}
	at, err := p.compared(o)
	if err != nil {
		return "", figuresBody{}, err
	}
	with := o.asked["with"]
	if with == "" {
		before, err := at.Base(figure.OnPrevious)
		if err != nil {
			before, err = at.Base(figure.OnYear)
		}
		if err != nil {
			return "", figuresBody{}, errNothing
		}
		with = before.String()
	}
	if !isPeriod(with) && !l.known(with) {
		return "", figuresBody{}, &unreadable{"with", "with", with}
	}
	b := figuresBody{Lead: l.T("compare.lead"), Compare: p.comparing(l, d.ShortName(), country, at.String(), with)}
	var specs []spec
	for _, by := range [][]string{nil, {"kind"}, {"way"}, {"hosting"}} {
		specs = append(specs, spec{Form: formPair, Figure: d.ShortName(), Of: country, By: by, Period: at.String(), With: with})
	}
	if err := o.blocks(&b, []string{"all", "kinds", "ways", "from"}, specs); err != nil {
		return "", b, err
	}
	if len(b.Blocks) == 0 {
		return "", b, errNothing
	}
	return l.T("compare.page", "figure", d.Name.In(l.Code)), b, nil
}

// compared is the period that is asked for, else the last quarter that ended; the
// running one where no sensor reported anything in that.
func (p *Portal) compared(o *opened) (figure.Period, error) {
	if o.asked["period"] != "" {
		return p.periodOf(o.asked, figure.Quarter)
	}
	at := p.ended(figure.Quarter)
	if silent, err := p.silent(at); err != nil || !silent {
		return at, err
	}
	return figure.Containing(figure.Quarter, p.dep.Now().In(p.cfg.Zone)), nil
}

// known tells whether a text is a country's code that has a name.
func (l *language) known(code string) bool {
	c, ok := event.ParseCountry(code)
	return ok && c.String() == code && l.countries[code] != ""
}

func (p *Portal) comparing(l *language, id, country, period, with string) *comparing {
	c := &comparing{
		Action: l.path("compare"), Figure: l.parameter("figure"), Country: l.parameter("country"), Period: l.parameter("period"), With: l.parameter("with"),
		PeriodValue: period, WithValue: with, Form: l.T("picker.form"),
	}
	for _, counted := range figure.BuiltIn().Counted() {
		d := figure.BuiltIn().Find(counted)
		c.Figures = append(c.Figures, choice{d.ShortName(), d.Name.In(l.Code), d.ShortName() == id})
	}
	for code, name := range l.countries {
		c.Countries = append(c.Countries, choice{code, name, code == country})
	}
	slices.SortFunc(c.Countries, func(a, b choice) int { return l.order.CompareString(a.Text, b.Text) })
	return c
}
