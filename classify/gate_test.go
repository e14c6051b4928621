// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"haidang/event"
)

// answers is a neighbour that gives fixed answers and counts who was asked.
type answers struct {
	picture event.Picture
	asked   int
}

func (a *answers) Picture() event.Picture { return a.picture }
func (a *answers) Events(context.Context, event.Query) (Page, error) {
	a.asked++
	return Page{Next: "x"}, nil
}
func (a *answers) Count(context.Context, event.Query, []event.Metric) ([]int64, error) {
	a.asked++
	return []int64{1}, nil
}
func (a *answers) Aggregate(context.Context, event.Aggregate, int) ([]event.Cell, error) {
	a.asked++
	return []event.Cell{{Group: []string{"VN"}}}, nil
}
func (a *answers) Batch(context.Context, string, time.Duration) (BatchState, error) {
	return BatchState{Sensor: "hue-1", Stored: 3}, nil
}
func (a *answers) Rejects(context.Context, RejectQuery) (RejectPage, error) {
	a.asked++
	return RejectPage{}, nil
}
func (a *answers) Sensors(context.Context) ([]SensorReport, error) {
	a.asked++
	return nil, nil
}
func (a *answers) Accounting(context.Context, string, time.Time, time.Time) ([]Hour, error) {
	a.asked++
	return nil, nil
}

// Every question but the picture is closed to visitors, and the store is never
// even asked, so that time and errors tell nothing either.
func TestVisitorsMayOnlySeeThePicture(t *testing.T) {
	a := &answers{}
	g := NewGate(a, a, a)
	ctx := t.Context()
	ask := map[string]func(Viewer) error{
		"events":     func(v Viewer) error { _, err := g.Events(ctx, v, event.Query{}); return err },
		"count":      func(v Viewer) error { _, err := g.Count(ctx, v, event.Query{}, nil); return err },
		"aggregate":  func(v Viewer) error { _, err := g.Aggregate(ctx, v, event.Aggregate{}, 1); return err },
		"rejects":    func(v Viewer) error { _, err := g.Rejects(ctx, v, RejectQuery{}); return err },
		"accounting": func(v Viewer) error { _, err := g.Accounting(ctx, v, "", time.Time{}, time.Time{}); return err },
		"sensors":    func(v Viewer) error { _, err := g.Sensors(ctx, v); return err },
		"batch":      func(v Viewer) error { _, err := g.Batch(ctx, v, "b", 0); return err },
	}
	for _, name := range slices.Sorted(maps.Keys(ask)) {
		if err := ask[name](Nobody()); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: visitor got %v", name, err)
		}
	}
	if a.asked != 0 {
		t.Errorf("the store was asked %d times for a visitor", a.asked)
	}
	for _, name := range slices.Sorted(maps.Keys(ask)) {
		if err := ask[name](OperatorNamed("an")); err != nil {
			t.Errorf("%s: operator got %v", name, err)
		}
	}
}

func TestABatchIsItsSendersOnly(t *testing.T) {
	a := &answers{}
	g := NewGate(a, a, a)
	if r, err := g.Batch(t.Context(), SensorNamed("hue-1"), "b", 0); err != nil || r.Value().Stored != 3 {
		t.Errorf("own batch: %v %v", r.Value(), err)
	}
	if r, err := g.Batch(t.Context(), SensorNamed("other"), "b", 0); !errors.Is(err, ErrNotFound) || r.Value().Stored != 0 {
		t.Errorf("other's batch: %v %v", r.Value(), err)
	}
}

func TestPublicPicture(t *testing.T) {
	a := &answers{picture: event.Picture{
		Home:  event.MustCountry("VN"),
		Today: event.Totals{Attacks: 5},
		Sensors: []event.SensorState{
			{Name: "hue-1", Country: event.MustCountry("VN"), Rate: 3, Drops: 4, LastSeen: 9, Covers: "BV Huế"},
			{Name: "hue-2", Country: event.MustCountry("VN"), LastSeen: 11, Silent: true},
		},
	}}
	g := NewGate(a, a, a)
	p := g.Picture(Nobody()).Value()
	if p.Sectors != nil || p.SectorDay.IsSet() {
		t.Errorf("sectors %+v of a day that nobody released", p.Sectors)
	}
	wantSensors := []event.SensorState{
		{Country: event.MustCountry("VN"), Sensors: 2, SilentSensors: 1, LastSeen: 11},
	}
	if !reflect.DeepEqual(p.Sensors, wantSensors) {
		t.Errorf("sensors %+v", p.Sensors)
	}
	if g.Picture(OperatorNamed("an")).Value().Sensors[0].Name != "hue-1" {
		t.Error("the operator does not see sensors")
	}
}

// Every field of the picture is either copied on purpose or dropped; this
// fails when a field is added and nobody has decided.
func TestEveryPictureFieldIsDecided(t *testing.T) {
	decided := []string{
		"At", "Home", "DayStart", "Replay", "Rate", "WorldRate", "LastEvent", "Today", "World",
		"Average", "Hosting", "Unconfirmed", "HostingAS", "HostedIn", "Affected", "Kinds", "Ways",
		"Sectors", "SectorDay", "Minutes", "Flows", "FlowsRest", "Sensors", "Watermark", "Withheld", "Held",
	}
	have := map[string]bool{}
	for _, n := range decided {
		have[n] = true
	}
	typ := reflect.TypeFor[event.Picture]()
	for i := range typ.NumField() {
		if n := typ.Field(i).Name; !have[n] {
			t.Errorf("Picture.%s: decide in publicPicture whether visitors may see it, then list it here", n)
		}
	}
}

func TestHourIdentity(t *testing.T) {
	h := Hour{Received: 10, Stored: 5, Duplicate: 2, Shed: 1,
		Quarantined: map[event.Reason]int64{event.ReasonNotJSON: 2}}
	if !h.Balanced() {
		t.Error("10 = 5 + 2 + 1 + 2 does not balance")
	}
	h.Stored++
	if h.Balanced() {
		t.Error("11 records out of 10 balance")
	}
}
