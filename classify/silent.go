// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"

	"haidang/event"
	"haidang/figure"
)

// silent holds where all of a figure is nought and no sensor reported anything in its
// period: the nought is then no number of what happened. Participants are counted by
// their heartbeats, whatever sensors say.
func (g *Gate) silent(a *asked, f *event.Figure) (bool, error) {
	if a.def.Counts.OfParticipants() || slices.ContainsFunc(f.Rows, func(r event.FigureRow) bool { return r.Value != 0 || r.Hidden }) {
		return false, nil
	}
	all := asked{def: figure.BuiltIn().Find("records"), period: a.period, now: a.now}
	var err error
	if all.table, all.of, err = declared(all.def, figure.World, g.lattice.Home.String(), nil); err != nil {
		return false, err
	}
	reported, err := g.lines(all, a.period, &event.Figure{}, nil)
	return len(reported) == 0, err
}

// nothingToCite says why a silent figure is not kept for ever.
func nothingToCite(f *event.Figure) error {
	return &QuestionError{Field: "period", Detail: "no sensor reported anything in " + f.Period.Name + "; there is no number to cite"}
}
