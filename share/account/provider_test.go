// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bufio"
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"haidang/identity"
)

// startProvider runs npm's oidc-provider and gives its address. make setup-oidc
// puts it under .cache; HAIDANG_OIDC_PROVIDER names another folder of it.
func startProvider(t *testing.T, redirects ...string) string {
	t.Helper()
	folder := cmp.Or(os.Getenv("HAIDANG_OIDC_PROVIDER"), "../../.cache/oidc/node_modules/oidc-provider")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "lib", "index.js"))
	}
	if err != nil {
		t.Skip("oidc-provider is not here; run make setup-oidc: ", err)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), node, append([]string{"testdata/provider.mjs", folder}, redirects...)...)
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := cmp.Or(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("oidc-provider did not start: ", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return strings.TrimSpace(line)
}

// newRigWithProvider is a rig at which a real provider's word is taken.
func newRigWithProvider(t *testing.T) *rig {
	t.Helper()
	l, origin := listen(t)
	issuer := startProvider(t, origin+"/account/oidc/real/callback")
	return newRigAt(t, Config{Providers: []Provider{{ID: "real", Name: "Real", Issuer: issuer, ClientID: "haidang", ClientSecret: "a-secret-of-the-test"}}}, l, origin)
}

var action = regexp.MustCompile(`action="([^"]+)"`)

// atProvider goes through the provider's own pages by a name, and gives the
// address that it sends the browser back to.
func (b *browser) atProvider(address, name string) string {
	b.t.Helper()
	for range 20 {
		u, err := url.Parse(address)
		if err != nil {
			b.t.Fatal(err)
		}
		if strings.HasPrefix(address, b.url+"/account/oidc/") {
			return strings.TrimPrefix(address, b.url)
		}
		a := b.visit("GET", u, nil)
		if a.to == "" {
			m := action.FindStringSubmatch(a.body)
			if m == nil {
				b.t.Fatal(a.status, a.body)
			}
			form := url.Values{"prompt": {"consent"}}
			if strings.Contains(a.body, `value="login"`) {
				form = url.Values{"prompt": {"login"}, "login": {name}, "password": {"x"}}
			}
			to, err := u.Parse(m[1])
			if err != nil {
				b.t.Fatal(err)
			}
			a, u = b.visit("POST", to, form), to
		}
		next, err := u.Parse(a.to)
		if err != nil {
			b.t.Fatal(err)
		}
		address = next.String()
	}
	b.t.Fatal("the provider goes round and round")
	return ""
}

func (b *browser) visit(method string, u *url.URL, form url.Values) reply {
	b.t.Helper()
	q, err := http.NewRequestWithContext(b.t.Context(), method, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(q)
}

// linked gives somebody whom the provider knows by a name.
func (r *rig) linked(name string) (person string) {
	r.t.Helper()
	b, person := r.invited(name, analyst)
	a := b.post("/account/oidc/real", "purpose", "link", "lang", "en")
	if a.status != http.StatusSeeOther {
		r.t.Fatal(a.status, a.body, r.log.String())
	}
	if a = b.get(b.atProvider(a.to, name)); a.to != "/en/account" {
		r.t.Fatal(a.status, a.body, r.log.String())
	}
	return person
}

func TestRealProvider(t *testing.T) {
	r := newRigWithProvider(t)
	person := r.linked("an")
	if p, _ := r.people.Person(person); len(p.Subjects) != 1 || p.Subjects[0].Subject != "an" {
		t.Fatalf("%+v", p)
	}
	b := r.browser()
	if a := b.get("/vi/dang-nhap?next=/vi/do-phu"); !strings.Contains(a.body, "Đăng nhập qua Real") || !strings.Contains(a.body, `name="next" value="/vi/do-phu"`) {
		t.Error(a.body)
	}
	a := b.post("/account/oidc/real", "next", "/vi/do-phu")
	q, err := url.Parse(a.to)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Query().Get(name)) != 43 {
			t.Errorf("%s is %q", name, q.Query().Get(name))
		}
	}
	if q.Query().Get("code_challenge_method") != "S256" || q.Query().Get("scope") != "openid" {
		t.Error(a.to)
	}
	back := b.atProvider(a.to, "an")

	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`} {
		away := r.browser()
		if a := away.get(away.atProvider(away.post("/account/oidc/real", "next", next, "lang", "en").to, "an")); a.to != "/en/account" {
			t.Errorf("%s leads to %s", next, a.to)
		}
	}

	// Somebody else's browser can do nothing with the address.
	if a := r.browser().get(back); a.status != http.StatusForbidden {
		t.Errorf("in another browser: %d", a.status)
	}
	if a = b.get(back); a.to != "/vi/do-phu" {
		t.Fatal(a.status, a.to, a.body, r.log.String())
	}
	if p, err := r.people.Session(t.Context(), b.cookie()); err != nil || p.Person != person || p.SteppedUp(r.clock.now()) {
		t.Error(p, err)
	}
	if a = b.get(back); a.status != http.StatusForbidden {
		t.Errorf("the same answer twice: %d", a.status)
	}
}

// TestProviderRefusals gives every failure one answer.
func TestProviderRefusals(t *testing.T) {
	r := newRigWithProvider(t)
	person := r.linked("an")
	if err := r.people.Disable(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	var answers []string
	check := func(name string, b *browser, back string) {
		t.Helper()
		a := b.get(back + "&lang=en")
		if a.status != http.StatusForbidden || b.cookie() != "" {
			t.Errorf("%s: %d %q", name, a.status, b.cookie())
		}
		answers = append(answers, a.body)
	}
	begin := func() (*browser, string) {
		b := r.browser()
		return b, b.post("/account/oidc/real", "lang", "en").to
	}
	for _, name := range []string{"an", "somebody unknown"} {
		b, to := begin()
		check(name, b, b.atProvider(to, name))
	}
	b, to := begin()
	q, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	callback := "/account/oidc/real/callback?state=" + q.Query().Get("state")
	check("the provider's refusal", b, callback+"&error=access_denied")
	b, to = begin()
	back := b.atProvider(to, "an")
	check("another issuer", b, strings.Replace(back, "iss=", "iss=https%3A%2F%2Fevil.example&was=", 1))
	b, to = begin()
	check("no code", b, strings.Replace(b.atProvider(to, "an"), "code=", "code=x", 1))
	b, to = begin()
	check("another state", b, strings.Replace(b.atProvider(to, "an"), "state=", "state=x", 1))
	b, to = begin()
	back = b.atProvider(to, "an")
	r.clock.add(flowTime)
	check("too late", b, back)
	for _, a := range answers {
		if a != answers[0] {
			t.Error("the answers differ")
		}
	}
	if a := r.browser().post("/account/oidc/none"); a.status != http.StatusNotFound {
		t.Errorf("a provider that is not there: %d", a.status)
	}
}

// TestCodeOfAnotherFlow sends a code of one sign-in with the state of another:
// the verifier of RFC 7636 does not fit.
func TestCodeOfAnotherFlow(t *testing.T) {
	r := newRigWithProvider(t)
	r.linked("an")
	attacker, victim := r.browser(), r.browser()
	theirs, err := url.Parse(attacker.atProvider(attacker.post("/account/oidc/real").to, "an"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := url.Parse(victim.post("/account/oidc/real").to)
	if err != nil {
		t.Fatal(err)
	}
	q := theirs.Query()
	q.Set("state", own.Query().Get("state"))
	if a := victim.get("/account/oidc/real/callback?" + q.Encode()); a.status != http.StatusForbidden || victim.cookie() != "" {
		t.Errorf("%d %q", a.status, victim.cookie())
	}
	if !strings.Contains(r.log.String(), "invalid_grant") {
		t.Error("it was refused for another reason: ", r.log.String())
	}
}

func TestLinkingBelongsToASession(t *testing.T) {
	r := newRigWithProvider(t)
	b, _ := r.invited("An", analyst)
	to := b.post("/account/oidc/real", "purpose", "link").to
	back := b.atProvider(to, "mallory")
	_, victim := r.invited("Bình", analyst)
	cookie, _, err := r.people.SignIn(t.Context(), victim, identity.ByLink, "")
	if err != nil {
		t.Fatal(err)
	}
	b.setCookie(cookie)
	if a := b.get(back); a.status != http.StatusForbidden {
		t.Errorf("%d", a.status)
	}
	if p, _ := r.people.Person(victim); len(p.Subjects) != 0 {
		t.Error("somebody's account was linked to another")
	}
	first := r.linked("an")
	second, _ := r.invited("Chi", analyst)
	if a := second.get(second.atProvider(second.post("/account/oidc/real", "purpose", "link").to, "an")); a.status != http.StatusConflict {
		t.Errorf("an account of two persons: %d", a.status)
	}
	if a := r.browser().post("/account/oidc/real", "purpose", "link", "lang", "en"); a.to != "/en/account/confirm" {
		t.Errorf("a visitor links: %d %s", a.status, a.to)
	}
	if p, _ := r.people.Person(first); len(p.Subjects) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestProviderThatHangs shows pages while a provider does not answer.
func TestProviderThatHangs(t *testing.T) {
	asked, release := make(chan struct{}, 10), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "P", Issuer: s.URL, ClientID: "c"}}})
	<-asked // and answered only after the test
	if a := r.browser().get("/en/sign-in"); a.status != http.StatusOK {
		t.Error(a.status)
	}
}

// A provider that sends elsewhere is not followed there.
func TestProviderThatLeadsAway(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	away := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer away.Close()
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "P", Issuer: away.URL, ClientID: "c"}}})
	if a := r.browser().post("/account/oidc/p", "lang", "en"); a.status != http.StatusBadGateway || asked {
		t.Errorf("%d, the other host was asked: %v", a.status, asked)
	}
}

func TestProviderThatIsAway(t *testing.T) {
	const gone = "http://127.0.0.1:1" // nobody is given a port below 1024 by chance
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "P", Issuer: gone, ClientID: "c"}}})
	for range 3 {
		if a := r.browser().post("/account/oidc/p", "lang", "en"); a.status != http.StatusBadGateway || !strings.Contains(a.body, "does not answer") || strings.Contains(a.body, gone) {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
}
