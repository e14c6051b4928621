// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"haidang/figure"
)

// parameters of pages: the same in both languages, each in its own words.
var parameters = map[string]struct{ vi, en string }{
	"period":  {"ky", "period"},
	"with":    {"voi", "with"},
	"country": {"nuoc", "country"},
	"figure":  {"so-lieu", "figure"},
}

// parameter gives a parameter's name in a language.
func (l *language) parameter(name string) string {
	if l.Code == "vi" {
		return parameters[name].vi
	}
	return parameters[name].en
}

// query writes parameters, from pairs of name and value; empty ones are left out.
func (l *language) query(pairs ...string) string {
	if len(pairs) == 2 && pairs[1] != "" { // of hundreds of links
		return "?" + l.parameter(pairs[0]) + "=" + url.QueryEscape(pairs[1])
	}
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(l.parameter(pairs[i]), pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// asked are the parameters of a page's address, by their English names.
type asked map[string]string

// read takes the page's parameters from an address and nothing else; one that is
// too long names nothing. Who changes the language in an address by hand leaves the
// other's words in it: they are understood, too.
func (l *language) read(v url.Values) (asked, error) {
	a := asked{}
	for name := range parameters {
		value := cmp.Or(v.Get(l.parameter(name)), v.Get(parameters[name].vi), v.Get(parameters[name].en))
		if len(value) > mostParameter {
			return nil, errNothing
		}
		if value != "" {
			a[name] = value
		}
	}
	return a, nil
}

// write gives the parameters as a language writes them.
func (a asked) write(l *language) string {
	var pairs []string
	for _, name := range []string{"period", "with", "country", "figure"} {
		pairs = append(pairs, name, a[name])
	}
	return l.query(pairs...)
}

// picker chooses a period.
type picker struct {
	Name, Value, Action string
	Hidden              []hidden // other parameters that stay
	Kinds               []link   // the running period of each kind
	Before, After       link
	Form                string // how periods are written
}

type hidden struct{ Name, Value string }

// pickable are the kinds of periods that pages offer.
var pickable = []figure.Kind{figure.Day, figure.Week, figure.Month, figure.Quarter, figure.Half, figure.Year, figure.YearToDate}

// periodOf reads the period of a page; without one it is the running one of a kind.
func (p *Portal) periodOf(a asked, kind figure.Kind) (figure.Period, error) {
	now := p.dep.Now().In(p.cfg.Zone)
	name := a["period"]
	if name == "" {
		return figure.Containing(kind, now), nil
	}
	out, err := figure.ParsePeriod(name, p.cfg.Zone)
	switch {
	case err != nil:
		return out, &unreadable{"period", "period", name}
	case !slices.Contains(pickable, out.Kind) && out.Kind != figure.Hour:
		return out, &unreadable{"fine", "period", name}
	case out.From.After(now):
		return out, &unreadable{"ahead", "period", name}
	}
	return out, nil
}

// picker offers the kinds of periods, the one before and, unless it has not
// begun, the one after.
func (p *Portal) picker(l *language, action string, a asked, at figure.Period, kinds []figure.Kind) *picker {
	now := p.dep.Now().In(p.cfg.Zone)
	to := func(period figure.Period, text string) link {
		b := asked{"period": period.String()}
		for name, value := range a {
			if name != "period" {
				b[name] = value
			}
		}
		return link{action + b.write(l), text, period.String() == at.String()}
	}
	out := &picker{Name: l.parameter("period"), Value: at.String(), Action: action, Form: l.T("picker.form")}
	for name, value := range a {
		if name != "period" {
			out.Hidden = append(out.Hidden, hidden{l.parameter(name), value})
		}
	}
	slices.SortFunc(out.Hidden, func(x, y hidden) int { return slices.Compare([]string{x.Name}, []string{y.Name}) })
	for _, k := range kinds {
		running := to(figure.Containing(k, now), l.T("picker."+k.String()))
		running.Here = k == at.Kind
		out.Kinds = append(out.Kinds, running)
	}
	if before, err := at.Base(figure.OnPrevious); err == nil {
		out.Before = to(before, upper(before.Name(l.Code)))
	}
	if after := figure.Containing(at.Kind, at.To); at.Kind != figure.YearToDate && !after.From.After(now) {
		out.After = to(after, upper(after.Name(l.Code)))
	}
	return out
}

// ended gives the newest period of a kind that is over.
func (p *Portal) ended(k figure.Kind) figure.Period {
	running := figure.Containing(k, p.dep.Now().In(p.cfg.Zone))
	return figure.Containing(k, running.From.Add(-time.Nanosecond))
}
