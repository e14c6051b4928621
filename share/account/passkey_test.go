// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"haidang/identity"
)

func TestPasskeyLife(t *testing.T) {
	r := newRig(t, Config{})
	b, person := r.invited("An", analyst)
	key := b.register()
	if p, _ := r.people.Person(person); len(p.Passkeys) != 1 || p.Passkeys[0].Name != "khóa" || string(key.handle) != person {
		t.Fatalf("%+v", p)
	}
	fresh := r.browser()
	name, challenge, _ := fresh.challenge(toSignIn, "/vi/so-lieu?x=1")
	a := fresh.finish(name, key.get(challenge))
	if a.status != 200 || !strings.Contains(a.body, `"/vi/so-lieu?x=1"`) {
		t.Fatal(a.status, a.body, r.log.String())
	}
	p, err := r.people.Session(t.Context(), fresh.cookie())
	if err != nil || p.Person != person || !p.SteppedUp(r.clock.now()) {
		t.Fatal(p, err)
	}
	if a := fresh.finish(name, key.get(challenge)); a.status != http.StatusForbidden {
		t.Errorf("the same challenge twice: %d", a.status)
	}

	// The confirmation is over after a quarter of an hour; a passkey brings it back.
	r.clock.add(16 * time.Minute)
	if a := fresh.post("/account/tokens/create", "name", "x", "scope", "events:read", "days", "30", "lang", "en"); a.to != "/en/account/confirm?next=/en/account" {
		t.Fatal(a.status, a.to)
	}
	if a := fresh.json("/account/passkey/begin", `{"purpose":"register"}`); a.status != http.StatusForbidden || !strings.Contains(a.body, "/en/account/confirm") {
		t.Error(a.status, a.body)
	}
	if a := fresh.get("/en/account/confirm?next=/en/account"); !strings.Contains(a.body, `data-next="/en/account"`) {
		t.Error(a.body)
	}
	before := fresh.cookie()
	name, challenge, _ = fresh.challenge(toStepUp, "/en/account")
	if a := fresh.finish(name, key.get(challenge)); a.status != 200 || !strings.Contains(a.body, `"/en/account"`) {
		t.Fatal(a.status, a.body, r.log.String())
	}
	if fresh.cookie() == before {
		t.Error("the session kept its name over a step-up")
	}
	if p, err = r.people.Session(t.Context(), fresh.cookie()); err != nil || !p.SteppedUp(r.clock.now()) {
		t.Error(p, err)
	}
	if _, err := r.people.Session(t.Context(), before); err == nil {
		t.Error("the old name is good")
	}
	if a := fresh.post("/account/passkeys/remove", "id", b64(key.id)); a.status != http.StatusBadRequest {
		t.Errorf("the last way in was removed: %d", a.status)
	}
}

// TestForgedPasskeys tries what a signature must not allow; all of it gets one
// answer.
func TestForgedPasskeys(t *testing.T) {
	r := newRig(t, Config{})
	owner, person := r.invited("An", analyst)
	key := owner.register()
	other, _ := r.invited("Bình", analyst)
	stolen := other.register()
	forged := func(change func(*authenticator)) *authenticator {
		c := *key
		change(&c)
		return &c
	}
	var answers []string
	for _, c := range []struct {
		name string
		a    *authenticator
	}{
		{"another key", forged(func(a *authenticator) { a.key = newAuthenticator(t, r.url).key })},
		{"another id", forged(func(a *authenticator) { a.id = bytes.Repeat([]byte{1}, 32) })},
		{"unknown person", forged(func(a *authenticator) { a.handle = []byte(strings.Repeat("0", 32)) })},
		{"another's key", forged(func(a *authenticator) { a.key, a.id = stolen.key, stolen.id })},
		{"another site", forged(func(a *authenticator) { a.origin = "https://evil.example" })},
		{"another party", forged(func(a *authenticator) { a.rp = "evil.example" })},
		{"an old counter", forged(func(a *authenticator) { a.count = 0 })},
	} {
		if c.name == "an old counter" {
			b := r.browser()
			flow, challenge, _ := b.challenge(toSignIn, "")
			key.count = 5
			if x := b.finish(flow, key.get(challenge)); x.status != 200 {
				t.Fatal(x.body)
			}
		}
		b := r.browser()
		flow, challenge, _ := b.challenge(toSignIn, "")
		x := b.finish(flow, c.a.get(challenge))
		if x.status != http.StatusForbidden || b.cookie() != "" {
			t.Errorf("%s: %d %s", c.name, x.status, x.body)
		}
		answers = append(answers, x.body)
		r.clock.add(time.Minute)
	}
	if err := r.people.Disable(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	flow, challenge, _ := b.challenge(toSignIn, "")
	key.count += 100
	disabled := b.finish(flow, key.get(challenge))
	flow, _, _ = b.challenge(toSignIn, "")
	_, foreign, _ := r.browser().challenge(toSignIn, "")
	for _, c := range []struct {
		name string
		x    reply
	}{{"disabled", disabled}, {"another challenge", b.finish(flow, stolen.get(foreign))}, {"no flow", b.finish("x", key.get("eA"))}} {
		if c.x.status != http.StatusForbidden || b.cookie() != "" {
			t.Errorf("%s: %d %s", c.name, c.x.status, c.x.body)
		}
		answers = append(answers, c.x.body)
	}
	for _, x := range answers {
		if x != answers[0] {
			t.Errorf("the answers differ: %s, %s", x, answers[0])
		}
	}
}

// TestNobodyLearnsWhoIsThere compares what a wrong signature costs for an account
// that is there and for one that is not, in processor time: on the clock others'
// work would be seen.
func TestNobodyLearnsWhoIsThere(t *testing.T) {
	r := newRig(t, Config{})
	owner, _ := r.invited("An", analyst)
	there := owner.register()
	there.key = newAuthenticator(t, r.url).key
	absent := newAuthenticator(t, r.url)
	absent.handle = []byte(strings.Repeat("0", 32))
	b := r.browser()
	times := map[*authenticator][]time.Duration{}
	for n := range 120 {
		r.clock.add(time.Minute)
		a := there
		if n%2 == 1 {
			a = absent
		}
		flow, challenge, _ := b.challenge(toSignIn, "")
		credential := a.get(challenge)
		begin := processor(t)
		if x := b.finish(flow, credential); x.status != http.StatusForbidden {
			t.Fatal(x.status)
		}
		times[a] = append(times[a], processor(t)-begin)
	}
	// The least of sixty is what it costs; others collected garbage too.
	known, unknown := slices.Min(times[there]), slices.Min(times[absent])
	t.Logf("at least %v for an account that is there, %v for one that is not", known, unknown)
	if known > 2*unknown || unknown > 2*known {
		t.Errorf("the times differ: %v and %v", known, unknown)
	}
	// What costs time is done for both: the signature is verified.
	if n := strings.Count(r.log.String(), "Error validating the assertion signature"); n != 120 {
		t.Errorf("%d of 120 signatures were verified", n)
	}
}

// processor is the processor time of the whole test program so far.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestLostPasskey lets somebody in by a new link, to replace what they lost.
func TestLostPasskey(t *testing.T) {
	r := newRig(t, Config{})
	first, person := r.invited("An", analyst)
	lost := first.register()
	path, _, err := r.people.Readmit(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	if a := b.post("/account/link", "secret", strings.TrimPrefix(path, identity.LinkPath), "lang", "en"); a.to != "/en/account" {
		t.Fatal(a.status, a.body)
	}
	found := b.register()
	if a := b.post("/account/passkeys/remove", "id", b64(lost.id), "lang", "en"); a.to != "/en/account" {
		t.Fatal(a.status, a.to)
	}
	again := r.browser()
	flow, challenge, _ := again.challenge(toSignIn, "")
	if a := again.finish(flow, lost.get(challenge)); a.status != http.StatusForbidden {
		t.Errorf("the lost passkey: %d", a.status)
	}
	flow, challenge, _ = again.challenge(toSignIn, "//evil.example")
	if a := again.finish(flow, found.get(challenge)); a.status != 200 || !strings.Contains(a.body, `"/en/account"`) {
		t.Errorf("the new one: %d %s", a.status, a.body)
	}
	r.clock.add(freshFor)
	if a := b.json("/account/passkey/begin", `{"purpose":"register"}`); a.status != http.StatusForbidden {
		t.Errorf("a link opens the door for long: %d", a.status)
	}
}

func TestPasskeyRequests(t *testing.T) {
	r := newRig(t, Config{})
	b := r.browser()
	for _, c := range []struct {
		body string
		want int
	}{
		{`{"purpose":"step-up"}`, 403}, {`{"purpose":"register"}`, 403}, {`{"purpose":"x"}`, 403}, {`{`, 400}, {`[]`, 400},
		{`{"purpose":"` + strings.Repeat("x", 70<<10) + `"}`, 400},
	} {
		if a := b.json("/account/passkey/begin", c.body); a.status != c.want {
			t.Errorf("%.40s: %d, want %d", c.body, a.status, c.want)
		}
	}
	if a := b.post("/account/passkey/begin", "purpose", "sign-in"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", a.status)
	}
	in, _ := r.invited("An", analyst)
	if a := in.json("/account/passkey/begin", `{"purpose":"step-up"}`); a.status != http.StatusBadRequest {
		t.Errorf("step-up without a passkey: %d", a.status)
	}
	numbered := newRig(t, Config{Origin: "http://127.0.0.1:8080"})
	if numbered.server.passkeys != nil || strings.Contains(numbered.browser().get("/en/sign-in").body, "hd-passkey") {
		t.Error("passkeys are offered at a number")
	}
}

// TestNoPasskeyWithoutItsSession takes a challenge in one session and answers
// it in another.
func TestNoPasskeyWithoutItsSession(t *testing.T) {
	r := newRig(t, Config{})
	b, _ := r.invited("An", analyst)
	_, victim := r.invited("Bình", analyst)
	flow, challenge, user := b.challenge(toRegister, "")
	cookie, _, err := r.people.SignIn(t.Context(), victim, identity.ByOIDC, "")
	if err != nil {
		t.Fatal(err)
	}
	b.setCookie(cookie)
	a := newAuthenticator(t, r.url)
	if x := b.finish(flow, a.create(challenge, user)); x.status != http.StatusForbidden {
		t.Errorf("%d %s", x.status, x.body)
	}
	if p, _ := r.people.Person(victim); len(p.Passkeys) != 0 {
		t.Error("somebody got a passkey that another asked for")
	}
}
