// SPDX-License-Identifier: Apache-2.0

//go:build browser

package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
	"haidang/identity"
)

// plugIn gives the browser an authenticator whose owner always agrees.
func plugIn(t *testing.T, ctx context.Context) webauthn.AuthenticatorID {
	t.Helper()
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	a, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	if err != nil {
		t.Fatal(err)
	}
	return a.AuthenticatorID
}

// at waits until the browser shows a page.
func at(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	chromium.Until(t, ctx, `location.pathname + location.search === "`+path+`"`)
}

func TestPasskeyInARealBrowser(t *testing.T) {
	r := newRig(t, Config{})
	ctx := chromium.Start(t)
	authenticator := plugIn(t, ctx)
	path, err := r.people.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chromium.Do(t, ctx, chromedp.Navigate(r.url+strings.Replace(path, "#", "?lang=vi#", 1)), chromedp.SendKeys("input[name=name]", "Nguyễn Thị An"), chromedp.Click("form.fields button"))
	at(t, ctx, "/vi/tai-khoan")

	// Registering.
	chromium.Do(t, ctx, chromedp.SendKeys("hd-passkey input", "máy của An"), chromedp.Click("hd-passkey button"), chromedp.WaitVisible(`form[action="/account/passkeys/remove"] button`))
	people := r.people.People()
	if len(people) != 1 || len(people[0].Passkeys) != 1 || people[0].Passkeys[0].Name != "máy của An" {
		t.Fatalf("%+v", people)
	}
	kept, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: authenticator})
	if err != nil || len(kept.Credentials) != 1 || !kept.Credentials[0].IsResidentCredential {
		t.Fatal(kept, err)
	}

	// Signing in, without saying who.
	chromium.Do(t, ctx, chromedp.Click(`form[action="/account/sign-out"] button`))
	at(t, ctx, "/vi/dang-nhap")
	chromium.Do(t, ctx, chromedp.Click("hd-passkey button"))
	at(t, ctx, "/vi/tai-khoan")
	if s := r.people.Sessions(people[0].ID); len(s) != 1 || s[0].Way != identity.ByPasskey {
		t.Fatalf("%+v", s)
	}

	// Stepping up, when the confirmation is over.
	r.clock.add(16 * time.Minute)
	chromium.Do(t, ctx, chromedp.SendKeys(`form[action="/account/tokens/create"] input[name=name]`, "sổ tay"),
		chromedp.Click(`input[value="events:read"]`), chromedp.Click(`form[action="/account/tokens/create"] button`))
	at(t, ctx, "/vi/tai-khoan/xac-nhan?next=/vi/tai-khoan")
	chromium.Do(t, ctx, chromedp.Click("hd-passkey button"))
	at(t, ctx, "/vi/tai-khoan")
	chromium.Do(t, ctx, chromedp.SendKeys(`form[action="/account/tokens/create"] input[name=name]`, "sổ tay"),
		chromedp.Click(`input[value="events:read"]`), chromedp.Click(`form[action="/account/tokens/create"] button`), chromedp.WaitVisible(".secret"))

	// A passkey that its owner took away no longer opens anything.
	if err := r.people.Disable(t.Context(), people[0].ID); err != nil {
		t.Fatal(err)
	}
	chromium.Do(t, ctx, chromedp.Navigate(r.url+"/vi/tai-khoan"))
	at(t, ctx, "/vi/dang-nhap")
	chromium.Do(t, ctx, chromedp.Click("hd-passkey button"), chromedp.WaitVisible("hd-passkey .said"))
	said, err := chromedp.Run(ctx, chromedp.Text("hd-passkey .said"))
	if err != nil || !strings.Contains(said, "Không đăng nhập được") {
		t.Errorf("%q %v", said, err)
	}
}

// TestProviderInARealBrowser finds a policy that keeps a form from leading to
// the provider.
func TestProviderInARealBrowser(t *testing.T) {
	r := newRigWithProvider(t)
	r.linked("an")
	ctx := chromium.Start(t)
	chromium.Do(t, ctx, chromedp.Navigate(r.url+"/en/sign-in?next=/en/account"), chromedp.Click(`form[action="/account/oidc/real"] button`),
		chromedp.WaitVisible("input[name=login]"), chromedp.SendKeys("input[name=login]", "an"), chromedp.SendKeys("input[name=password]", "x"),
		chromedp.Click("button[type=submit]"))
	chromium.Until(t, ctx, `location.pathname === "/en/account" || !document.querySelector("input[name=login]")`)
	if here, _ := chromedp.Run(ctx, chromedp.Location()); !strings.HasPrefix(here, r.url) {
		chromium.Do(t, ctx, chromedp.Click("button[type=submit]"))
	}
	at(t, ctx, "/en/account")
}

// TestLinkInARealBrowser opens a one-time link: its secret is gone from the address
// bar and the history before the page that says what it is for.
func TestLinkInARealBrowser(t *testing.T) {
	r := newRig(t, Config{})
	path, _, err := r.people.Invite(t.Context(), analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium.Start(t)
	chromium.Do(t, ctx, chromedp.Navigate(r.url+path), chromedp.WaitVisible("input[name=name]"))
	at(t, ctx, "/account/link/open")
	if seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + " " + document.referrer + " " + JSON.stringify(history.state)`)); err != nil || strings.Contains(seen, identity.LinkPrefix) {
		t.Errorf("%s %v", seen, err)
	}
	chromium.Do(t, ctx, chromedp.NavigateBack())
	if here, err := chromedp.Run(ctx, chromedp.Location()); err != nil || strings.Contains(here, identity.LinkPrefix) {
		t.Errorf("one step back stands %s %v", here, err)
	}
}

// TestPages looks at every page, wide and narrow, light and dark: nothing
// scrolls sideways, axe-core finds no barrier, the policy refuses nothing. With
// HAIDANG_SCREENS, pictures are left there to be looked at.
func TestPages(t *testing.T) {
	chromium.NeedAxe(t)
	r := newRig(t, Config{Providers: []Provider{{ID: "p", Name: "Cổng dịch vụ công", Issuer: "https://id.example.vn", ClientID: "c"}}})
	b, person := r.invited("Nguyễn Thị An", analyst)
	b.register()
	if _, _, err := r.people.CreateAccess(t.Context(), person, "sổ tay", identity.Scopes, r.clock.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	invitation, _, err := r.people.Invite(t.Context(), analyst, "")
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := r.people.Readmit(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium.Start(t)
	show := func(name, path string) { chromium.CheckEverywhere(t, ctx, name, r.url+path) }
	for _, page := range [][2]string{
		{"signin-vi", "/vi/dang-nhap"}, {"signin-en", "/en/sign-in"}, {"link-vi", strings.Replace(invitation, "#", "?lang=vi#", 1)},
		{"lost-en", "/account/link?lang=en#hdl_x"}, {"open-vi", "/account/link?lang=vi"},
	} {
		show(page[0], page[1])
	}
	// The page that is open differs from the link in the fragment alone.
	chromium.Do(t, ctx, chromedp.Navigate(r.url+strings.Replace(back, "#", "?lang=vi#", 1)))
	at(t, ctx, "/account/link/open")
	chromium.Do(t, ctx, chromedp.Click("form.fields button"))
	at(t, ctx, "/vi/tai-khoan")
	show("account-vi", "/vi/tai-khoan")
	show("account-en", "/en/account")
	show("confirm-vi", "/vi/tai-khoan/xac-nhan")
}
