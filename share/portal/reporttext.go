// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strings"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
)

// The chapters of a report. Every sentence is made by rule from a figure that the
// chapter shows.

func (w *writer) attacks(s *reportSection) error {
	for _, by := range []string{"kind", "way"} {
		if err := w.leading(s, w.home, by); err != nil {
			return err
		}
	}
	return w.blocks(s,
		spec{Form: formBars, Figure: "attacks", Of: w.home, By: []string{"kind"}},
		spec{Form: formSeries, Figure: "attacks", Of: w.home},
		spec{Form: formBars, Figure: "attacks", Of: w.home, By: []string{"way"}},
		spec{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{"technique"}},
	)
}

// leading says which group came first and which second.
func (w *writer) leading(s *reportSection, of, by string) error {
	f, err := w.o.p.ask(event.FigureQuery{Figure: "attacks", Of: of, By: []string{by}, Period: w.at.String()})
	if err != nil {
		return ignore(err)
	}
	l := w.o.l
	all, _ := total(f.Rows)
	var named []event.FigureRow
	for _, r := range f.Rows {
		if !r.Hidden && r.Value > 0 && r.Group[0] != "" && !strings.HasPrefix(r.Group[0], "~") {
			named = append(named, r)
		}
	}
	name := func(r *event.FigureRow) string { return l.member(by, r.Group[0]) }
	switch len(named) {
	case 0:
	case 1:
		s.Paragraphs = append(s.Paragraphs, l.T("report.only."+by, "name", name(&named[0]), "n", l.Number(named[0].Value)))
	default:
		s.Paragraphs = append(s.Paragraphs, l.T("report.first."+by, "name", name(&named[0]), "n", l.Number(named[0].Value), "p", l.share(named[0].Value, all),
			"second", name(&named[1]), "m", l.Number(named[1].Value), "q", l.share(named[1].Value, all)))
	}
	return nil
}

func (w *writer) hosting(s *reportSection) (err error) {
	l := w.o.l
	if s.Numbers, err = w.o.confirmed(w.home, w.at); err != nil {
		return err
	}
	f, err := w.o.p.ask(event.FigureQuery{Figure: "attacks", Of: w.home, By: []string{"hosting"}, Period: w.at.String()})
	if ignore(err) != nil {
		return err
	}
	all, _ := total(f.Rows)
	for _, r := range f.Rows {
		if r.Rank == 1 {
			s.Paragraphs = append(s.Paragraphs, l.T("report.hosted", "n", l.Number(all), "p", l.share(r.Value, all), "country", l.country(r.Group[0]), "ranked", l.Number(int64(f.Ranked))))
			break
		}
	}
	place, err := w.place("hosted")
	if err != nil {
		return err
	}
	if place != "" {
		s.Paragraphs = append(s.Paragraphs, place)
	}
	s.Paragraphs = append(s.Paragraphs, l.T("hosting.note"))
	return w.blocks(s,
		spec{Form: formBars, Figure: "attacks", Of: w.home, By: []string{"hosting"}},
		spec{Form: formBars, Figure: "hosted", Of: w.home, By: []string{"kind"}},
	)
}

// sectors says which sectors came first. Lines that could tell of one organisation
// are withheld, so that of a small observatory there may be none.
func (w *writer) sectors(s *reportSection) error {
	if err := w.leading(s, figure.World, "sector"); err != nil {
		return err
	}
	if err := w.blocks(s, spec{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{"sector"}}); err != nil {
		return err
	}
	if len(s.Blocks) == 0 {
		s.Paragraphs = append(s.Paragraphs, w.o.l.T("sectors.page.none", "period", w.at.Name(w.o.l.Code)))
		return nil
	}
	said, err := w.o.small(w.at, w.base)
	if err != nil {
		return err
	}
	for _, line := range said {
		s.Paragraphs = append(s.Paragraphs, line.Text)
		w.said = append(w.said, figure.BuiltIn().Find("size").ID)
	}
	return w.blocks(s, spec{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{"size"}})
}

func (w *writer) incidents(s *reportSection) error {
	s.Paragraphs = append(s.Paragraphs, w.o.l.T("report.apart"))
	return w.blocks(s,
		spec{Form: formBars, Figure: "incidents", Of: w.home, By: []string{"kind"}},
		spec{Form: formBars, Figure: "states", Of: w.home, By: []string{"kind"}},
	)
}

func (w *writer) surges(s *reportSection) error {
	return w.blocks(s, spec{Form: formSurges, Figure: "attacks", Of: w.home})
}

// coverage says what the report rests on: how many records, days without any, and
// which sensors there are now.
func (w *writer) coverage(s *reportSection) error {
	l, p := w.o.l, w.o.p
	f, err := p.ask(event.FigureQuery{Figure: "records", Of: figure.World, Period: w.at.String()})
	if ignore(err) != nil {
		return err
	}
	if len(f.Rows) > 0 {
		s.Paragraphs = append(s.Paragraphs, l.T("report.records", "n", l.Number(f.Rows[0].Value)))
	}
	quiet, all := 0, p.parts(w.at)
	for _, day := range all {
		silent, err := p.silent(day)
		if err != nil {
			return err
		}
		if silent {
			quiet++
		}
	}
	s.Paragraphs = append(s.Paragraphs, l.T("report.quiet", "n", l.Number(int64(quiet)), "m", l.Number(int64(len(all)))))
	pic := p.dep.Gate.Picture(classify.Nobody()).Value()
	s.Paragraphs = append(s.Paragraphs, l.T("report.sensors", "line", l.coverageLine(&pic)), l.T("coverage.limit.1"), l.T("coverage.limit.2"))
	return w.blocks(s, spec{Form: formSeries, Figure: "records", Of: figure.World})
}
