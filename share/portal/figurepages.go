// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"

	"haidang/figure"
)

// overview is the home country, period by period.
func (p *Portal) overview(o *opened) (string, figuresBody, error) {
	at, err := p.periodOf(o.asked, figure.Quarter)
	if err != nil {
		return "", figuresBody{}, err
	}
	home := p.homeCode()
	b := figuresBody{Lead: o.l.T("overview.lead", "home", o.l.country(home))}
	err = o.place(&b, home, at)
	return o.l.T("overview.title", "home", o.l.country(home), "period", at.Name(o.l.Code)), b, err
}

// homeCode is the code of the country that the observatory is of.
func (p *Portal) homeCode() string {
	pic := p.picture()
	return homeOf(&pic)
}

// homeCountry leads from the countries to the one that the observatory is of.
func (p *Portal) homeCountry(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, l.path("country")+"/"+p.homeCode(), http.StatusFound)
	}
}

// country is what the sensors saw of one country.
func (p *Portal) country(o *opened) (string, figuresBody, error) {
	code := o.value("code")
	if !o.l.known(code) {
		return "", figuresBody{}, &unreadable{why: "country", value: code}
	}
	at, err := p.periodOf(o.asked, figure.Quarter)
	if err != nil {
		return "", figuresBody{}, err
	}
	b := figuresBody{Lead: o.l.T("country.lead", "country", o.l.country(code))}
	if code != p.homeCode() {
		b.Notes = append(b.Notes, o.l.T("country.elsewhere", "country", o.l.country(code)))
	}
	err = o.place(&b, code, at)
	return o.l.T("country.title", "country", upper(o.l.country(code)), "period", at.Name(o.l.Code)), b, err
}

// place fills the page of one country: numbers, course, kinds, ways, hosts.
func (o *opened) place(b *figuresBody, code string, at figure.Period) (err error) {
	p, l, period := o.p, o.l, at.String()
	b.Picker = p.picker(l, l.path(o.name)+o.rest, o.asked, at, pickable)
	base := p.based(at)
	specs := []spec{
		{Form: formBars, Figure: "attacks", Of: code, By: []string{"kind"}, Period: period, Base: base},
		{Form: formSeries, Figure: "attacks", Of: code, Period: period},
		{Form: formBars, Figure: "attacks", Of: code, By: []string{"way"}, Period: period, Base: base},
		{Form: formBars, Figure: "attacks", Of: code, By: []string{"hosting"}, Period: period, Base: base},
		{Form: formBars, Figure: "hosted", Of: code, By: []string{"kind"}, Period: period, Base: base},
		{Form: formBars, Figure: "incidents", Of: code, By: []string{"kind"}, Period: period, Base: base},
		{Form: formBars, Figure: "states", Of: code, By: []string{"kind"}, Period: period, Base: base},
	}
	enough := p.ahead(specs)
	defer enough()
	if b.Sentences, err = o.sentences("attacks", code, at); err != nil {
		return err
	}
	if b.Numbers, err = o.numbers(code, at, figure.BuiltIn().Counted()); err != nil {
		return err
	}
	enough() // from here on blocks looks ahead
	if err := o.blocks(b, []string{"kinds", "course", "ways", "from", "hosted", "incidents", "states"}, specs); err != nil {
		return err
	}
	b.Data = o.dataset(l.T("data.title", "place", l.place(code), "period", at.Name(l.Code)), at, b.Blocks)
	return nil
}
