// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/disclosure"
	"haidang/event"
)

// keptSets answers roll-ups with distinct addresses.
type keptSets struct {
	rows []event.RollupRow
	gone bool // the sets of the period are

	distinct []event.RollupQuery // questions about addresses, without their periods
}

func (k *keptSets) Rollup(q event.RollupQuery) (event.Rollup, error) {
	if len(q.Distinct) > 0 {
		whenever := q
		whenever.From, whenever.To = event.TimeUnset, event.TimeUnset
		k.distinct = append(k.distinct, whenever)
	}
	return event.Rollup{Rows: slices.Clone(k.rows), Whole: !k.gone || len(q.Distinct) == 0}, nil
}

func distinctRow(group string, count int64, exact bool, key uint64) event.RollupRow {
	d := &event.Distinct{Count: count, Exact: exact, Key: key}
	return event.RollupRow{Group: []string{group}, Events: 10 * count, Affected: d, Hosting: d}
}

func TestAddressesArePublishedWithNoise(t *testing.T) {
	k := &keptSets{rows: []event.RollupRow{distinctRow("intrusion-attempts/login-attempts", 5000, false, 0), distinctRow("malicious-code/infected-system", 40, true, 1<<63), distinctRow("fraud/phishing", 1, true, 1)}}
	g := latticeGate(&counts{}).WithRollups(k)
	r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacked-addresses", By: []string{"kind"}, Period: "2026-11-20"})
	if err != nil {
		t.Fatal(err)
	}
	f := r.Value()
	if !f.Distinct || len(f.Rows) != 3 || f.Rows[0].Value != 5000 || !f.Rows[0].Estimated {
		t.Fatalf("%+v", f)
	}
	if v := f.Rows[1]; v.Value != disclosure.Perturb(40, 1<<63) || v.Estimated || v.Value < 36 || v.Value > 44 {
		t.Errorf("%+v", v)
	}
	if v := f.Rows[2]; v.Value != 0 || v.Rank != 0 { // one with noise -1 is published as none, and has no rank
		t.Errorf("%+v", v)
	}
	k.gone = true
	if _, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacked-addresses", Period: "2026-11-20"}); err == nil {
		t.Error("what is no longer kept is told")
	}
}

func TestHostsStandBesideAttacks(t *testing.T) {
	k := &keptSets{rows: []event.RollupRow{distinctRow("CN", 40, true, 1<<63), distinctRow("US", 9000, false, 0)}}
	g := latticeGate(&counts{}).WithRollups(k)
	q := event.FigureQuery{Figure: "hosted", Of: "world", By: []string{"country"}, Period: "2026-11-20"}
	for _, gone := range []bool{false, true} {
		k.gone = gone
		r, err := g.Figure(t.Context(), Nobody(), q)
		if err != nil {
			t.Fatal(err)
		}
		us, cn := r.Value().Rows[0].Hosts, r.Value().Rows[1].Hosts
		if gone {
			if us != nil || cn != nil {
				t.Error("hosts of a period whose sets are gone")
			}
			continue
		}
		if us == nil || *us != (event.FigureUnits{Count: 9000, Estimated: true}) || *cn != (event.FigureUnits{Count: disclosure.Perturb(40, 1<<63)}) {
			t.Errorf("%+v %+v", us, cn)
		}
	}
	for _, asked := range k.distinct {
		if diff := cmp.Diff(Recurring(), []event.RollupQuery{asked}); diff != "" {
			t.Errorf("what is answered ahead is not what is asked: %s", diff)
		}
	}
	if len(k.distinct) == 0 {
		t.Error("no addresses were asked for")
	}
}
