// SPDX-License-Identifier: Apache-2.0

package account

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"haidang/identity"
)

func TestFirstOperator(t *testing.T) {
	r := newRig(t, Config{})
	path, err := r.people.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	secret := strings.TrimPrefix(path, identity.LinkPath)
	for range 2 { // looking does not use it up
		if a := b.post("/account/link/open", "secret", secret, "lang", "vi"); a.status != 200 || !strings.Contains(a.body, "người vận hành đầu tiên") {
			t.Fatal(a.status, a.body)
		}
	}
	if a := b.post("/account/link", "secret", secret, "name", ""); a.status != http.StatusBadRequest {
		t.Errorf("without a name: %d", a.status)
	}
	if a := b.post("/account/link", "secret", secret, "name", "An", "lang", "vi"); a.to != "/vi/tai-khoan" {
		t.Fatal(a.status, a.body)
	}
	if a := b.get("/vi/tai-khoan"); a.status != 200 || !strings.Contains(a.body, "người vận hành") || !strings.Contains(a.body, "chưa có cách đăng nhập lâu dài") {
		t.Error(a.status, a.body)
	}
	b.register()
	if a := b.get("/en/account"); strings.Contains(a.body, "no lasting way") {
		t.Error("still asked for a way in")
	}
	if path, err = r.people.FirstLink(t.Context()); path != "" || err != nil {
		t.Error(path, err)
	}
}

// The secret of a link is in no address that a browser sends: it stands behind #,
// and comes in a form.
func TestLinksStayOutOfAddresses(t *testing.T) {
	r := newRig(t, Config{})
	first, err := r.people.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	invited, _, err := r.people.Invite(t.Context(), analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	for _, path := range []string{first, invited} {
		u, err := url.Parse(r.url + path)
		if err != nil {
			t.Fatal(err)
		}
		if u.RequestURI() != "/account/link" || !strings.HasPrefix(u.Fragment, identity.LinkPrefix) {
			t.Errorf("%s sends %s", path, u.RequestURI())
		}
		if a := b.get(u.RequestURI()); a.status != http.StatusOK || !strings.Contains(a.body, `action="/account/link/open"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := b.get("/account/link/" + u.Fragment); a.status != http.StatusNotFound {
			t.Errorf("a secret in a path: %d", a.status)
		}
		if a := b.get("/account/link/open?secret=" + u.Fragment); a.status == http.StatusOK {
			t.Errorf("a secret in a query: %d", a.status)
		}
		if a := b.post("/account/link/open?secret=" + u.Fragment); a.status != http.StatusForbidden {
			t.Errorf("a secret in a form's address: %d", a.status)
		}
		if a := b.post("/account/link/open", "secret", u.Fragment); a.status != http.StatusOK || a.to != "" {
			t.Errorf("%d %s", a.status, a.body)
		}
		if strings.Contains(r.log.String(), u.Fragment[4:20]) {
			t.Error("the log holds a secret")
		}
	}
}

func TestLinksThatCannotBeUsedLookAlike(t *testing.T) {
	r := newRig(t, Config{})
	link := func() string {
		path, _, err := r.people.Invite(t.Context(), analyst, "")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(path, identity.LinkPath)
	}
	old := link()
	r.clock.add(8 * 24 * time.Hour)
	used := link()
	if a := r.browser().post("/account/link", "secret", used, "name", "An"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	var bodies []string
	for _, secret := range []string{old, used, "hdl_" + strings.Repeat("A", 43), "x"} {
		b := r.browser()
		shown, sent := b.post("/account/link/open", "secret", secret, "lang", "en"), b.post("/account/link", "secret", secret, "name", "Bình", "lang", "en")
		if shown.status != http.StatusForbidden || sent.status != http.StatusForbidden || b.cookie() != "" {
			t.Errorf("%s: %d %d %q", secret, shown.status, sent.status, b.cookie())
		}
		bodies = append(bodies, shown.body, sent.body)
	}
	for _, body := range bodies {
		if body != bodies[0] {
			t.Error("the answers differ")
		}
	}
	if strings.Contains(r.log.String(), used[4:20]) {
		t.Error("the log holds a link's secret")
	}
}

func TestAcceptAsOneself(t *testing.T) {
	r := newRig(t, Config{})
	b, person := r.invited("An", analyst)
	org, err := r.people.CreateOrganisation(t.Context(), identity.Organisation{Name: identity.Name{VI: "Trường <A>"}, Type: "school"})
	if err != nil {
		t.Fatal(err)
	}
	path, _, err := r.people.Invite(t.Context(), identity.Role{Name: identity.RoleSteward, Organisation: org}, "")
	if err != nil {
		t.Fatal(err)
	}
	if a := b.post("/account/link/open", "secret", " https://example.vn"+path+" ", "lang", "vi"); !strings.Contains(a.body, "Trường &lt;A&gt;") || !strings.Contains(a.body, "Nhận với tên An") {
		t.Error(a.body)
	}
	before := b.cookie()
	if a := b.post("/account/link", "secret", strings.TrimPrefix(path, identity.LinkPath), "as", "me"); a.status != http.StatusSeeOther {
		t.Fatal(a.status, a.body)
	}
	if p, _ := r.people.Person(person); len(p.Roles) != 2 || b.cookie() != before || len(r.people.People()) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestOtherSites asks for every change as a page of another site would.
func TestOtherSites(t *testing.T) {
	r := newRig(t, Config{})
	b, _ := r.invited("An", analyst)
	paths := []string{
		"/account/link", "/account/link/open", "/account/oidc/x", "/account/passkey/begin", "/account/passkey/finish", "/account/sign-out", "/account/sessions/end",
		"/account/tokens/create", "/account/tokens/revoke", "/account/passkeys/remove", "/account/subjects/remove", "/account/profile",
	}
	for _, path := range paths {
		for _, c := range []struct {
			name   string
			header http.Header
		}{
			{"another site", http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}},
			{"a subdomain", http.Header{"Origin": {strings.Replace(r.url, "localhost", "x.localhost", 1)}, "Sec-Fetch-Site": {"same-site"}}},
			{"another port", http.Header{"Origin": {"http://localhost:1"}}},
			{"no origin", http.Header{"Origin": {"null"}}},
			{"nothing said", http.Header{}},
			{"an old browser", http.Header{"Origin": {"https://evil.example"}}},
		} {
			q := r.request("POST", path, strings.NewReader("id=x"))
			q.Header = c.header.Clone()
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := b.do(q); a.status != http.StatusForbidden {
				t.Errorf("%s from %s: %d", path, c.name, a.status)
			}
		}
		if path == "/account/link" {
			continue // a form stands there
		}
		if a := b.get(path); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, a.status)
		}
	}
	if _, err := r.people.Session(t.Context(), b.cookie()); err != nil {
		t.Error("another site ended the session:", err)
	}
}

func TestProtect(t *testing.T) {
	r := newRig(t, Config{})
	b, _ := r.invited("An", analyst)
	h := r.server.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		name                   string
		method, origin, cookie string
		want                   int
	}{
		{"a program with a token", "POST", "", "", 204}, {"our page", "POST", r.url, b.cookie(), 204}, {"reading", "GET", "https://evil.example", b.cookie(), 204},
		{"another site", "POST", "https://evil.example", b.cookie(), 403}, {"a silent one", "DELETE", "", b.cookie(), 403},
	} {
		q := httptest.NewRequest(c.method, r.url+"/api/x", nil)
		if c.origin != "" {
			q.Header.Set("Origin", c.origin)
		}
		if c.cookie != "" {
			q.AddCookie(&http.Cookie{Name: sessionCookie, Value: c.cookie})
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, q); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}

func TestSessionFixation(t *testing.T) {
	r := newRig(t, Config{})
	planted := "hdk_" + strings.Repeat("A", 43)
	path, _, err := r.people.Invite(t.Context(), analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	b.setCookie(planted)
	b.post("/account/link", "secret", strings.TrimPrefix(path, identity.LinkPath), "name", "An")
	if b.cookie() == planted {
		t.Error("a planted cookie became a session")
	}
	if _, err := r.people.Session(t.Context(), planted); err == nil {
		t.Error("a planted cookie is good")
	}
	// An attacker's own session is replaced, and ends.
	mallory, _ := r.invited("Mallory", analyst)
	theirs := mallory.cookie()
	victim, _ := r.invited("Bình", analyst)
	key := victim.register()
	shared := r.browser()
	shared.setCookie(theirs)
	name, challenge, _ := shared.challenge(toSignIn, "")
	if a := shared.finish(name, key.get(challenge)); a.status != 200 {
		t.Fatal(a.status, a.body)
	}
	if shared.cookie() == theirs {
		t.Error("the session kept its name over a sign-in")
	}
	if _, err := r.people.Session(t.Context(), theirs); err == nil {
		t.Error("the session that was replaced lives on")
	}
}

func TestHeaders(t *testing.T) {
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "P", Issuer: "https://id.example.vn/realm", ClientID: "c"}}})
	b, _ := r.invited("An", analyst)
	for _, path := range []string{"/vi/dang-nhap", "/en/sign-in", "/en/account", "/vi/tai-khoan/xac-nhan", "/account/link", "/account/nothing"} {
		a := b.get(path)
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
				"base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://id.example.vn",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if strings.Contains(a.body, "<script>") || strings.Contains(a.body, " style=") || strings.Contains(a.body, "ZgotmplZ") {
			t.Errorf("%s holds inline code", path)
		}
	}
	for _, c := range []struct{ path, to string }{{"/vi/tai-khoan", "/vi/dang-nhap"}, {"/en/account", "/en/sign-in"}, {"/en/account/confirm", "/en/sign-in"}} {
		if a := r.browser().get(c.path); a.status != http.StatusSeeOther || a.to != c.to {
			t.Errorf("%s for a visitor: %d %s", c.path, a.status, a.to)
		}
	}
}

func TestCookiesBehindTLS(t *testing.T) {
	r := newRig(t, Config{Origin: "https://example.vn"})
	path, _, err := r.people.Invite(t.Context(), analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest("POST", "https://example.vn/account/link", strings.NewReader("name=An&secret="+strings.TrimPrefix(path, identity.LinkPath)))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Origin", "https://example.vn")
	w := httptest.NewRecorder()
	r.server.Handler().ServeHTTP(w, q)
	var found bool
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-haidang" {
			found = c.Secure && c.HttpOnly && c.SameSite == http.SameSiteLaxMode && c.Path == "/" && c.Domain == "" && c.MaxAge == 12*3600
			again := httptest.NewRequest("GET", "https://example.vn/", nil)
			again.AddCookie(&http.Cookie{Name: "haidang", Value: c.Value})
			if _, ok := r.server.Who(again); ok {
				t.Error("the cookie is good without its prefix")
			}
			again.AddCookie(c)
			if p, ok := r.server.Who(again); !ok || p.Name != "An" {
				t.Error("the cookie is not good")
			}
			again.AddCookie(c)
			if _, ok := r.server.Who(again); ok {
				t.Error("two cookies of one name are taken")
			}
		}
	}
	if !found || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestRefusedConfigurations(t *testing.T) {
	r := newRig(t, Config{})
	for _, origin := range []string{"", "example.vn", "http://example.vn", "https://example.vn/x", "ftp://localhost", "https://a:b@example.vn", "http://192.0.2.1:8080"} {
		if _, err := New(Config{Origin: origin}, r.server.dep); !errors.Is(err, ErrOrigin) {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
	good := Provider{ID: "p", Name: "P", Issuer: "https://id.example.vn", ClientID: "c"}
	for name, spoil := range map[string]func(*Provider){
		"id": func(p *Provider) { p.ID = "A/b" }, "http": func(p *Provider) { p.Issuer = "http://id.example.vn" },
		"client": func(p *Provider) { p.ClientID = "" }, "name": func(p *Provider) { p.Name = "" },
	} {
		p := good
		spoil(&p)
		if _, err := New(Config{Origin: "https://example.vn", Providers: []Provider{p}}, r.server.dep); err == nil {
			t.Errorf("a provider with a bad %s was taken", name)
		}
	}
	if _, err := New(Config{Origin: "https://example.vn", Providers: []Provider{good, good}}, r.server.dep); err == nil {
		t.Error("two providers of one id were taken")
	}
	if _, err := New(Config{Origin: "https://example.vn"}, Dependencies{}); err == nil {
		t.Error("no identity")
	}
}

func TestTooManyAttempts(t *testing.T) {
	r := newRig(t, Config{})
	b := r.browser()
	limited := 0
	for range 40 {
		if a := b.json("/account/passkey/begin", `{"purpose":"sign-in"}`); a.status == http.StatusTooManyRequests {
			limited++
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many attempts") {
				t.Fatal(a.header, a.body)
			}
		}
	}
	if limited != 10 {
		t.Errorf("%d of 40 were limited, want 10", limited)
	}
	if a := b.post("/account/link/open", "secret", "x"); a.status != http.StatusTooManyRequests {
		t.Errorf("another way of the same address: %d", a.status)
	}
	r.clock.add(time.Minute)
	if a := b.json("/account/passkey/begin", `{"purpose":"sign-in"}`); a.status != http.StatusOK {
		t.Errorf("after a minute: %d", a.status)
	}
}

func TestAddressesCountedTogether(t *testing.T) {
	r := newRig(t, Config{})
	for from, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1", "[::ffff:192.0.2.1]:5": "192.0.2.1", "[2001:db8:1:2:3::4]:5": "2001:db8:1:2::/64", "?": "invalid IP",
	} {
		q := httptest.NewRequest("GET", "/", nil)
		q.RemoteAddr = from
		if got := r.server.address(q); got != want {
			t.Errorf("%s: %s", from, got)
		}
	}
	r.server.dep.Address = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
	if got := r.server.address(httptest.NewRequest("GET", "/", nil)); got != "198.51.100.7" {
		t.Error(got)
	}
}
