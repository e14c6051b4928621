// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang/event"
	"haidang/identity"
)

func TestSessionTimes(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	busy, idle := signIn(t, i, p, identity.ByOIDC), signIn(t, i, p, identity.ByOIDC)
	for range 13 { // used every 50 minutes for almost 11 hours
		c.t = c.t.Add(50 * time.Minute)
		if _, err := i.Session(ctx, busy); err != nil {
			t.Fatal(c.t, err)
		}
		i = start(t, b, c) // the last use survives a restart
	}
	_, err := i.Session(ctx, idle)
	want(t, "idle for an hour", err, identity.ErrExpired)
	if l := i.Sessions(p); len(l) != 1 || !l[0].Seen.Equal(c.t) {
		t.Errorf("%+v", l)
	}
	c.t = c.t.Add(50 * time.Minute)
	if _, err := i.Session(ctx, busy); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(20 * time.Minute)
	_, err = i.Session(ctx, busy)
	want(t, "after twelve hours", err, identity.ErrExpired)
	signIn(t, i, p, identity.ByOIDC)
	all := must[map[string][]byte](t)(b.List(ctx))
	n := 0
	for key := range all {
		if strings.HasPrefix(key, "session/") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d sessions are kept; those that are over should be gone", n)
	}
}

func TestStepUp(t *testing.T) {
	c := newClock()
	i := start(t, bucket(t), c)
	ctx := t.Context()
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	cookie := signIn(t, i, p, identity.ByOIDC)
	if got := must[identity.Principal](t)(i.Session(ctx, cookie)); got.SteppedUp(c.t) {
		t.Error("stepped up without a passkey")
	}
	fresh, session, err := i.StepUp(ctx, cookie)
	if err != nil || session.StepUp == nil || !session.Expires.Equal(c.t.Add(12*time.Hour)) {
		t.Fatal(session, err)
	}
	_, err = i.Session(ctx, cookie)
	want(t, "the old cookie", err, identity.ErrUnknownToken)
	_, _, err = i.StepUp(ctx, cookie)
	want(t, "the old cookie again", err, identity.ErrUnknownToken)
	got := must[identity.Principal](t)(i.Session(ctx, fresh))
	if !got.SteppedUp(c.t.Add(15*time.Minute-1)) || got.SteppedUp(c.t.Add(15*time.Minute)) || !got.SignedIn.Equal(c.t) {
		t.Errorf("%+v", got)
	}
	if byKey := must[identity.Principal](t)(i.Session(ctx, signIn(t, i, p, identity.ByPasskey))); !byKey.SteppedUp(c.t) {
		t.Error("who came by passkey is not stepped up")
	}
	for _, wrong := range []string{"", "hdk_", fresh[:46], fresh + "A", "hdl_" + fresh[4:], strings.Repeat("x", 1<<16)} {
		_, err := i.Session(ctx, wrong)
		want(t, wrong[:min(len(wrong), 60)], err, identity.ErrUnknownToken)
	}
}

func TestManySessions(t *testing.T) {
	c := newClock()
	i := start(t, bucket(t), c)
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	q := person(t, i, "Bình", identity.Role{Name: identity.RoleAnalyst})
	other := signIn(t, i, q, identity.ByOIDC)
	var cookies []string
	for range 23 {
		c.t = c.t.Add(time.Second)
		cookies = append(cookies, signIn(t, i, p, identity.ByOIDC))
	}
	for n, cookie := range cookies {
		if _, err := i.Session(t.Context(), cookie); (err == nil) != (n >= 3) {
			t.Errorf("session %d: %v", n, err)
		}
	}
	mine := i.Sessions(p)[0].ID
	if err := i.EndSession(t.Context(), q, mine); err != nil || len(i.Sessions(p)) != 20 {
		t.Error("another's session was ended", err)
	}
	if err := i.EndOtherSessions(t.Context(), p, mine); err != nil || len(i.Sessions(p)) != 1 {
		t.Error(len(i.Sessions(p)), err)
	}
	if err := i.EndSession(t.Context(), p, mine); err != nil || len(i.Sessions(p)) != 0 {
		t.Error(len(i.Sessions(p)), err)
	}
	if _, err := i.Session(t.Context(), other); err != nil {
		t.Error("another's session:", err)
	}
}

func TestAccessLife(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	token, a, err := i.CreateAccess(ctx, p, "sổ tay", []string{identity.ScopeEvents, identity.ScopeDatasets, identity.ScopeEvents}, c.t.Add(time.Hour))
	if err != nil || !strings.HasPrefix(token, "hdt_") || len(token) != 44 || len(a.Scopes) != 2 {
		t.Fatal(token, a, err)
	}
	i = start(t, b, c)
	got := must[identity.Principal](t)(i.Token(ctx, token))
	if got.Person != p || !got.May(identity.ScopeEvents) || got.May(identity.ScopeDatasetsWrite) || got.SteppedUp(c.t) || !got.Has(identity.RoleAnalyst) {
		t.Errorf("%+v", got)
	}
	if (identity.Principal{}).May(identity.ScopeFigures) {
		t.Error("a visitor may use a scope")
	}
	c.t = c.t.Add(30 * time.Minute)
	must[identity.Principal](t)(i.Token(ctx, token))
	i = start(t, b, c)
	if l := i.AccessOf(p); len(l) != 1 || l[0].Used == nil || !l[0].Used.Equal(c.t) {
		t.Errorf("%+v", l)
	}
	q := person(t, i, "Bình", identity.Role{Name: identity.RoleAnalyst})
	want(t, "another's token", i.RevokeAccess(ctx, q, a.ID), identity.ErrNotFound)
	c.t = c.t.Add(30 * time.Minute)
	_, err = i.Token(ctx, token)
	want(t, "after an hour", err, identity.ErrExpired)
	for _, wrong := range []string{"", "hdt_", token + "a", token[:43], "hdt_" + strings.Repeat("a", 40), "hds_" + token[4:], "hdo_" + token[4:]} {
		_, err := i.Token(ctx, wrong)
		want(t, wrong, err, identity.ErrUnknownToken)
	}
	for _, bad := range []struct {
		title  string
		name   string
		scopes []string
		end    time.Time
	}{
		{"no name", "", identity.Scopes, c.t.Add(time.Hour)},
		{"no scope", "a", nil, c.t.Add(time.Hour)},
		{"scope", "a", []string{"everything"}, c.t.Add(time.Hour)},
		{"past", "a", identity.Scopes, c.t},
		{"for ever", "a", identity.Scopes, c.t.AddDate(2, 0, 0)},
	} {
		_, _, err := i.CreateAccess(ctx, p, bad.name, bad.scopes, bad.end)
		want(t, bad.title, err, identity.ErrInvalid)
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	ctx := t.Context()
	path, _, err := i.Invite(ctx, identity.Role{Name: identity.RoleAnalyst}, "")
	if err != nil {
		t.Fatal(err)
	}
	first := must[string](t)(i.FirstLink(ctx))
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	cookie := signIn(t, i, p, identity.ByOIDC)
	fresh, _, err := i.StepUp(ctx, signIn(t, i, p, identity.ByOIDC))
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := i.CreateAccess(ctx, p, "a", identity.Scopes, c.t.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	all := must[map[string][]byte](t)(b.List(ctx))
	if len(all) != 7 {
		t.Errorf("%d records", len(all))
	}
	for _, secret := range []string{secretOf(path), secretOf(first), cookie, fresh, token} {
		for key, value := range all {
			if strings.Contains(key+string(value), secret[4:24]) {
				t.Errorf("%s holds a secret", key)
			}
		}
	}
}

func TestAuditComesFirst(t *testing.T) {
	b, c := bucket(t), newClock()
	var log []identity.Action
	var fault error
	i := must[*identity.Identity](t)(identity.New(identity.Config{}, identity.Dependencies{Bucket: b, Now: c.now,
		Record: func(_ context.Context, a identity.Action) error {
			if fault == nil {
				log = append(log, a)
			}
			return fault
		}}))
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := identity.As(t.Context(), "local root")
	org := must[uint32](t)(i.CreateOrganisation(ctx, hospital()))
	p := person(t, i, "An", identity.Role{Name: identity.RoleMember, Organisation: org})
	cookie := signIn(t, i, p, identity.ByOIDC)
	must[string](t)(i.Enrol(ctx, event.Sensor{Name: "s"}))
	must[identity.Network](t)(i.Claim(ctx, org, "AS64500"))
	var got []string
	for _, a := range log {
		got = append(got, fmt.Sprintf("%s %s %d", a.Who, a.What, a.Organisation))
	}
	expect := fmt.Sprintf("local root organisation.create %d| invitation.create %d| invitation.accept %d| session.begin 0|local root sensor.enrol 0|local root network.claim %d", org, org, org, org)
	if s := strings.Join(got, "|"); s != expect {
		t.Errorf("%s\nwant %s", s, expect)
	}
	if raw, err := json.Marshal(log); err != nil || strings.Contains(string(raw), cookie[4:]) {
		t.Error("the audit holds a cookie", err)
	}
	fault = errors.New("the audit log is full")
	want(t, "disable", i.Disable(ctx, p), fault)
	if _, err := i.Session(ctx, cookie); err != nil {
		t.Error("a change that could not be written down took effect:", err)
	}
}

func TestHalfAChange(t *testing.T) {
	b, c := bucket(t), newClock()
	i := start(t, b, c)
	path, _, err := i.Invite(t.Context(), identity.Role{Name: identity.RoleAnalyst}, "")
	if err != nil {
		t.Fatal(err)
	}
	i = start(t, &second{Bucket: b}, c)
	_, err = i.Accept(t.Context(), secretOf(path), identity.Newcomer{Name: "An"})
	want(t, "the second write fails", err, errDisk)
	_, err = i.Invitation(secretOf(path))
	want(t, "the link", err, identity.ErrUsed)
	if len(i.People()) != 0 || len(start(t, b, c).People()) != 0 {
		t.Error("somebody came in whom the bucket does not know")
	}
}

// second is a bucket that is full after one record.
type second struct {
	identity.Bucket
	puts int
}

func (s *second) Put(ctx context.Context, key string, value []byte) error {
	if s.puts++; s.puts > 1 {
		return errDisk
	}
	return s.Bucket.Put(ctx, key, value)
}

// TestManyAtOnce asks, signs in and revokes from many sides; what was revoked is
// refused by every question that begins afterwards.
func TestManyAtOnce(t *testing.T) {
	i := start(t, bucket(t), newClock())
	ctx := t.Context()
	p := person(t, i, "An", identity.Role{Name: identity.RoleAnalyst})
	cookie := signIn(t, i, p, identity.ByOIDC)
	var revoked atomic.Bool
	var all errgroup.Group
	for range 4 {
		all.Go(func() error {
			for range 300 {
				before := revoked.Load()
				if _, err := i.Session(ctx, cookie); before && err == nil {
					return errors.New("a question after the revocation was answered")
				}
			}
			return nil
		})
	}
	all.Go(func() error {
		for range 10 {
			if _, _, err := i.SignIn(ctx, p, identity.ByOIDC, ""); err != nil {
				return err
			}
		}
		err := i.Disable(ctx, p)
		revoked.Store(true)
		return err
	})
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	if n := len(i.Sessions(p)); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func BenchmarkSession(b *testing.B) {
	i := start(b, bucket(b), newClock())
	p := person(b, i, "An", identity.Role{Name: identity.RoleAnalyst})
	cookie := signIn(b, i, p, identity.ByOIDC)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := i.Session(context.Background(), cookie); err != nil {
				b.Fatal(err)
			}
		}
	})
}
