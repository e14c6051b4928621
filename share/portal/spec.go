// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
	"haidang/release"
)

// form is how a block shows its figure.
type form string

// Forms of blocks.
const (
	formBars   form = "bars"   // groups of one period
	formSeries form = "series" // one number through the parts of a period
	formPanels form = "panels" // several groups through the parts of a period
	formPair   form = "pair"   // groups of two periods or two countries
	formSurges form = "surges" // days that stand out
)

var forms = []form{formBars, formSeries, formPanels, formPair, formSurges}

// spec names a block: a figure's declared table, in a period, and how it is
// shown. It is all that an address needs to show the same again.
type spec struct {
	Form   form
	Figure string   // "attacks" or, with its version, "attacks/1"
	Of     string   // a country's code or "world"
	By     []string // of the declared table
	Row    string   // "kind:fraud/phishing" keeps the rows of one value; else ""
	Period string
	Base   string
	With   string // of a pair: another period or another country
}

// parameters writes the spec as parameters of an address, as url.Values.Encode does.
func (s spec) parameters() string {
	var out []byte
	for _, one := range [...][2]string{{"base=", s.Base}, {"by=", strings.Join(s.By, ",")}, {"of=", s.Of}, {"period=", s.Period}, {"row=", s.Row}, {"with=", s.With}} {
		if one[1] == "" {
			continue
		}
		if len(out) > 0 {
			out = append(out, '&')
		}
		out = append(append(out, one[0]...), url.QueryEscape(one[1])...)
	}
	return string(out)
}

// path is the spec's address below a folder: "/embed/en".
func (s spec) path(folder string) string {
	name, _, _ := strings.Cut(s.Figure, "/")
	return folder + "/" + string(s.Form) + "/" + name + "?" + s.parameters()
}

// mostParameter bounds each parameter of an address; what is longer names nothing.
const mostParameter = 100

// isPeriod tells a period from a country.
func isPeriod(s string) bool {
	_, err := figure.ParsePeriod(s, time.UTC)
	return err == nil
}

// errNothing says that an address names nothing that there is.
var errNothing = errors.New("no such figure")

// readSpec reads what path writes.
func readSpec(f, name string, v url.Values) (spec, error) {
	s := spec{Form: form(f), Figure: name, Of: v.Get("of"), Row: v.Get("row"), Period: v.Get("period"), Base: v.Get("base"), With: v.Get("with")}
	if by := v.Get("by"); by != "" {
		s.By = strings.Split(by, ",")
	}
	if !slices.Contains(forms, s.Form) || s.Period == "" || s.Form == formPair && s.With == "" {
		return s, errNothing
	}
	for _, part := range []string{name, s.Of, s.Row, s.Period, s.Base, s.With, v.Get("by")} {
		if len(part) > mostParameter {
			return s, errNothing
		}
	}
	return s, nil
}

// query is the question behind a spec, whole as the declared table is, or of some groups.
func (s spec) query(groups ...[]string) event.FigureQuery {
	return event.FigureQuery{Figure: s.Figure, Of: s.Of, By: s.By, Period: s.Period, Base: s.Base, Groups: groups}
}

// absent holds for what a page leaves out: there is no such figure, or it is not
// shown to everybody, or not yet.
func absent(err error) bool {
	if err == nil {
		return false
	}
	var withheld *classify.WithheldError
	return errors.Is(err, errNothing) || errors.As(err, &withheld) || undecided(err) != nil
}

// undecided gives the error of a figure that is still being worked out, nil for
// another one.
func undecided(err error) *classify.LimitError {
	if err == nil {
		return nil
	}
	var limit *classify.LimitError
	if errors.As(err, &limit) && limit.Retry > 0 {
		return limit
	}
	return nil
}

// ignore drops an error for which a page leaves something out.
func ignore(err error) error {
	if absent(err) {
		return nil
	}
	return err
}

// withheld says why something is not shown, "" for another error.
func (l *language) withheld(err error) string {
	var w *classify.WithheldError
	switch {
	case undecided(err) != nil:
		return l.T("undecided")
	case !errors.As(err, &w):
		return ""
	case w.Why == release.Embargoed:
		return l.T("withheld.embargo", "time", l.full(event.TimeOf(w.From)).Text)
	case w.Why == release.Unapproved:
		return l.T("withheld.unapproved")
	}
	return l.T("withheld.held")
}

// ask asks the gate as nobody in particular. A question that it cannot answer is
// errNothing; what is not shown is classify's WithheldError.
func (p *Portal) ask(q event.FigureQuery) (event.Figure, error) {
	r, err := p.figure(bare(q))
	return r.Value(), err
}

// figure asks for what can be cited, whole.
func (p *Portal) figure(q event.FigureQuery) (classify.Released[event.Figure], error) {
	r, data, err := p.answered(&q)
	p.rests.note(&q, data, err)
	return r, err
}

// answered gives a figure, and by what counts it was made. The days and parts of a period
// are asked for by several blocks of a page, and by several pages: an answer serves all
// of one moment. Nobody may change its rows.
func (p *Portal) answered(q *event.FigureQuery) (r classify.Released[event.Figure], data string, err error) {
	key := strings.Join([]string{q.Figure, q.Of, strings.Join(q.By, ","), q.Period, q.Zone, q.Base, strconv.Itoa(q.Limit), strconv.FormatBool(q.Bare), strconv.FormatBool(p.rests != nil)}, "|")
	for _, group := range q.Groups {
		key += "|" + strings.Join(group, ",")
	}
	answers, key, data := p.remembered(q, key)
	r, err = answers.Get(key, func() (classify.Released[event.Figure], error) {
		q := *q
		q.Later = p.rests != nil
		r, err := p.dep.Gate.Figure(context.Background(), classify.Nobody(), q)
		return r, understood(err)
	})
	return r, data, err
}

// understood turns a question that the gate cannot answer into errNothing.
func understood(err error) error {
	var unclear *classify.QuestionError
	if errors.As(err, &unclear) {
		return errNothing
	}
	return err
}

// figureOf answers a spec: its table, narrowed to the row's value, or the rows of some
// groups of it.
func (p *Portal) figureOf(s spec, groups ...[]string) (event.Figure, error) {
	f, err := p.ask(s.query(groups...))
	if err != nil || s.Row == "" {
		return f, err
	}
	return narrowed(f, s.Row)
}

// narrowed keeps the rows of one value and takes its dimension away.
func narrowed(f event.Figure, row string) (event.Figure, error) {
	dim, value, _ := strings.Cut(row, ":")
	at := slices.Index(f.By, dim)
	if at < 0 {
		return f, errNothing
	}
	rows := f.Rows
	f.By, f.Rows, f.Ranked, f.Unconfirmed = slices.Delete(slices.Clone(f.By), at, at+1), nil, 0, nil
	for _, r := range rows {
		if r.Group[at] == value {
			r.Group, r.Rank = slices.Delete(slices.Clone(r.Group), at, at+1), 0
			f.Rows = append(f.Rows, r)
		}
	}
	if len(f.By) == 0 && len(f.Rows) == 0 {
		f.Rows = []event.FigureRow{{Group: []string{}}}
	}
	return f, nil
}

// partOf says into what a period is parted for a series.
var partOf = map[figure.Kind]figure.Kind{
	figure.Hour: figure.Minute, figure.Day: figure.Hour, figure.Week: figure.Day, figure.Month: figure.Day, figure.Quarter: figure.Day,
	figure.Half: figure.Month, figure.Year: figure.Month, figure.YearToDate: figure.Month,
}

// parts are a period's parts that have begun.
func (p *Portal) parts(whole figure.Period) (out []figure.Period) {
	kind, ok := partOf[whole.Kind]
	if !ok {
		return nil
	}
	now := p.dep.Now()
	for at := whole.From; at.Before(whole.To) && !at.After(now); {
		one := figure.Containing(kind, at)
		if out == nil {
			out = make([]figure.Period, 0, 1+int(whole.Days()/one.Days()))
		}
		out = append(out, one)
		at = one.To
	}
	return out
}

// part is one part of a series; Gap where nothing was reported or is kept, with
// the reason where it is not shown.
type part struct {
	Period figure.Period
	Figure event.Figure
	Gap    bool
	Why    error
}

// series answers a spec part by part, or the rows of some groups of it. A part for which
// nothing at all was reported, by any sensor, is a gap and not a zero.
func (p *Portal) series(s spec, groups ...[]string) ([]part, error) {
	whole, err := figure.ParsePeriod(s.Period, p.cfg.Zone)
	if err != nil {
		return nil, errNothing
	}
	parts := p.parts(whole)
	out := make([]part, 0, len(parts))
	for _, at := range parts {
		s.Period, s.Base = at.String(), ""
		f, err := p.figureOf(s, groups...)
		switch {
		case absent(err): // not kept so finely, or not open
			out = append(out, part{Period: at, Gap: true, Why: err})
			continue
		case err != nil:
			return nil, err
		}
		quiet := !slices.ContainsFunc(f.Rows, func(r event.FigureRow) bool { return r.Value > 0 || r.Hidden })
		silent := false
		if quiet {
			if silent, err = p.silent(at); err != nil {
				return nil, err
			}
		}
		out = append(out, part{at, f, silent, nil})
	}
	if !slices.ContainsFunc(out, func(s part) bool { return s.Figure.Definition != "" }) {
		if len(out) > 0 && out[0].Why != nil {
			return nil, out[0].Why
		}
		return nil, errNothing
	}
	return out, nil
}

// silent holds for a period of which there is no record at all.
func (p *Portal) silent(period figure.Period) (bool, error) {
	f, err := p.ask(event.FigureQuery{Figure: "records", Of: figure.World, Period: period.String()})
	if err != nil {
		return errors.Is(err, errNothing), ignore(err)
	}
	return f.Rows[0].Value == 0, nil
}

// title names a row: each value in the reader's words.
func (l *language) title(by, group []string) string {
	var names []string
	for i, v := range group {
		names = append(names, l.member(by[i], v))
	}
	return upper(strings.Join(names, " · "))
}

// member names a value of a dimension.
func (l *language) member(dim, value string) string {
	switch {
	case strings.HasPrefix(value, "~"):
		return l.T("others")
	case dim == "country" || dim == "hosting":
		return l.country(value)
	}
	return l.line(dim, value)
}

// by names the dimensions of a table: "kind and way".
func (l *language) by(dims []string) string {
	var names []string
	for _, d := range dims {
		names = append(names, l.line("by", d))
	}
	return strings.Join(names, l.T("by.and"))
}

// period words a period by its name.
func (l *language) period(name string) string {
	p, err := figure.ParsePeriod(name, time.UTC) // words do not depend on the zone
	if err != nil {
		return name
	}
	return p.Name(l.Code)
}

// place names what a figure is of.
func (l *language) place(of string) string {
	if of == figure.World {
		return figure.PlaceName(l.Code, of)
	}
	return l.country(of)
}

// statusOf words a figure's status, and that it is a replay's.
func (l *language) statusOf(f *event.Figure) string {
	s := l.T("status." + cmp.Or(string(f.Status), string(event.FigureProvisional)))
	if f.Status == event.FigureRevised {
		s = l.T("status.revised.v", "n", l.Number(int64(f.Revision)))
	}
	if f.Replay {
		s += ", " + l.T("replay.word")
	}
	return s
}
