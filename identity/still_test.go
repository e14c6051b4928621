// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"
	"time"

	"haidang/identity"
)

// Still follows every change of rights, and does not keep a session alive.
func TestStill(t *testing.T) {
	c := newClock()
	i := start(t, bucket(t), c)
	ctx := t.Context()
	org := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	p := person(t, i, "An", identity.Role{Name: identity.RoleMember, Organisation: org})
	cookie := signIn(t, i, p, identity.ByPasskey)
	session := must[identity.Principal](t)(i.Session(ctx, cookie))
	token, access, err := i.CreateAccess(ctx, p, "script", []string{identity.ScopeEvents}, c.t.Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	script := must[identity.Principal](t)(i.Token(ctx, token))
	operator := must[identity.Principal](t)(i.Operator(must[string](t)(i.CreateToken(ctx, "op", identity.RoleOperator, c.t.Add(10*time.Minute)))))
	all := func(errs ...error) {
		t.Helper()
		for n, who := range []identity.Principal{session, script, operator} {
			_, err := i.Still(who)
			want(t, "principal", err, errs[n])
		}
	}
	all(nil, nil, nil)
	if s := must[identity.Principal](t)(i.Still(session)); !s.SteppedUp(c.t) || s.Session != session.Session || len(s.Scopes) != 0 {
		t.Errorf("%+v", s)
	}
	if s := must[identity.Principal](t)(i.Still(script)); len(s.Scopes) != 1 || s.Token != script.Token {
		t.Errorf("%+v", s)
	}
	if err := i.DisableOrganisation(ctx, org); err != nil {
		t.Fatal(err)
	}
	all(identity.ErrRevoked, identity.ErrRevoked, nil)
	if err := i.EnableOrganisation(ctx, org); err != nil {
		t.Fatal(err)
	}
	if err := i.RevokeAccess(ctx, p, access.ID); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(20 * time.Minute)
	all(nil, identity.ErrRevoked, identity.ErrExpired)
	for range 5 { // asked again and again, the session still ends for want of use
		c.t = c.t.Add(10 * time.Minute)
		_, _ = i.Still(session)
	}
	all(identity.ErrExpired, identity.ErrRevoked, identity.ErrExpired)
	if err := i.RevokeToken(ctx, "op"); err == nil {
		all(identity.ErrExpired, identity.ErrRevoked, identity.ErrRevoked)
	}
	if _, err := i.Still(identity.Principal{}); err == nil {
		t.Error("nobody is somebody")
	}
}
