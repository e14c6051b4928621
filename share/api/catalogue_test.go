// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"slices"
	"testing"
)

// What is listed can be asked, as it is written.
func TestFiguresAreListed(t *testing.T) {
	_, h := open(t)
	w := ask(h, "/api/v1/stats", "")
	var got struct{ Figures []countedFigure }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	asked := 0
	for _, f := range got.Figures {
		if f.Name.VI == "" || f.Name.EN == "" || f.Unit.VI == "" || f.Unit.EN == "" || len(f.Tables) == 0 {
			t.Errorf("%+v", f)
		}
		if f.Definition != "attacks/1" && f.Definition != "hosted/1" {
			continue // the others are not counted here
		}
		for _, table := range f.Tables {
			for _, of := range table.Of {
				if of == "country" {
					of = "VN"
				}
				if !slices.Contains(table.Periods, "day") {
					continue
				}
				asked++
				if w := ask(h, f.Path+"?period=2026-11-18&of="+of+"&by="+table.By, ""); w.Code != 200 {
					t.Errorf("%s of %s by %q: %d %s", f.Definition, of, table.By, w.Code, w.Body)
				}
			}
		}
	}
	if asked < 20 {
		t.Errorf("%d tables were asked for", asked)
	}
}
