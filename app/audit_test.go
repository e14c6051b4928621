// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/event"
)

// What the administration does is in the log before its answer is out; a
// person's name is not.
func TestAdministrationIsAudited(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	local := admin.Local(a.administration())
	enrolled(t, a, "hue-1")
	const person = "canary-nguyen-van-an"
	for _, c := range []struct {
		method string
		in     any
		fails  bool
	}{
		{admin.MethodTokenCreate, admin.NewToken{Name: person, Role: "operator"}, false},
		{admin.MethodTokenRevoke, admin.Name{Name: person}, false},
		{admin.MethodSensorRevoke, admin.Name{Name: "nobody"}, true},
		{admin.MethodQuarantineList, admin.QuarantineQuery{Sensor: "hue-1"}, false},
		{admin.MethodSensorEnrol, event.Sensor{Name: "Người gác"}, true},
	} {
		if _, err := admin.Call[any](t.Context(), local, c.method, c.in); (err != nil) != c.fails {
			t.Fatalf("%s: %v", c.method, err)
		}
	}
	p, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Action  audit.Action
		Outcome audit.Outcome
		Kind    string
	}
	var got []line
	for _, e := range p.Entries {
		got = append(got, line{e.Action, e.Outcome, e.Object.Kind})
	}
	want := []line{
		{audit.Sensor, audit.Failed, "sensor"}, {audit.Quarantine, audit.Done, "quarantine"}, {audit.Sensor, audit.Failed, "sensor"},
		{audit.Token, audit.Done, "token"}, {audit.Token, audit.Done, "token"}, {audit.Sensor, audit.Done, "sensor"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	who, err := AuditPseudonym(a.folder.path, person)
	if err != nil || len(p.Entries) < 4 || p.Entries[3].Object.IDs[0] != string(who) {
		t.Errorf("an auditor cannot ask for the person: %v, %v", who, err)
	}
	err = filepath.WalkDir(a.folder.join("audit"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(person)) || bytes.Contains(data, []byte("Người")) {
			t.Errorf("%s names a person", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without the log there is no answer: no token leaves that nobody noted.
func TestNoAnswerWithoutANote(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	if err := a.audit.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodTokenCreate, admin.NewToken{Name: "an", Role: "operator"})
	if err == nil || got.Token != "" {
		t.Errorf("%q, %v", got.Token, err)
	}
}
