// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"testing"

	"haidang/event"
)

// counting groups records into one incident that counts them.
type counting struct{ rows int }

func (c *counting) Add(b *event.Batch) { c.rows += b.Rows() }

func (c *counting) Incidents() []event.Incident { return []event.Incident{{Count: uint64(c.rows)}} }

func TestIncidentsStayWithTheirViewer(t *testing.T) {
	rows := func(n int) Page { return Page{Rows: &event.Batch{Time: make([]event.Time, n)}} }
	v, other := OperatorNamed("a"), OperatorNamed("b")
	got, err := Incidents(&counting{}, release(v, rows(2)), release(v, rows(3)), release(v, Page{}))
	if err != nil || got.Viewer() != v || got.Value()[0].Count != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Incidents(&counting{}, release(v, rows(2)), release(other, rows(3))); err == nil {
		t.Errorf("two viewers' pages were grouped: %+v", got)
	}
	for _, pages := range [][]Released[Page]{nil, {release(Nobody(), rows(1))}} {
		if got, err := Incidents(&counting{}, pages...); !errors.Is(err, ErrForbidden) || got.Value() != nil {
			t.Errorf("a visitor has incidents: %+v, %v", got, err)
		}
	}
}
