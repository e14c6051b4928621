// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"slices"
	"testing"
	"time"

	"haidang/event"
	desk "haidang/release"
)

// decisions is a release desk with a clock.
type decisions struct {
	state *desk.State
	now   time.Time
}

func (d *decisions) State() *desk.State { return d.state }
func (d *decisions) Now() time.Time     { return d.now }

func (d *decisions) decide(t *testing.T, c desk.Change) {
	t.Helper()
	next, _, err := d.state.Decide(c)
	if err != nil {
		t.Fatal(err)
	}
	d.state = next
}

func fullPicture() event.Picture {
	one := []event.Count{{Key: "US", Events: 5, Organisations: 5}}
	return event.Picture{
		Rate: 1, WorldRate: 2, Average: 3, LastEvent: 4, Today: event.Totals{Attacks: 5}, World: event.Totals{Attacks: 6}, HostedIn: event.Totals{Attacks: 7},
		Minutes: []event.Minute{{Attacks: 8}}, Flows: []event.Flow{{Events: 9}}, FlowsRest: 10, Hosting: one, Unconfirmed: 11, HostingAS: one, Kinds: one,
		Ways: one, Sectors: one, Affected: one, Sensors: []event.SensorState{{Sensors: 1}}, Watermark: 12,
	}
}

// oneSector has sectors to show of every closed day.
func oneSector() Lattice {
	return latticeGate(&counts{}, sector("health", 20, 10, 10, 10, 10)).lattice
}

type oneMeasure struct{ p event.Picture }

func (m oneMeasure) Picture() event.Picture { return m.p }

// Each section that is withheld is empty and named, and no other is touched.
func TestWithheldSectionsAreEmptyAndNamed(t *testing.T) {
	by := desk.Signed{By: "person/1", Reason: "checked", At: time.Now()}
	whole := fullPicture()
	open := (&Gate{measure: oneMeasure{whole}}).WithLattice(oneSector()).WithPolicy(Policy{}).Picture(Nobody()).Value()
	for _, name := range desk.Sections {
		d := &decisions{desk.NewState(desk.Automatic), time.Now()}
		d.decide(t, &desk.Rule{Block: desk.Section(name), Mode: desk.Withheld, Signed: by})
		g := (&Gate{measure: oneMeasure{whole}}).WithLattice(oneSector()).WithPolicy(Policy{}).WithReleases(d)
		got := g.Picture(Nobody()).Value()
		if !slices.Equal(got.Withheld, []string{name}) || got.Held {
			t.Errorf("%s: withheld %v, held %v", name, got.Withheld, got.Held)
		}
		changed := 0
		for _, other := range desk.Sections {
			if of(&got, other) != of(&open, other) {
				changed++
			}
		}
		if changed != 1 || of(&got, name) != 0 {
			t.Errorf("%s: %d sections changed, %d left of it", name, changed, of(&got, name))
		}
	}
}

// of sums up what a section of a picture tells.
func of(p *event.Picture, section string) (n int64) {
	rows := map[string][]event.Count{"hosting": p.Hosting, "systems": p.HostingAS, "kinds": p.Kinds, "ways": p.Ways, "sectors": p.Sectors, "affected": p.Affected}
	for _, c := range rows[section] {
		n += c.Events
	}
	switch section {
	case "now":
		n = int64(p.Rate+p.WorldRate+p.Average) + p.Today.Attacks + p.World.Attacks + p.HostedIn.Attacks
	case "minutes":
		n = int64(len(p.Minutes))
	case "map":
		n = int64(len(p.Flows)) + p.FlowsRest
	case "hosting":
		n += p.Unconfirmed
	case "coverage":
		n = int64(len(p.Sensors))
	}
	return n
}

func TestOneButtonHoldsTheLivePages(t *testing.T) {
	d := &decisions{desk.NewState(desk.Automatic), time.Now()}
	g := (&Gate{measure: oneMeasure{fullPicture()}}).WithPolicy(Policy{}).WithReleases(d)
	d.decide(t, &desk.Hold{On: true, Signed: desk.Signed{By: "person/1", Reason: "a fault at a sensor", At: time.Now()}})
	held := g.Picture(Nobody()).Value()
	if !held.Held || len(held.Withheld) != len(desk.Sections) {
		t.Errorf("%+v", held)
	}
	for _, name := range desk.Sections {
		if of(&held, name) != 0 {
			t.Errorf("%s is not empty", name)
		}
	}
	if p := g.Picture(OperatorNamed("test")).Value(); p.Held || of(&p, "now") == 0 {
		t.Error("who sees every count is held back too")
	}
	d.decide(t, &desk.Hold{On: false, Signed: desk.Signed{By: "person/1", Reason: "mended", At: time.Now()}})
	if p := g.Picture(Nobody()).Value(); p.Held || len(p.Withheld) != 0 {
		t.Errorf("still held: %+v", p)
	}
}

// A figure is shown to everybody when its period is approved and the embargo is
// over, before that to those who are named; a change needs both of its periods.
func TestFiguresWaitForTheirRelease(t *testing.T) {
	const day = "2026-11-20"
	g := latticeGate(&counts{days: map[string][]event.RollupRow{"2026-11-20": {row(12)}, "2026-11-19": {row(8)}}})
	d := &decisions{desk.NewState(desk.Automatic), g.lattice.Now()}
	g.WithReleases(d)
	by := desk.Signed{By: "person/1", Reason: "checked", At: d.now}
	ask := func(v Viewer, base string) *WithheldError {
		_, err := g.Figure(t.Context(), v, event.FigureQuery{Figure: "attacks", Period: day, Base: base})
		var w *WithheldError
		if err != nil && !errors.As(err, &w) {
			t.Fatal(err)
		}
		return w
	}
	if w := ask(Nobody(), ""); w != nil {
		t.Fatal(w)
	}
	d.decide(t, &desk.Rule{Block: "figure/attacks", Mode: desk.Approval, Signed: by})
	if w := ask(Nobody(), ""); w == nil || w.Why != desk.Unapproved {
		t.Fatal(w)
	}
	from := d.now.Add(time.Hour)
	d.decide(t, &desk.Approved{Block: "figure/attacks", Period: day, From: from, Signed: by})
	if w := ask(Nobody(), ""); w == nil || w.Why != desk.Embargoed || !w.From.Equal(from) {
		t.Fatal(w)
	}
	reader := NewViewer(Attributes{Person: "7", Roles: []Role{Member}})
	if w := ask(reader, ""); w == nil {
		t.Fatal("a member sees it before everybody")
	}
	d.decide(t, &desk.Early{Block: "figure/attacks", Persons: []string{"7"}, Signed: by})
	if w := ask(reader, ""); w != nil {
		t.Fatal(w)
	}
	if w := ask(OperatorNamed("test"), ""); w != nil {
		t.Fatal(w)
	}
	d.now = from
	if w := ask(Nobody(), ""); w != nil {
		t.Fatal(w)
	}
	if w := ask(Nobody(), "previous"); w == nil || w.Why != desk.Unapproved || w.Period == day {
		t.Fatalf("a change tells the base's number: %v", w)
	}
}
