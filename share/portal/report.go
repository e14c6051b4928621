// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

// reportBody is a quarterly report: a document that reads as one.
type reportBody struct {
	Dated, Status string
	Headlines     []string
	Sections      []reportSection
	Definitions   []definition
	Cite          string
}

// reportSection is one chapter: what is said by rule, and the figures it rests on.
type reportSection struct {
	ID, Title  string
	Paragraphs []string
	Numbers    []keyNumber
	Blocks     []figureBlock
}

// reportsBack is how many quarters the list goes back; quartersQuiet in a row
// without a record end it.
const (
	reportsBack   = 20
	quartersQuiet = 4
)

// report is the quarter's report.
func (p *Portal) report(o *opened) (string, figuresBody, error) {
	name := o.value("period")
	at, err := figure.ParsePeriod(name, p.cfg.Zone)
	switch {
	case err != nil || at.Kind != figure.Quarter:
		return "", figuresBody{}, &unreadable{why: "quarter", value: name}
	case at.From.After(p.dep.Now()):
		return "", figuresBody{}, &unreadable{why: "ahead", value: name}
	}
	if err := p.dep.Gate.Report(classify.Nobody(), at.String()); err != nil {
		return "", figuresBody{}, err
	}
	silent, err := p.silent(at)
	if err != nil || silent {
		return "", figuresBody{}, orNothing(err)
	}
	r := writer{o: o, at: at, home: p.homeCode(), base: p.based(at)}
	b := figuresBody{Report: &reportBody{}}
	if err := r.write(b.Report); err != nil {
		return "", b, err
	}
	title := o.l.T("report.title", "period", at.Name(o.l.Code))
	var blocks []figureBlock
	for _, s := range b.Report.Sections {
		blocks = append(blocks, s.Blocks...)
	}
	b.Data = o.dataset(title, at, blocks)
	return title, b, nil
}

// orNothing is errNothing where there is no other error.
func orNothing(err error) error {
	if err != nil {
		return err
	}
	return errNothing
}

// writer writes one report.
type writer struct {
	o    *opened
	at   figure.Period
	home string
	base string
	said []string // definitions of headlines that no block shows
}

func (w *writer) write(r *reportBody) error {
	l, p := w.o.l, w.o.p
	sections := []struct {
		id    string
		write func(*reportSection) error
	}{
		{"attacks", w.attacks}, {"hosting", w.hosting}, {"sectors", w.sectors}, {"incidents", w.incidents}, {"surges", w.surges}, {"coverage", w.coverage},
	}
	if err := w.headlines(r); err != nil {
		return err
	}
	for _, s := range sections {
		made := reportSection{ID: s.id, Title: l.T("report." + s.id)}
		if err := s.write(&made); err != nil {
			return err
		}
		for i := range made.Blocks {
			made.Blocks[i].Open = len(made.Blocks[i].Rows) <= reportRows
		}
		r.Sections = append(r.Sections, made)
	}
	now := event.TimeOf(p.dep.Now())
	r.Dated = l.T("report.dated", "time", l.full(now).Text)
	f, err := p.ask(event.FigureQuery{Figure: "attacks", Of: w.home, Period: w.at.String()})
	if ignore(err) != nil {
		return err
	}
	r.Status = l.T("report.status", "status", l.statusOf(&f))
	for _, id := range w.rests(r) {
		r.Definitions = append(r.Definitions, l.define(figure.BuiltIn().Find(id)))
	}
	r.Cite = strings.TrimSpace(l.T("report.cite", "title", l.T("report.title", "period", w.at.Name(l.Code)), "date", l.day(now), "status", l.statusOf(&f),
		"url", p.cfg.Origin+l.path("reports")+"/"+w.at.String()))
	return nil
}

// reportRows is how long a table may be that a report prints.
const reportRows = 25

// rests lists the definitions that a report's figures have, and the rules that it
// speaks by.
func (w *writer) rests(r *reportBody) (ids []string) {
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			add(b.Definition)
		}
	}
	for _, id := range w.said {
		add(id)
	}
	for _, rule := range []string{"events", "change", "rank"} {
		add(figure.BuiltIn().Find(rule).ID)
	}
	return ids
}

// headlines are sentences made by rule: each figure against the quarter before,
// attacks also against the year before.
func (w *writer) headlines(r *reportBody) error {
	l := w.o.l
	if w.o.p.dep.Now().Before(w.at.To) {
		r.Headlines = append(r.Headlines, l.T("report.running", "time", l.full(event.TimeOf(w.o.p.dep.Now())).Text))
	}
	for _, h := range []struct {
		id   string
		base figure.Base
	}{{"attacks", figure.OnPrevious}, {"attacks", figure.OnYear}, {"incidents", figure.OnPrevious}, {"states", figure.OnPrevious}, {"hosted", figure.OnPrevious}} {
		base := string(h.base)
		if w.base == "" {
			base = ""
		}
		if h.base == figure.OnYear {
			if ok, err := w.comparable(h.base); err != nil || !ok {
				if err != nil {
					return err
				}
				continue
			}
		}
		said, err := w.o.sentence(h.id, w.home, w.at, base)
		if err != nil {
			return err
		}
		for _, s := range said {
			r.Headlines = append(r.Headlines, s.Text)
		}
	}
	return w.users(r)
}

// comparable tells whether anything was reported in the base period of a whole one.
func (w *writer) comparable(b figure.Base) (bool, error) {
	if w.base == "" {
		return false, nil
	}
	base, err := w.at.Base(b)
	if err != nil {
		return false, nil //nolint:nilerr // there is no such period
	}
	silent, err := w.o.p.silent(base)
	return !silent, err
}

// blocks adds blocks to a section.
func (w *writer) blocks(s *reportSection, specs ...spec) error {
	var b figuresBody
	for _, x := range specs {
		id := s.ID + "-" + string(x.Form)
		if len(x.By) > 0 {
			id += "-" + strings.Join(x.By, "-")
		}
		if x.Figure != "attacks" {
			id += "-" + x.Figure
		}
		x.Period = w.at.String()
		if x.Form == formBars {
			x.Base = w.base
		}
		if err := w.o.block(&b, id, x); err != nil {
			return err
		}
	}
	s.Blocks = append(s.Blocks, b.Blocks...)
	return nil
}

// reports lists the quarters of which there is a report.
func (p *Portal) reports(o *opened) (string, figuresBody, error) {
	l := o.l
	b := figuresBody{Lead: l.T("reports.lead")}
	list := linkList{Title: l.T("reports.list")}
	known, err := p.quarters()
	if err != nil {
		return "", b, err
	}
	for _, at := range known {
		f, err := p.ask(event.FigureQuery{Figure: "attacks", Of: p.homeCode(), Period: at.String()})
		if ignore(err) != nil {
			return "", b, err
		}
		list.Links = append(list.Links, link{Path: l.path("reports") + "/" + at.String(), Text: upper(at.Name(l.Code)) + " · " + l.statusOf(&f)})
	}
	if len(list.Links) > 0 {
		b.Lists = append(b.Lists, list)
	} else {
		b.Notes = append(b.Notes, l.T("reports.none"))
	}
	b.Dated = append(p.calendar(l), p.corrections(l)...)
	return l.T("nav.reports"), b, nil
}

// calendar is what is still to be released, the next first.
func (p *Portal) calendar(l *language) []datedList {
	p.rests.passing()
	list := datedList{Title: l.T("reports.calendar")}
	for _, c := range p.dep.Gate.Calendar(classify.Nobody()).Value() {
		if p.dep.Now().Before(c.On) {
			list.Lines = append(list.Lines, datedLine{l.moment(event.TimeOf(c.On), "15:04 "+l.Date), l.either(c.VI, c.EN)})
		}
	}
	return list.any()
}

// corrections is what was shown and was wrong, the newest first.
func (p *Portal) corrections(l *language) []datedList {
	list := datedList{Title: l.T("reports.corrections")}
	for _, c := range p.dep.Gate.Corrections(classify.Nobody()).Value() {
		text := l.either(c.VI, c.EN)
		if c.Period != "" {
			text = l.period(c.Period) + " · " + text
		}
		list.Lines = append(list.Lines, datedLine{l.moment(event.TimeOf(c.At), "15:04 "+l.Date), text})
	}
	return list.any()
}

// any gives the list, or none where it is empty.
func (d datedList) any() []datedList {
	if len(d.Lines) == 0 {
		return nil
	}
	return []datedList{d}
}

// quarters are those with a report that is shown, the newest first.
func (p *Portal) quarters() (out []figure.Period, err error) {
	at := figure.Containing(figure.Quarter, p.dep.Now().In(p.cfg.Zone))
	quiet := 0
	for range reportsBack {
		silent, err := p.silent(at)
		switch {
		case err != nil:
			return nil, err
		case silent:
			quiet++
		default:
			quiet = 0
			if err := p.dep.Gate.Report(classify.Nobody(), at.String()); err == nil {
				out = append(out, at)
			} else if ignore(err) != nil {
				return nil, err
			}
		}
		if quiet == quartersQuiet {
			break
		}
		at = figure.Containing(figure.Quarter, at.From.Add(-time.Nanosecond))
	}
	return out, nil
}
