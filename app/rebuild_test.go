// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/app/admin"
	"haidang/event"
	"haidang/store"
)

// counts are the answers that a rebuild must give again.
func counts(t *testing.T, a *App) (out []event.Rollup) {
	t.Helper()
	for _, by := range [][]string{nil, {"affected.country"}, {"hosting.country"}, {"cert.rsit", "cert.way"}, {"observer.name"}} {
		q := event.RollupQuery{By: by, From: event.TimeUnset, To: event.TimeUnset, Stage: event.StageAttempt}
		if len(by) == 1 && by[0] != "observer.name" {
			q.Distinct = []event.DistinctSide{event.DistinctAffected, event.DistinctHosting}
		}
		r, err := newRollups(a.measure, testNow).Rollup(q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// Roll-ups that are lost come back from the records, and counting goes on from
// them: repeats of what was counted before still fold.
func TestRollupsAreRebuiltFromRecords(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token := enrolled(t, a, "hue-1")
	body := logins(300)
	if status, _ := send(t, a, token, "k1", body); status != 200 {
		t.Fatal(status)
	}
	waitFor(t, a, 300)
	want := counts(t, a)
	if want[0].Rows[0].Events == 0 {
		t.Fatal("nothing was counted")
	}
	stop(t, a)

	lose(t, data)
	got, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler))
	if err != nil || got.Records != 300 || got.From != "" {
		t.Fatalf("%+v %v", got, err)
	}
	a = observatory(t, data)
	defer stop(t, a)
	if d := cmp.Diff(want, counts(t, a)); d != "" {
		t.Errorf("after the rebuild (-want +got): %s", d)
	}
	if status, _ := send(t, a, token, "k2", body); status != 200 {
		t.Fatal(status)
	}
	waitFor(t, a, 600)
	again := counts(t, a)
	for deadline := time.Now().Add(time.Minute); again[0].Rows[0].Records < 600 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		again = counts(t, a) // readers see a view that is renewed now and then
	}
	if again[0].Rows[0].Records != 2*want[0].Rows[0].Records || again[0].Rows[0].Events != want[0].Rows[0].Events {
		t.Errorf("repeats do not fold: %+v, before %+v", again[0].Rows, want[0].Rows)
	}
}

// lose drops all roll-ups of a stopped observatory.
func lose(t *testing.T, data string) {
	t.Helper()
	loseOf(t, data, rollupKind)
}

// loseOf drops what is stored of a kind, but for names that records refer to.
func loseOf(t *testing.T, data, kind string) {
	t.Helper()
	a := made(settingsOf(data), slog.New(slog.DiscardHandler))
	if err := a.start(t.Context(), []part{{"data folder", a.startFolder}, {"store", a.startStore}}); err != nil {
		t.Fatal(err)
	}
	slots, err := a.store.Sidecars(kind)
	if err != nil || len(slots) == 0 {
		t.Fatal(len(slots), err)
	}
	c := store.Commit{Position: a.store.Position(), Watermark: a.store.Watermark()}
	for _, s := range slots {
		if s.Key != "names" && s.Key != "sensors" {
			c.Sidecars = append(c.Sidecars, store.Sidecar{Kind: kind, Key: s.Key, Replace: true})
		}
	}
	if err := a.store.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	stop(t, a)
}

// A running observatory is not rebuilt under its feet.
func TestNoRebuildWhileRunning(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	defer stop(t, a)
	if _, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a rebuild beside a running observatory began")
	}
}

func TestDaysOfExpiredRecordsAreKept(t *testing.T) {
	r := rebuild{day: "2026-11-21"}
	for key, keep := range map[string]bool{
		"day/2026-11-20": true, "hour/2026-11-20T23": true, "distinct/2026-11-20": true,
		"day/2026-11-21": false, "hour/2026-11-21T00": false, "names": false, "fold": false,
	} {
		if r.keeps(key) != keep {
			t.Errorf("%s: kept %v", key, !keep)
		}
	}
	r.since = 100
	var b event.Batch
	for _, at := range []event.Time{50, 100, 150} {
		var e event.Event
		e.Reset()
		e.Time = at
		b.Append(&e)
	}
	if got := r.fresh(&b); got.Rows() != 2 || got.Time[0] != 100 {
		t.Errorf("%v", got.Time)
	}
}

// waitFor waits until so many records are counted.
func waitFor(t *testing.T, a *App, records int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); count(t, a) < records; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d records are stored", count(t, a), records)
		}
	}
}

// What its source did not agree to let count is in no figure, live or rebuilt;
// the sensor is seen to be at work all the same.
func TestSourcesThatDidNotAgreeAreInNoFigure(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		admin.NewSensor{Sensor: event.Sensor{Name: "hue-1", Country: "VN"}})
	if err != nil {
		t.Fatal(err)
	}
	no, label := false, "TLP:AMBER+STRICT"
	if _, err := admin.Call[admin.Agreement](t.Context(), admin.Local(a.administration()), admin.MethodAgreement,
		admin.ChangeAgreement{Sensor: "hue-1", Label: &label, CountsOpen: &no}); err != nil {
		t.Fatal(err)
	}
	if status, _ := send(t, a, token.Token, "k1", logins(50)); status != 200 {
		t.Fatal(status)
	}
	waitFor(t, a, 50)
	for deadline := time.Now().Add(time.Minute); len(a.measure.Picture().Sensors) == 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	none := func(a *App) {
		t.Helper()
		for _, r := range counts(t, a)[:4] {
			if len(r.Rows) != 0 {
				t.Errorf("counted: %+v", r.Rows)
			}
		}
		if p := a.measure.Picture(); p.World.Attacks != 0 || len(p.Sensors) != 1 || p.Sensors[0].LastSeen == 0 {
			t.Errorf("world %+v, sensors %+v", p.World, p.Sensors)
		}
	}
	none(a)
	stop(t, a)
	if got, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler)); err != nil || got.Records != 50 {
		t.Fatalf("%+v %v", got, err)
	}
	a = observatory(t, data)
	defer stop(t, a)
	none(a)
}
