// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// Who asks for the rows of some groups is told the same of them as who asks for the
// whole table, in any order and whoever asked first.
func TestSomeGroupsAreAsTheWholeTableTells(t *testing.T) {
	whole := event.FigureQuery{Figure: "attacks", Of: "VN", By: []string{"hosting"}, Period: "2026-11-18"}
	some := whole
	some.Groups = [][]string{{"US"}, {"none"}, {"AC"}}
	for _, base := range []string{"", "previous"} {
		for _, first := range []event.FigureQuery{whole, some} {
			c := &counts{days: map[string][]event.RollupRow{}}
			for i := range 100 {
				code := string([]byte{byte('A' + i/26), byte('A' + i%26)})
				c.days["2026-11-18"] = append(c.days["2026-11-18"], row(int64(1000-i/3), code))
				c.days["2026-11-17"] = append(c.days["2026-11-17"], row(int64(i), code))
			}
			c.days["2026-11-18"] = append(c.days["2026-11-18"], row(5, "US"))
			g := latticeGate(c)
			get := func(q event.FigureQuery) event.Figure {
				q.Base = base
				r, err := g.Figure(t.Context(), Nobody(), q)
				if err != nil {
					t.Fatal(err)
				}
				return r.Value()
			}
			get(first)
			want, got := get(whole), get(some)
			want.Rows = slices.DeleteFunc(slices.Clone(want.Rows), func(r event.FigureRow) bool { return r.Group[0] != "US" && r.Group[0] != "AC" })
			if d := cmp.Diff(want, got); d != "" || len(got.Rows) != 2 || got.Status != event.FigureFinal {
				t.Errorf("base %q: %s %s", base, fmt.Sprint(got.Rows), d)
			}
		}
	}
}

// Answers are not changed by the questions after them, which use the same memory.
func TestAnswersKeepTheirRows(t *testing.T) {
	c := &counts{days: map[string][]event.RollupRow{
		"2026-11-18": {row(9, "US"), row(8, "CN"), row(7, "SG")}, "2026-11-17": {row(3, "DE"), row(8, "CN")}, "2026-11-16": {row(1, "FR")},
	}}
	g := latticeGate(c)
	get := func(day, base string, groups ...[]string) event.Figure {
		r, err := g.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", Of: "VN", By: []string{"hosting"}, Period: day, Base: base, Groups: groups})
		if err != nil {
			t.Fatal(err)
		}
		return r.Value()
	}
	first, some := get("2026-11-18", "previous"), get("2026-11-18", "", []string{"CN"})
	kept := fmt.Sprint(first.Rows, *first.Rows[0].Change, some.Rows)
	for _, day := range []string{"2026-11-17", "2026-11-16"} {
		get(day, "previous")
		get(day, "", []string{"CN"}, []string{"FR"})
	}
	if now := fmt.Sprint(first.Rows, *first.Rows[0].Change, some.Rows); now != kept || len(first.Rows) != 4 {
		t.Errorf("%s became %s", kept, now)
	}
}
