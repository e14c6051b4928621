// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/identity"
)

// hospital is an organisation that passes every check.
func hospital() identity.Organisation {
	return identity.Organisation{
		Name: identity.Name{VI: "Bệnh viện A", EN: "Hospital A"}, Type: "hospital", Sector: event.SectorHealth,
		Band: event.BandLarge, Province: "VN-HN", Communities: []string{"health"},
		Contacts: []identity.Contact{{Email: "soc@a.example.vn", Language: "vi", Kinds: []string{"fraud"}, Severity: 3}},
	}
}

// person takes somebody in by a link and gives their id.
func person(t testing.TB, i *identity.Identity, name string, r identity.Role) string {
	t.Helper()
	path, _, err := i.Invite(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := i.Accept(t.Context(), secretOf(path), identity.Newcomer{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func secretOf(path string) string { return strings.TrimPrefix(path, identity.LinkPath) }

func signIn(t testing.TB, i *identity.Identity, person, way string) string {
	t.Helper()
	cookie, _, err := i.SignIn(t.Context(), person, way, "Test/1.0")
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

func TestInvitationToPrincipal(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := identity.As(t.Context(), "local root")
	client := must[uint32](t)(i.CreateOrganisation(ctx, identity.Organisation{Name: identity.Name{VI: "Trạm y tế"}, Type: "hospital"}))
	h := hospital()
	h.Clients, h.StateBody = []uint32{client}, true
	org := must[uint32](t)(i.CreateOrganisation(ctx, h))
	path, v, err := i.Invite(ctx, identity.Role{Name: identity.RoleSteward, Organisation: org}, "Chị An")
	if err != nil || v.By != "local root" || v.Expires != c.t.Add(7*24*time.Hour) {
		t.Fatal(v, err)
	}
	i = start(t, b, c)
	if peek := must[identity.Invitation](t)(i.Invitation(secretOf(path))); peek.ID != v.ID || peek.Role.Organisation != org {
		t.Errorf("%+v", peek)
	}
	p := must[identity.Person](t)(i.Accept(ctx, secretOf(path), identity.Newcomer{Name: " An ", Email: "an@a.example.vn", Languages: []string{"en", "vi"}}))
	_, err = i.Accept(ctx, secretOf(path), identity.Newcomer{Name: "Binh"})
	want(t, "a used link", err, identity.ErrUsed)
	_, err = i.Invitation(secretOf(path))
	want(t, "a used link, looked at", err, identity.ErrUsed)
	cookie := signIn(t, i, p.ID, identity.ByLink)

	i = start(t, b, c) // all of it is in the bucket
	got := must[identity.Principal](t)(i.Session(ctx, cookie))
	expect := identity.Principal{
		Person: p.ID, Name: "An", Languages: []string{"en", "vi"}, Roles: []identity.Role{{Name: "steward", Organisation: org}},
		Organisations: []uint32{org}, Clients: []uint32{client}, StateBody: true, Communities: []string{"health"},
		Sectors: []event.Sector{event.SectorHealth}, Session: got.Session, Way: identity.ByLink, SignedIn: c.t,
	}
	if d := cmp.Diff(expect, got); d != "" {
		t.Error(d)
	}
	for role, has := range map[string]bool{identity.RoleSteward: true, identity.RoleMember: true, identity.RoleAnalyst: false} {
		if got.HasIn(role, org) != has || got.HasIn(role, client) || got.Has(role) {
			t.Errorf("role %s", role)
		}
	}
	if o, ok := i.Organisation(org); !ok || o.Sector != event.SectorHealth || o.Band != event.BandLarge || o.Country != "VN" {
		t.Errorf("%+v", o)
	}

	// A second role, for who is signed in.
	path, _, err = i.Invite(ctx, identity.Role{Name: identity.RoleMember, Organisation: client}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.AcceptAs(ctx, secretOf(path), p.ID); err != nil {
		t.Fatal(err)
	}
	if got = must[identity.Principal](t)(i.Session(ctx, cookie)); !slices.Equal(got.Organisations, []uint32{client, org}) || !slices.Equal(got.Teams, []uint32{org}) {
		t.Errorf("%+v", got)
	}
	if err := i.DisableOrganisation(ctx, org); err != nil {
		t.Fatal(err)
	}
	if got = must[identity.Principal](t)(i.Session(ctx, cookie)); !slices.Equal(got.Organisations, []uint32{client}) || got.Teams != nil || got.StateBody {
		t.Errorf("with an organisation disabled: %+v", got)
	}
}

func TestLinksEnd(t *testing.T) {
	c := newClock()
	i := start(t, bucket(t), c)
	ctx := t.Context()
	analyst := identity.Role{Name: identity.RoleAnalyst}
	path, _, err := i.Invite(ctx, analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "hdl_", secretOf(path)[:46], secretOf(path) + "A", "hdk_" + secretOf(path)[4:], strings.Repeat("x", 47)} {
		_, err := i.Accept(ctx, wrong, identity.Newcomer{Name: "A"})
		want(t, wrong, err, identity.ErrUnknownToken)
	}
	_, err = i.Accept(ctx, secretOf(path), identity.Newcomer{Name: "a\nb"})
	want(t, "name", err, identity.ErrInvalid)
	c.t = c.t.Add(7 * 24 * time.Hour)
	_, err = i.Accept(ctx, secretOf(path), identity.Newcomer{Name: "A"})
	want(t, "after a week", err, identity.ErrExpired)

	path, v, err := i.Invite(ctx, analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Uninvite(ctx, v.ID); err != nil {
		t.Fatal(err)
	}
	_, err = i.Accept(ctx, secretOf(path), identity.Newcomer{Name: "A"})
	want(t, "uninvited", err, identity.ErrUnknownToken)
	want(t, "uninvited twice", i.Uninvite(ctx, v.ID), identity.ErrNotFound)

	// A link back in is for one person only, and not for who is disabled.
	an, binh := person(t, i, "An", analyst), person(t, i, "Bình", analyst)
	path, _, err = i.Readmit(ctx, an)
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.AcceptAs(ctx, secretOf(path), binh)
	want(t, "somebody else's link", err, identity.ErrInvalid)
	if err := i.Disable(ctx, an); err != nil {
		t.Fatal(err)
	}
	_, err = i.Accept(ctx, secretOf(path), identity.Newcomer{})
	want(t, "disabled", err, identity.ErrRevoked)
	if err := i.Enable(ctx, an); err != nil {
		t.Fatal(err)
	}
	p := must[identity.Person](t)(i.Accept(ctx, secretOf(path), identity.Newcomer{}))
	if p.ID != an || p.Name != "An" || len(i.People()) != 2 {
		t.Errorf("%+v", p)
	}
}

func TestFirstLink(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	first := must[string](t)(i.FirstLink(ctx))
	second := must[string](t)(i.FirstLink(ctx)) // a second start without any person
	if !strings.HasPrefix(second, identity.LinkPath+identity.LinkPrefix) || first == second {
		t.Errorf("%q %q", first, second)
	}
	_, err := i.Accept(ctx, secretOf(first), identity.Newcomer{Name: "An"})
	want(t, "the link of an earlier start", err, identity.ErrUnknownToken)
	p := must[identity.Person](t)(i.Accept(ctx, secretOf(second), identity.Newcomer{Name: "An"}))
	if !slices.Equal(p.Roles, []identity.Role{{Name: identity.RoleOperator}}) {
		t.Errorf("%+v", p)
	}
	// They cannot sign in yet: the next start offers another link.
	third := must[string](t)(i.FirstLink(ctx))
	if err := i.LinkSubject(ctx, p.ID, identity.Subject{Issuer: "https://id.example.vn", Subject: "1"}); err != nil {
		t.Fatal(err)
	}
	_, err = i.Accept(ctx, secretOf(third), identity.Newcomer{Name: "Mallory"})
	want(t, "a first link when there is an operator", err, identity.ErrUsed)
	if again := must[string](t)(i.FirstLink(ctx)); again != "" {
		t.Errorf("%q", again)
	}
	i = start(t, b, c)
	if again := must[string](t)(i.FirstLink(ctx)); again != "" || len(i.People()) != 1 {
		t.Errorf("%q", again)
	}
}

func TestWaysIn(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	an := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	binh := person(t, i, "Bình", identity.Role{Name: identity.RoleAnalyst})
	google := identity.Subject{Issuer: "https://accounts.example", Subject: "42"}
	if err := i.LinkSubject(ctx, an, google); err != nil {
		t.Fatal(err)
	}
	if err := i.LinkSubject(ctx, an, google); err != nil {
		t.Error("linked twice:", err)
	}
	want(t, "another's account", i.LinkSubject(ctx, binh, google), identity.ErrExists)
	key := identity.Passkey{ID: []byte{1, 2}, Name: "điện thoại", Data: json.RawMessage(`{"a":1}`)}
	if err := i.AddPasskey(ctx, an, key); err != nil {
		t.Fatal(err)
	}
	want(t, "another's passkey", i.AddPasskey(ctx, binh, key), identity.ErrExists)
	c.t = c.t.Add(time.Hour)
	if err := i.UsePasskey(ctx, an, key.ID, json.RawMessage(`{"a":2}`)); err != nil {
		t.Fatal(err)
	}
	i = start(t, b, c)
	p, ok := i.PersonBySubject(google)
	if !ok || p.ID != an || len(p.Passkeys) != 1 || string(p.Passkeys[0].Data) != `{"a":2}` || !p.Passkeys[0].Used.Equal(c.t) {
		t.Errorf("%+v", p)
	}
	if _, ok := i.PersonBySubject(identity.Subject{Issuer: "https://other.example", Subject: "42"}); ok {
		t.Error("the same subject of another provider")
	}
	if err := i.UnlinkSubject(ctx, an, google); err != nil {
		t.Fatal(err)
	}
	want(t, "the last way in", i.RemovePasskey(ctx, an, key.ID), identity.ErrInvalid)
	want(t, "a passkey that is not there", i.RemovePasskey(ctx, an, []byte{9}), identity.ErrNotFound)
	if _, ok := i.PersonBySubject(google); ok {
		t.Error("an unlinked account lets in")
	}
	for n := range 15 {
		if err := i.AddPasskey(ctx, an, identity.Passkey{ID: []byte{byte(n), 7}, Name: "x", Data: json.RawMessage(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "a 17th passkey", i.AddPasskey(ctx, an, identity.Passkey{ID: []byte{99}, Name: "x", Data: json.RawMessage(`{}`)}), identity.ErrInvalid)
}

func TestRevocationTakesEffectAtOnce(t *testing.T) {
	role := func(name string, org uint32) identity.Role { return identity.Role{Name: name, Organisation: org} }
	for name, revoke := range map[string]func(context.Context, *identity.Identity, string, uint32) error{
		"person": func(ctx context.Context, i *identity.Identity, p string, _ uint32) error { return i.Disable(ctx, p) },
		"organisation": func(ctx context.Context, i *identity.Identity, _ string, o uint32) error {
			return i.DisableOrganisation(ctx, o)
		},
		"session and token": func(ctx context.Context, i *identity.Identity, p string, _ uint32) error {
			return errors.Join(i.EndOtherSessions(ctx, p, ""), i.RevokeAccess(ctx, p, i.AccessOf(p)[0].ID))
		},
	} {
		i := start(t, bucket(t), newClock())
		ctx := t.Context()
		org := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
		p := person(t, i, "An", role(identity.RoleMember, org))
		cookie := signIn(t, i, p, identity.ByOIDC)
		token, _, err := i.CreateAccess(ctx, p, "script", []string{identity.ScopeEvents}, newClock().t.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		told := i.Changed()
		if err := revoke(ctx, i, p, org); err != nil {
			t.Fatal(name, err)
		}
		if _, err := i.Session(ctx, cookie); err == nil {
			t.Errorf("%s: the session lives on", name)
		}
		if _, err := i.Token(ctx, token); !errors.Is(err, identity.ErrRevoked) {
			t.Errorf("%s: the token: %v", name, err)
		}
		select {
		case <-told:
		default:
			t.Errorf("%s: who waits is not told", name)
		}
	}
}

func TestWithdrawnRole(t *testing.T) {
	i := start(t, bucket(t), newClock())
	ctx := t.Context()
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	if err := i.Grant(ctx, p, identity.Role{Name: identity.RoleAuditor}); err != nil {
		t.Fatal(err)
	}
	cookie := signIn(t, i, p, identity.ByPasskey)
	if err := i.Withdraw(ctx, p, identity.Role{Name: identity.RoleAnalyst}); err != nil {
		t.Fatal(err)
	}
	got := must[identity.Principal](t)(i.Session(ctx, cookie))
	if got.Has(identity.RoleAnalyst) || !got.Has(identity.RoleAuditor) {
		t.Errorf("%+v", got.Roles)
	}
	want(t, "withdrawn twice", i.Withdraw(ctx, p, identity.Role{Name: identity.RoleAnalyst}), identity.ErrNotFound)
	for _, r := range []identity.Role{{Name: "king"}, {Name: identity.RoleAnalyst, Organisation: 7}, {Name: identity.RoleMember}, {Name: identity.RoleMember, Organisation: 99}, {Name: identity.RoleVisitor}} {
		want(t, r.String(), i.Grant(ctx, p, r), identity.ErrInvalid)
		_, _, err := i.Invite(ctx, r, "")
		want(t, "invited as "+r.String(), err, identity.ErrInvalid)
	}
	want(t, "nobody", i.Disable(ctx, "nobody"), identity.ErrNotFound)
}

func TestShownTo(t *testing.T) {
	p := identity.Person{ID: "a", Name: "An", Email: "an@example.vn", Subjects: []identity.Subject{{Issuer: "i", Subject: "s"}},
		Roles: []identity.Role{{Name: "member", Organisation: 1}, {Name: "member", Organisation: 2}}}
	for name, c := range map[string]struct {
		viewer identity.Principal
		email  bool
		roles  int
	}{
		"self":      {identity.Principal{Person: "a"}, true, 2},
		"analyst":   {identity.Principal{Person: "b", Roles: []identity.Role{{Name: "analyst"}}}, true, 2},
		"colleague": {identity.Principal{Person: "b", Organisations: []uint32{1}, Roles: []identity.Role{{Name: "member", Organisation: 1}}}, false, 1},
		"visitor":   {identity.Principal{}, false, 0},
	} {
		got := p.ShownTo(c.viewer)
		if (got.Email != "") != c.email || len(got.Roles) != c.roles || (len(got.Subjects) > 0) != c.email {
			t.Errorf("%s sees %+v", name, got)
		}
	}
	if len(p.Roles) != 2 || p.Roles[0].Organisation != 1 {
		t.Error("looking changes the person")
	}
}
