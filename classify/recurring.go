// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"haidang/event"
	"haidang/figure"
)

// Recurring gives the questions about addresses, without periods, that pages ask of
// every period: from how many addresses the attacks hosted in each country came. What
// answers them may do so ahead.
func Recurring() []event.RollupQuery {
	d := figure.BuiltIn().Find("hosted")
	by := []string{"country"}
	t, of, err := declared(d, figure.World, "", by)
	if err != nil {
		panic(err) // the lattice is the program's own
	}
	return []event.RollupQuery{t.hosts(d, of, by, event.TimeUnset, event.TimeUnset)}
}

// hosts asks from how many addresses attacks by hosting side came.
func (t *table) hosts(d *figure.Definition, of string, by []string, from, to event.Time) event.RollupQuery {
	q := t.rollup(d, of, by, from, to)
	q.Stage, q.Distinct = event.StageAttempt, []event.DistinctSide{event.DistinctHosting}
	return q
}
