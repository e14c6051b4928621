// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"slices"

	"haidang/event"
	"haidang/figure"
)

// bySize tells whether a table is by the size of those attacked.
func bySize(f *event.Figure) bool {
	return slices.Contains(f.By, "size") || slices.Contains(f.By, "band")
}

// sizes adds to a page of sectors what is told of a period by size: of quarters and
// longer, and by band where that is shown at all.
func (o *opened) sizes(b *figuresBody, at figure.Period) (err error) {
	base := o.p.based(at)
	if b.Sentences, err = o.small(at, base); err != nil {
		return err
	}
	for _, by := range []string{"size", "band"} {
		s := spec{Form: formBars, Figure: "attacks", Of: figure.World, By: []string{by}, Period: at.String(), Base: base}
		f, err := o.p.ask(s.query())
		if err == nil && (len(f.Rows) == 0 || by == "band" && f.Rows[0].Hidden) {
			continue
		}
		if err := o.block(b, by, s); err != nil {
			return err
		}
	}
	return nil
}

// small says how many attacks were on small and medium enterprises; nothing where that
// is not shown.
func (o *opened) small(at figure.Period, base string) ([]sentenceLine, error) {
	f, err := o.p.ask(event.FigureQuery{Figure: "attacks", Of: figure.World, By: []string{"size"}, Period: at.String(), Base: base})
	if err != nil || len(f.Rows) == 0 || f.Rows[0].Hidden {
		return nil, ignore(err)
	}
	if f, err = narrowed(f, "size:sme"); err != nil {
		return nil, err
	}
	text, err := figure.BuiltIn().SentenceOn(o.l.Code, &f, o.l.T("sizes.whom"))
	if err != nil {
		return nil, err
	}
	return []sentenceLine{{text, f.Definition}}, nil
}
