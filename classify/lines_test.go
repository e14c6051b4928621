// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/event"
	"haidang/figure"
)

// Places are those of the formula, of lines that have a name and a value that is told.
func TestPlacesAreThoseOfTheFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	a := &asked{table: &table{ranked: true}, by: []string{"country"}}
	for range 500 {
		var now lines
		for i := range r.IntN(20) {
			name := []string{"", "~other", fmt.Sprint("n", i)}[min(r.IntN(8), 2)]
			l := line{group: []string{name}, value: r.Int64N(6), hidden: r.IntN(6) == 0}
			if l.hidden {
				l.value = 0
			}
			now = append(now, l)
		}
		var f event.Figure
		a.fill(&f, now, nil)
		values := make([]float64, len(f.Rows))
		for i := range f.Rows {
			values[i] = float64(f.Rows[i].Value)
		}
		places, n := figure.Rank(values, func(i int) bool {
			name := f.Rows[i].Group[0]
			return name != "" && !strings.HasPrefix(name, "~") && values[i] > 0
		})
		for i := range f.Rows {
			if f.Rows[i].Rank != places[i] || f.Ranked != n {
				t.Fatalf("place %d of %d, want %d of %d: %+v", f.Rows[i].Rank, f.Ranked, places[i], n, f.Rows)
			}
		}
	}
}

// A first note names no line of very many, and lines of one name once.
func TestFirstNotesOfAnyLines(t *testing.T) {
	for _, n := range []int{0, 1, 2, maxKeptLines, maxKeptLines + 1, maxKeptLines + 2} {
		var rows []event.FigureRow
		for i := range n {
			rows = append(rows, event.FigureRow{Group: []string{fmt.Sprint("n", max(i, 1))}, Value: int64(i + 1)})
		}
		lines := linesOf(rows)
		want, err := json.Marshal(finalFigure{Revision: 1, Sum: lines.sum, Lines: lines.values()})
		if got := lines.firstNote(); err != nil || string(got) != string(want) || cap(got) > len(got)+len(got)/4+64 {
			t.Errorf("%d lines: %s, want %s %v", n, got, want, err)
		}
		lines.done()
	}
}
