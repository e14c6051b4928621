// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"testing"
	"time"

	"haidang/event"
	desk "haidang/release"
)

// lossGate has sensors' hours at a quarter past ten.
func lossGate(list ...SensorHour) *Gate {
	now := time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)
	return (&Gate{}).WithPolicy(Policy{}).WithLattice(Lattice{
		Now: func() time.Time { return now },
		Losses: func(from, to time.Time) (out []SensorHour) {
			for _, h := range list {
				if !h.Start.Before(from) && h.Start.Before(to) {
					out = append(out, h)
				}
			}
			return out
		},
	})
}

func losses(t *testing.T, g *Gate, v Viewer) []event.LossHour {
	t.Helper()
	r, err := g.Losses(v)
	if err != nil {
		t.Fatal(err)
	}
	return r.Value()
}

// Everybody sees the losses of an hour in which sensors of three organisations sent
// something and none can be told from the rest; who sees every count sees all.
func TestLossesTellOfNoSingleOrganisation(t *testing.T) {
	nine := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	of := func(owner uint32, received int64) SensorHour {
		return SensorHour{Owner: owner, Start: nine, Received: received, Late: 1, Quarantined: 2, Shed: 3, Drops: 4, Refused: 5}
	}
	for _, c := range []struct {
		name string
		list []SensorHour
		open bool
	}{
		{"three organisations", []SensorHour{of(1, 50), of(2, 40), of(3, 30)}, true},
		{"two", []SensorHour{of(1, 50), of(2, 40)}, false},
		{"two, one with many sensors", []SensorHour{of(1, 50), of(2, 40), of(2, 40), of(2, 40)}, false},
		{"two and some that nobody knows the owner of", []SensorHour{of(1, 50), of(2, 40), of(0, 40)}, false},
		{"three, the third of which sent nothing", []SensorHour{of(1, 50), of(2, 40), of(3, 0)}, false},
		{"three, one of which sends nearly all", []SensorHour{of(1, 1000), of(2, 40), of(3, 30)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := lossGate(c.list...)
			open, all := losses(t, g, Nobody())[lossHours-1], losses(t, g, OperatorNamed("test"))[lossHours-1]
			n := int64(len(c.list))
			if all.Hidden || all.Late != n || all.Lost() != 9*n || all.Refused != 5*n {
				t.Errorf("an operator sees %+v", all)
			}
			want := all
			if !c.open {
				want = event.LossHour{Start: all.Start, Sensors: all.Sensors, Hidden: true}
			}
			if open != want {
				t.Errorf("everybody sees %+v, not %+v", open, want)
			}
		})
	}
}

// Only closed hours are told, the last 24 of them; that nothing came is told too.
func TestLossesAreOfClosedHours(t *testing.T) {
	var list []SensorHour
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	for _, start := range []time.Time{at(20, 9), at(20, 10), at(21, 9), at(21, 10)} {
		for owner := range uint32(4) {
			list = append(list, SensorHour{Owner: owner + 1, Start: start, Received: 10})
		}
	}
	got := losses(t, lossGate(list...), Nobody())
	if len(got) != 24 || got[0].Start != event.TimeOf(at(20, 10)) || got[23].Start != event.TimeOf(at(21, 9)) {
		t.Fatalf("%+v", got)
	}
	for i, h := range got {
		want := event.LossHour{Start: h.Start}
		if i == 0 || i == 23 {
			want.Sensors, want.Received = 4, 40
		}
		if h != want {
			t.Errorf("hour %d: %+v, not %+v", i, h, want)
		}
	}
}

// The section "coverage" of the live pages holds the losses back too.
func TestLossesWaitForTheReleaseDesk(t *testing.T) {
	g := lossGate()
	d := &decisions{desk.NewState(desk.Automatic), g.lattice.Now()}
	g.WithReleases(d)
	if _, err := g.Losses(Nobody()); err != nil {
		t.Fatal(err)
	}
	d.decide(t, &desk.Rule{Block: desk.Section("coverage"), Mode: desk.Withheld, Signed: desk.Signed{By: "person/1", Reason: "checked", At: d.now}})
	var withheld *WithheldError
	if _, err := g.Losses(Nobody()); !errors.As(err, &withheld) {
		t.Errorf("not withheld: %v", err)
	}
	if _, err := g.Losses(OperatorNamed("test")); err != nil {
		t.Error(err)
	}
}
