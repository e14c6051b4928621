// SPDX-License-Identifier: Apache-2.0

package account

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"haidang/identity"
)

var offer = regexp.MustCompile(`<p class="notice" role="status">[^<]*<a href="([^"]+)">([^<]+)</a></p>`)

// leaveHere signs out and gives the page that follows, and where that leads to at the
// provider, if it does.
func (b *browser) leaveHere(lang string) (page, address string) {
	b.t.Helper()
	a := b.post("/account/sign-out", "lang", lang)
	if a.status != http.StatusSeeOther || b.cookie() != "" {
		b.t.Fatal(a.status, a.to, a.body)
	}
	page = a.to
	a = b.get(page)
	if m := offer.FindStringSubmatch(a.body); m != nil {
		return page, html.UnescapeString(m[1])
	}
	return page, ""
}

// Signing out here ends our session and offers to end the provider's: whoever takes
// the offer is asked there who they are before they come in again.
func TestSigningOutAtTheProviderToo(t *testing.T) {
	r := newRigWithProvider(t)
	r.linked("an")
	signIn := func(b *browser) {
		t.Helper()
		if a := b.get(b.atProvider(b.post("/account/oidc/real", "lang", "en").to, "an")); a.to != "/en/account" {
			t.Fatal(a.status, a.body, r.log.String())
		}
	}
	b := r.browser()
	signIn(b)
	cookie := b.cookie()
	page, address := b.leaveHere("vi")
	if page != "/vi/dang-nhap?left=real" {
		t.Error(page)
	}
	if _, err := r.people.Session(t.Context(), cookie); err == nil {
		t.Error("our session goes on")
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme+"://"+u.Host != r.server.providers["real"].cfg.Issuer || q.Get("client_id") != "haidang" || q.Get("ui_locales") != "vi" ||
		q.Get("post_logout_redirect_uri") != r.url+"/account/oidc/real/signed-out" || len(q) != 3 {
		t.Fatal(address)
	}

	// Who does not take it comes in again without being asked.
	if to := b.askedWho(); to {
		t.Error("the provider's session ended though nobody asked for it")
	}
	if back := b.confirm(address); back != r.url+"/account/oidc/real/signed-out" {
		t.Fatal(back)
	}
	if a := b.get("/account/oidc/real/signed-out"); a.status != http.StatusSeeOther || a.to != "/vi/dang-nhap" {
		t.Errorf("%d %s", a.status, a.to)
	}
	if !b.askedWho() {
		t.Error("the provider's session goes on")
	}
}

// askedWho reports whether the provider asks who it is at the next sign-in.
func (b *browser) askedWho() bool {
	b.t.Helper()
	address := b.post("/account/oidc/real", "lang", "vi").to
	for range 10 {
		u, err := url.Parse(address)
		if err != nil {
			b.t.Fatal(err)
		}
		if strings.HasPrefix(address, b.url+"/account/oidc/") {
			return false
		}
		a := b.visit("GET", u, nil)
		if a.to == "" {
			return strings.Contains(a.body, `value="login"`)
		}
		if u, err = u.Parse(a.to); err != nil {
			b.t.Fatal(err)
		}
		address = u.String()
	}
	b.t.Fatal("the provider goes round and round")
	return false
}

// Nobody is led to a provider that their session did not rest on, or that announces
// no address that may be gone to.
func TestWhoIsOfferedNothing(t *testing.T) {
	announced := ""
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		said := map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys"}
		if announced != "" {
			said["end_session_endpoint"] = announced
		}
		answer(w, http.StatusOK, said)
	})
	for _, x := range []struct{ address, want string }{
		{"", ""}, {"javascript:alert(1)", ""}, {"http://provider.example/end", ""}, {"/end", ""}, {"https://a:b@provider.example/end", ""}, {"://", ""},
		{"https://provider.example/end", "https://provider.example/end?client_id=c&post_logout_redirect_uri="},
		{"https://provider.example/end?tenant=a#f", "https://provider.example/end?client_id=c&post_logout_redirect_uri="},
		{s.URL + "/end", s.URL + "/end?client_id=c&post_logout_redirect_uri="},
	} {
		announced = x.address
		r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "<P>", Issuer: s.URL, ClientID: "c"}}})
		if _, err := r.server.providers["p"].discover(t.Context()); err != nil {
			t.Fatal(x.address, err)
		}
		_, person := r.invited("An", analyst)
		for _, c := range []struct {
			name          string
			way, provider string
			led           bool
		}{
			{"by the provider", identity.ByOIDC, s.URL, x.want != ""}, {"by passkey", identity.ByPasskey, "", false}, {"by another", identity.ByOIDC, "https://other.example", false},
		} {
			cookie, _, err := r.people.SignInBy(t.Context(), person, c.way, "", c.provider, "")
			if err != nil {
				t.Fatal(err)
			}
			b := r.browser()
			b.setCookie(cookie)
			_, got := b.leaveHere("en")
			if (got != "") != c.led || c.led && !strings.HasPrefix(got, x.want) || strings.Contains(got, "#") {
				t.Errorf("%s, who came %s: %q, want %q", x.address, c.name, got, x.want)
			}
			if strings.Contains(x.address, "tenant") && c.led && !strings.Contains(got, "tenant=a") {
				t.Error("the provider's own part is lost: ", got)
			}
		}
		if a := r.browser().get("/en/sign-in?left=nobody"); offer.MatchString(a.body) || a.status != http.StatusOK {
			t.Error(a.status, a.body)
		}
		if a := r.browser().get("/account/oidc/nobody/signed-out"); a.status != http.StatusNotFound {
			t.Error(a.status)
		}
		if b, _ := r.invited("Binh", analyst); offer.MatchString(b.get("/en/sign-in?left=p").body) && strings.Contains(b.get("/en/sign-in?left=p").body, "signed out here") {
			t.Error("who is signed in is told that they are not")
		}
	}
}

// Two clients of one issuer are told apart by nothing that a session or a person
// keeps: which of them is named must not change from page to page.
func TestOneIssuerOfSeveralProviders(t *testing.T) {
	var all []Provider
	for _, id := range []string{"c", "a", "d", "b"} {
		all = append(all, Provider{ID: id, Name: "One name", Issuer: "https://one.example", ClientID: id})
	}
	r := newRig(t, Config{Providers: append(all, Provider{ID: "0", Name: "Z", Issuer: "https://two.example", ClientID: "0"})})
	for range 50 {
		if p := r.server.issuedBy("https://one.example"); p == nil || p.cfg.ID != "a" {
			t.Fatalf("%+v", p)
		}
		var ids []string
		for _, p := range r.server.offered() {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " "); got != "a b c d 0" {
			t.Fatal(got)
		}
	}
	if p := r.server.issuedBy("https://three.example"); p != nil {
		t.Errorf("%+v", p.cfg)
	}
}
