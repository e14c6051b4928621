// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"haidang/classify"
	"haidang/event"
)

// crowded is the small world with attacks from a hundred countries more.
type crowded struct{ classify.Rollups }

func (c crowded) Rollup(q event.RollupQuery) (event.Rollup, error) {
	r, err := c.Rollups.Rollup(q)
	if slices.Equal(q.By, []string{"hosting.country"}) && q.Stage == event.StageAttempt && len(r.Rows) > 0 {
		for i := range 100 {
			r.Rows = append(r.Rows, event.RollupRow{Group: []string{"x" + strconv.Itoa(i)}, Events: 1, Records: 1})
		}
	}
	return r, err
}

// Where many groups are counted and few are drawn, their parts alone are asked for, and
// the page is the same.
func TestPanelsAskForWhatTheyShow(t *testing.T) {
	s := spec{Form: formPanels, Figure: "attacks", Of: "VN", By: []string{"hosting"}, Period: "2026-11"}
	a := newAging(t)
	g := &askedGate{Gate: a.dep.Gate.(*classify.Gate).WithRollups(crowded{theWorld()}), times: map[string]int{}}
	a.dep.Gate = g
	stop := a.ahead([]spec{s})
	b, err := a.block(a.langs[0], "/", "x", s, netip.IPv6Unspecified())
	stop()
	if err != nil || len(b.Rows) != panelsMost {
		t.Fatal(len(b.Rows), err)
	}
	for q, n := range maps.All(g.times) {
		if n != 1 && !strings.HasPrefix(q, "records") {
			t.Errorf("%s is asked %d times", q, n)
		}
	}
	f, err := a.figureOf(s)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := a.series(s)
	if err != nil {
		t.Fatal(err)
	}
	some, err := a.series(s, s.beside(&f)...)
	if err != nil || len(some) != len(whole) {
		t.Fatal(len(some), err)
	}
	d, gaps := drawing{p: a.Portal, l: a.langs[0], spec: s}, 0
	for i := range whole {
		if len(some[i].Figure.Rows) > panelsMost || len(whole[i].Figure.Rows) <= fewGroups && !whole[i].Gap {
			t.Fatalf("%d rows of %d", len(some[i].Figure.Rows), len(whole[i].Figure.Rows))
		}
		if whole[i].Gap {
			gaps++
		}
		for _, line := range f.Rows[:panelsMost] {
			if got, want := d.member(&some[i], line.Group), d.member(&whole[i], line.Group); got != want {
				t.Errorf("%s of %s: %+v, want %+v", line.Group, some[i].Period, got, want)
			}
		}
	}
	if gaps != 2 {
		t.Errorf("%d gaps", gaps)
	}
}
