// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strconv"

	"haidang/event"
	"haidang/figure"
)

// users adds sentences about those who take part, where anybody does: how many were
// attacked and infected, which share that is, and the country's place by it. What is of
// too few is left out.
func (w *writer) users(r *reportBody) error {
	active, err := w.o.p.ask(event.FigureQuery{Figure: "active-participants", Of: w.home, Period: w.at.String()})
	if err != nil || len(active.Rows) != 1 || active.Rows[0].Value == 0 {
		return ignore(err)
	}
	for _, id := range []string{"active-participants", "attacked-users", "share", "infected"} {
		f, err := w.o.p.ask(event.FigureQuery{Figure: id, Of: w.home, Period: w.at.String(), Base: w.base})
		if err != nil {
			if ignore(err) != nil {
				return err
			}
			continue
		}
		if f.Rows[0].Few {
			continue
		}
		text, err := figure.BuiltIn().Sentence(w.o.l.Code, &f)
		if err != nil {
			return err
		}
		r.Headlines = append(r.Headlines, text)
		w.said = append(w.said, f.Definition)
	}
	place, err := w.place("share")
	if err == nil && place != "" {
		r.Headlines = append(r.Headlines, place)
	}
	return err
}

// place says where the home country stands in a ranking of countries, with the range of
// places where intervals overlap; "" where it has no place.
func (w *writer) place(id string) (string, error) {
	l := w.o.l
	f, err := w.o.p.ask(event.FigureQuery{Figure: id, Of: figure.World, By: []string{"country"}, Period: w.at.String()})
	if err != nil {
		return "", ignore(err)
	}
	for i := range f.Rows {
		row := &f.Rows[i]
		if row.Group[0] != w.home || row.Rank == 0 {
			continue
		}
		rank := strconv.Itoa(row.Rank)
		if q := row.Ratio; q != nil && q.Worst > q.Best {
			rank = l.T("report.place.range", "rank", rank, "best", strconv.Itoa(q.Best), "worst", strconv.Itoa(q.Worst))
		}
		return l.T("report.place."+id, "period", upper(l.period(w.at.String())), "home", l.country(w.home), "rank", rank, "ranked", l.Number(int64(f.Ranked)),
			"n", l.amount(row), "definition", f.Definition), nil
	}
	return "", nil
}
