// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"haidang/identity"
)

// leave signs a browser out at the provider itself, on the provider's own pages.
func (b *browser) leave(issuer string) {
	b.t.Helper()
	b.confirm(issuer + "/session/end")
}

// confirm says yes where the provider asks whether to sign out, and gives where the
// browser is sent then.
func (b *browser) confirm(address string) string {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	a := b.visit("GET", u, nil)
	if !strings.Contains(a.body, `name="xsrf"`) {
		b.t.Fatal(a.status, a.body)
	}
	xsrf := strings.Split(strings.SplitN(a.body, `name="xsrf" value="`, 2)[1], `"`)[0]
	if u, err = u.Parse(action.FindStringSubmatch(a.body)[1]); err != nil {
		b.t.Fatal(err)
	}
	if a = b.visit("POST", u, url.Values{"xsrf": {xsrf}, "logout": {"yes"}}); a.status != http.StatusSeeOther {
		b.t.Fatal(a.status, a.body)
	}
	return a.to
}

// Who signs out at the provider is signed out here, at once, wherever they came in
// on its word, and nowhere else.
func TestProviderEndsSessions(t *testing.T) {
	r := newRigWithProvider(t)
	person := r.linked("an")
	r.linked("binh")
	signIn := func(name string) *browser {
		b := r.browser()
		if a := b.get(b.atProvider(b.post("/account/oidc/real", "lang", "en").to, name)); a.to != "/en/account" {
			t.Fatal(a.status, a.body, r.log.String())
		}
		return b
	}
	here, elsewhere, other := signIn("an"), signIn("an"), signIn("binh")
	own, _, err := r.people.SignIn(t.Context(), person, identity.ByPasskey, "")
	if err != nil {
		t.Fatal(err)
	}
	here.leave(r.server.providers["real"].cfg.Issuer)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := r.people.Session(t.Context(), here.cookie()); err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the session goes on; ", r.log.String())
		}
	}
	for _, c := range []struct{ name, cookie string }{{"another browser's session at the provider", elsewhere.cookie()}, {"somebody else's", other.cookie()}, {"one by passkey", own}} {
		if _, err := r.people.Session(t.Context(), c.cookie); err != nil {
			t.Errorf("%s ended too: %v", c.name, err)
		}
	}
	if a := here.get("/en/account"); a.to != "/en/sign-in" {
		t.Errorf("%d %s", a.status, a.to)
	}
}

// issuer is a provider that signs what a test wants.
type issuer struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) sign(key *rsa.PrivateKey, kind string, claims map[string]any) string {
	i.t.Helper()
	o := (&jose.SignerOptions{}).WithHeader("kid", "k").WithType(jose.ContentType(kind))
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, o)
	if err != nil {
		i.t.Fatal(err)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := s.Sign(raw)
	if err != nil {
		i.t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// Only a logout token, of this provider, for us, made just now and not used before,
// ends anything.
func TestForgedSignOutsAreRefused(t *testing.T) {
	i := newIssuer(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "P", Issuer: i.URL, ClientID: "haidang"}}})
	b, person := r.invited("An", analyst)
	subject := identity.Subject{Issuer: i.URL, Subject: "an"}
	ctx := identity.As(context.Background(), "test")
	if err := r.people.LinkSubject(ctx, person, subject); err != nil {
		t.Fatal(err)
	}
	cookie, _, err := r.people.SignInBy(ctx, person, identity.ByOIDC, "", i.URL, "s1")
	if err != nil {
		t.Fatal(err)
	}
	good := func() map[string]any {
		now := r.clock.now()
		return map[string]any{
			"iss": i.URL, "aud": "haidang", "sub": "an", "sid": "s1", "jti": "j1", "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(),
			"events": map[string]any{logoutEvent: map[string]any{}},
		}
	}
	post := func(token string) reply {
		q := r.request("POST", "/account/oidc/p/logout", strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded") // a server's: no Origin, no cookie
		return r.browser().do(q)
	}
	for _, c := range []struct {
		name   string
		kind   string
		change func(map[string]any)
	}{
		{"an ID token", "JWT", func(map[string]any) {}},
		{"another event", logoutType, func(c map[string]any) { c["events"] = map[string]any{"x": 1} }},
		{"no event", logoutType, func(c map[string]any) { delete(c, "events") }},
		{"with a nonce", logoutType, func(c map[string]any) { c["nonce"] = "n" }},
		{"for another", logoutType, func(c map[string]any) { c["aud"] = "other" }},
		{"of another", logoutType, func(c map[string]any) { c["iss"] = "https://evil.example" }},
		{"too old", logoutType, func(c map[string]any) { c["exp"] = r.clock.now().Add(-time.Minute).Unix() }},
		{"made long ago", logoutType, func(c map[string]any) { c["iat"] = r.clock.now().Add(-time.Hour).Unix() }},
		{"about nobody", logoutType, func(c map[string]any) { delete(c, "sub"); delete(c, "sid") }},
		{"without a name", logoutType, func(c map[string]any) { delete(c, "jti") }},
	} {
		claims := good()
		c.change(claims)
		if a := post(i.sign(i.key, c.kind, claims)); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	for _, c := range []struct{ name, token string }{{"another's key", i.sign(stranger, logoutType, good())}, {"nothing", ""}, {"no token", "a.b.c"}} {
		if a := post(c.token); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	if _, err := r.people.Session(ctx, cookie); err != nil {
		t.Fatal("a forged token ended the session")
	}
	token := i.sign(i.key, logoutType, good())
	if a := post(token); a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if _, err := r.people.Session(ctx, cookie); err == nil {
		t.Error("the session goes on")
	}
	if _, err := r.people.Session(ctx, b.cookie()); err != nil {
		t.Error("a session that does not rest on the provider ended: ", err)
	}
	if a := post(token); a.status != http.StatusBadRequest {
		t.Errorf("used twice: %d", a.status)
	}
	if a := r.browser().post("/account/oidc/none/logout"); a.status != http.StatusNotFound {
		t.Errorf("a provider that is not there: %d", a.status)
	}
	for range 2 { // all of somebody's sessions, where the provider names none
		if _, _, err = r.people.SignInBy(ctx, person, identity.ByOIDC, "", i.URL, "s2"); err != nil {
			t.Fatal(err)
		}
	}
	claims := good()
	claims["jti"] = "j2"
	delete(claims, "sid")
	post(i.sign(i.key, logoutType, claims))
	if all := r.people.Sessions(person); len(all) != 1 || all[0].Way != identity.ByLink {
		t.Errorf("%+v", all)
	}
}
