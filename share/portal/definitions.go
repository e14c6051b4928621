// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"strconv"

	"haidang/event"
	"haidang/figure"
	"haidang/share"
)

// definition is one named definition as a page shows it.
type definition struct {
	ID, Name, Formula, Unit   string
	Population, Window        string
	Contact, Path, Statistics string // Statistics is the interface's address, empty for rules
	Text, Biases              []string
	Versions                  []versionLine
}

// versionLine is one line of a definition's history.
type versionLine struct{ ID, Date, Text string }

func (l *language) define(d *figure.Definition) definition {
	out := definition{
		ID: d.ID, Name: d.Name.In(l.Code), Formula: d.Formula, Unit: d.Unit.In(l.Code), Population: d.Population.In(l.Code),
		Window: d.Window.In(l.Code), Contact: figure.BuiltIn().Contact.In(l.Code), Path: l.path("definitions") + "/" + d.ID,
	}
	if d.Counts != figure.CountsRule {
		out.Statistics = "/api/v1/stats/" + d.ID
	}
	for _, t := range d.Text {
		out.Text = append(out.Text, t.In(l.Code))
	}
	for _, t := range d.Biases {
		out.Biases = append(out.Biases, t.In(l.Code))
	}
	for _, e := range d.Changelog {
		out.Versions = append(out.Versions, versionLine{d.ShortName() + "/" + strconv.Itoa(e.Version), e.Date, e.Text.In(l.Code)})
	}
	return out
}

// definitions lists all definitions.
func (p *Portal) definitions(l *language, _ *event.Picture) (string, any) {
	var out []definition
	for i := range figure.BuiltIn().Definitions {
		out = append(out, l.define(&figure.BuiltIn().Definitions[i]))
	}
	return l.T("definitions.title"), out
}

// definition answers with the page of one version of a definition.
func (p *Portal) definition(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("name") + "/" + r.PathValue("version")
		d := figure.BuiltIn().Find(id)
		if d == nil || d.ID != id {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		pic := p.picture()
		v := p.view(l, "definitions", share.Theme(r), &pic)
		v.Title, v.Body = d.Name.In(l.Code), l.define(d)
		v.Path += "/" + id
		v.Other.Path += "/" + id
		a, err := render(l, "definition", v)
		if err != nil {
			panic(err)
		}
		p.remember(w, r, l)
		w.Header().Add("Vary", "Cookie")
		a.send(w, r, http.StatusOK)
	}
}

// newest leads from a definition's name to its newest version.
func (p *Portal) newest(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d := figure.BuiltIn().Find(r.PathValue("name"))
		if d == nil || d.ShortName() != r.PathValue("name") {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		http.Redirect(w, r, l.path("definitions")+"/"+d.ID, http.StatusFound)
	}
}
