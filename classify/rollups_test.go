// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"testing"

	"haidang/event"
)

// keyed answers with a distinct count that carries its key.
type keyed struct{ row *event.Distinct }

func (k keyed) Rollup(event.RollupQuery) (event.Rollup, error) {
	return event.Rollup{Rows: []event.RollupRow{{Affected: k.row, Hosting: k.row}, {}}}, nil
}

// Sums of secret hashes are for disclosure control and leave the gate with nobody,
// also not with those who see every count.
func TestKeysOfCellsStayInside(t *testing.T) {
	kept := &event.Distinct{Count: 3, Exact: true, Key: 99}
	r, err := (&Gate{}).WithPolicy(Policy{}).WithRollups(keyed{kept}).Rollup(OperatorNamed("test"), event.RollupQuery{})
	if err != nil {
		t.Fatal(err)
	}
	row := r.Value().Rows[0]
	if row.Affected.Key != 0 || row.Hosting.Key != 0 || row.Affected.Count != 3 || r.Value().Rows[1].Affected != nil {
		t.Errorf("%+v %+v", row.Affected, row.Hosting)
	}
	if kept.Key != 99 {
		t.Error("the answer of somebody else was changed")
	}
}
