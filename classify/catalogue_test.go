// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"slices"
	"testing"

	"haidang/event"
	"haidang/figure"
)

// What the catalogue lists is what questions are answered of: no table is refused of
// a place and kind of period that it names, and each is of one that it does not.
func TestTheCatalogueSaysWhatIsOpen(t *testing.T) {
	periods := map[string]string{
		"minute": "2025-06-30T10:05", "hour": "2025-06-30T10", "day": "2025-06-30", "week": "2025-W26", "month": "2025-06",
		"quarter": "2025-Q2", "half-year": "2025-H1", "year": "2024", "year-to-date": "2025-YTD@2025-06-30",
	}
	listed := 0
	for _, id := range figure.BuiltIn().Counted() {
		d := figure.BuiltIn().Find(id)
		for _, table := range Tables(d) {
			listed++
			if !table.Country && !table.World || len(table.Periods) == 0 {
				t.Errorf("%s by %v is of nothing: %+v", id, table.By, table)
			}
			for _, of := range []struct {
				place string
				open  bool
			}{{"VN", table.Country}, {figure.World, table.World}} {
				for kind, period := range periods {
					open := of.open && slices.Contains(table.Periods, kind)
					if d.Counts.OfParticipants() && kind == "minute" {
						continue // refused where participants are counted
					}
					if refused := lockedOut(t, event.FigureQuery{Figure: id, Of: of.place, By: table.By, Period: period}); refused == open {
						t.Errorf("%s of %s by %v, %s: refused %v, listed %v", id, of.place, table.By, kind, refused, open)
					}
				}
			}
		}
	}
	if listed < 30 {
		t.Errorf("%d tables are listed", listed)
	}
}

// lockedOut reports whether a question is refused for its table or kind of period.
func lockedOut(t *testing.T, q event.FigureQuery) bool {
	t.Helper()
	g := latticeGate(&counts{})
	a, err := g.understand(q)
	if err == nil {
		err = g.protects(&a, event.FigureFinal)
	}
	var told *QuestionError
	if err != nil && !errors.As(err, &told) {
		t.Fatal(err)
	}
	return err != nil
}
