// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"strings"
	"testing"

	"haidang/app/admin"
	"haidang/audit"
)

// People are invited, get roles and lose them, by methods that the log tells of.
func TestPeopleByCommand(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	local := admin.Local(a.administration())
	org, person, _ := hospital(t, a)
	call := func(method string, in any, fails bool) {
		t.Helper()
		if _, err := admin.Call[any](t.Context(), local, method, in); (err != nil) != fails {
			t.Errorf("%s %+v: %v", method, in, err)
		}
	}
	l, err := admin.Call[admin.Link](t.Context(), local, admin.MethodPersonInvite, admin.NewPerson{Role: "steward", Organisation: org})
	if err != nil || !strings.HasPrefix(l.URL, a.Address()+"/account/link#hdl_") || !l.Expires.After(a.now()) {
		t.Errorf("%+v, %v", l, err)
	}
	call(admin.MethodPersonGrant, admin.ChangeRole{Person: person.ID, Role: "analyst"}, false)
	call(admin.MethodPersonGrant, admin.ChangeRole{Person: person.ID, Role: "emperor"}, true)
	if got := rolesOf(t, local, person.ID); !slices.Equal(got, []string{"member of 100000", "analyst"}) {
		t.Errorf("%v", got)
	}
	call(admin.MethodPersonWithdraw, admin.ChangeRole{Person: person.ID, Role: "analyst"}, false)
	call(admin.MethodPersonWithdraw, admin.ChangeRole{Person: person.ID, Role: "analyst"}, true)
	call(admin.MethodPersonReadmit, admin.Person{ID: person.ID}, false)
	call(admin.MethodPersonDisable, admin.Person{ID: person.ID}, false)
	if p, _ := a.identity.Person(person.ID); p.Disabled == nil {
		t.Error("the person is not disabled")
	}
	call(admin.MethodPersonEnable, admin.Person{ID: person.ID}, false)
	p, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{Action: audit.Person})
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, e := range p.Entries {
		if e.Outcome == audit.Failed {
			failed++
		}
		if slices.Contains(e.Object.IDs, person.ID) {
			t.Errorf("the log names the person: %+v", e)
		}
	}
	if failed != 2 {
		t.Errorf("%d failures are in the log", failed)
	}
}

func rolesOf(t *testing.T, c admin.Caller, id string) []string {
	t.Helper()
	list, err := admin.Call[[]admin.Person](t.Context(), c, admin.MethodPersonList, admin.None{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.ID == id {
			return p.Roles
		}
	}
	return nil
}
