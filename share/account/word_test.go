// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"haidang/identity"
)

// A real provider that is asked for two factors and says that there was one is not
// believed; one that says so gives a session that counts as confirmed.
func TestProviderMustAskForTwoFactors(t *testing.T) {
	l, origin := listen(t)
	issuer := startProvider(t, origin+"/account/oidc/real/callback")
	r := newRigAt(t, Config{Providers: []Provider{{
		ID: "real", Name: "Real", Issuer: issuer, ClientID: "haidang", ClientSecret: "a-secret-of-the-test",
		ACR: []string{"urn:two-factors"}, MaxAge: 12 * time.Hour,
	}}}, l, origin)
	person := r.linked("strong-an")
	b := r.browser()
	to := b.post("/account/oidc/real", "lang", "en").to
	u, err := url.Parse(to)
	if err != nil || u.Query().Get("acr_values") != "urn:two-factors" || u.Query().Get("max_age") != "43200" {
		t.Fatal(to, err)
	}
	if a := b.get(b.atProvider(to, "strong-an")); a.to != "/en/account" {
		t.Fatal(a.status, a.body, r.log.String())
	}
	if p, err := r.people.Session(t.Context(), b.cookie()); err != nil || p.Person != person || p.Way != identity.ByFactors || !p.Factors() || p.SteppedUp(r.clock.now()) {
		t.Errorf("%+v %v", p, err)
	}
	weak := r.browser()
	if a := weak.get(weak.atProvider(weak.post("/account/oidc/real", "lang", "en").to, "an")); a.status != http.StatusForbidden || weak.cookie() != "" {
		t.Errorf("one factor: %d %q", a.status, weak.cookie())
	}
}

func TestProviderIsHeldToItsWord(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		demand Provider
		said   word
		ok     bool
	}{
		"nothing is demanded":       {Provider{}, word{}, true},
		"the level":                 {Provider{ACR: []string{"a", "b"}}, word{ACR: "b"}, true},
		"another level":             {Provider{ACR: []string{"a"}}, word{ACR: "c"}, false},
		"no level":                  {Provider{ACR: []string{"a"}}, word{}, false},
		"the method":                {Provider{AMR: []string{"mfa"}}, word{AMR: []string{"pwd", "mfa"}}, true},
		"another method":            {Provider{AMR: []string{"mfa"}}, word{AMR: []string{"pwd"}}, false},
		"no method":                 {Provider{AMR: []string{"mfa"}}, word{}, false},
		"the level, not the method": {Provider{ACR: []string{"a"}, AMR: []string{"mfa"}}, word{ACR: "a"}, false},
		"just now":                  {Provider{MaxAge: time.Hour}, word{At: now.Add(-time.Hour).Unix()}, true},
		"too long ago":              {Provider{MaxAge: time.Hour}, word{At: now.Add(-time.Hour - 2*time.Minute).Unix()}, false},
		"no time":                   {Provider{MaxAge: time.Hour}, word{}, false},
	} {
		if err := c.said.check(c.demand, now); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
