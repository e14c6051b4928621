// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/event"
	"haidang/identity"
)

// Whose a sensor is, and under which ministry, holds from the next question on,
// although what sensors did is remembered for some seconds.
func TestWhoseASensorIsHoldsAtOnce(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token := enrolled(t, a, "hue-1")
	status, batch := send(t, a, token, "once", logins(20))
	if status != 200 {
		t.Fatal(status)
	}
	committed(t, a, "hue-1", batch)
	ctx := identity.As(t.Context(), "an-analyst")
	organisation := func(name string, parent uint32) uint32 {
		id, err := a.identity.CreateOrganisation(ctx, identity.Organisation{Name: identity.Name{VI: name}, Type: "other", Parent: parent})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	work := newSensorWork(a, a.measure)
	from, to := event.TimeOf(testNow().Add(-time.Hour)), event.TimeOf(testNow().Add(time.Hour))
	owner := func() uint32 {
		all, err := work.of(from, to, event.StageAttempt)
		if err != nil || len(all) != 1 || all[0].Sensor != "hue-1" || all[0].Events == 0 {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0].Owner
	}
	if got := owner(); got != 0 {
		t.Errorf("nobody's sensor is of %d", got)
	}
	hospital := organisation("Bệnh viện", 0)
	agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1", Owner: &hospital})
	if got := owner(); got != hospital {
		t.Errorf("agreed with %d, told of %d", hospital, got)
	}
	ministry := organisation("Bộ", 0)
	below := organisation("Trường", ministry)
	if got := owner(); got != hospital {
		t.Errorf("other organisations made it %d's", got)
	}
	agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1", Owner: &below})
	if got := owner(); got != ministry {
		t.Errorf("agreed with one of %d's, told of %d", ministry, got)
	}
	o, ok := a.identity.Organisation(hospital)
	if !ok {
		t.Fatal("the hospital is not known")
	}
	agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1", Owner: &hospital})
	if got := owner(); got != hospital {
		t.Errorf("agreed with %d again, told of %d", hospital, got)
	}
	o.Parent = ministry
	if err := a.identity.UpdateOrganisation(ctx, o); err != nil {
		t.Fatal(err)
	}
	if got := owner(); got != ministry {
		t.Errorf("the hospital came under %d, told of %d", ministry, got)
	}
}
