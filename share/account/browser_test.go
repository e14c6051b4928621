// SPDX-License-Identifier: Apache-2.0

//go:build browser

package account

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"haidang/identity"
)

// chromium starts the real browser with an empty profile.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed; run make setup-browser")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun,
		chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

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

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// until polls what holds in the page; a page that is being left has no answer.
func until(t *testing.T, ctx context.Context, holds string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && (`+holds+`)`))
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			here, _ := chromedp.Run(ctx, chromedp.Location())
			said, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main")?.innerText ?? ""`))
			t.Fatalf("%s never held at %s: %v\n%s", holds, here, err, said)
		}
	}
}

// at waits until the browser shows a page.
func at(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	until(t, ctx, `location.pathname + location.search === "`+path+`"`)
}

func TestPasskeyInARealBrowser(t *testing.T) {
	r := newRig(t, Config{})
	ctx := chromium(t)
	authenticator := plugIn(t, ctx)
	path, err := r.people.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Navigate(r.url+strings.Replace(path, "#", "?lang=vi#", 1)), chromedp.SendKeys("input[name=name]", "Nguyễn Thị An"), chromedp.Click("form.fields button"))
	at(t, ctx, "/vi/tai-khoan")

	// Registering.
	do(t, ctx, chromedp.SendKeys("hd-passkey input", "máy của An"), chromedp.Click("hd-passkey button"), chromedp.WaitVisible(`form[action="/account/passkeys/remove"] button`))
	people := r.people.People()
	if len(people) != 1 || len(people[0].Passkeys) != 1 || people[0].Passkeys[0].Name != "máy của An" {
		t.Fatalf("%+v", people)
	}
	kept, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: authenticator})
	if err != nil || len(kept.Credentials) != 1 || !kept.Credentials[0].IsResidentCredential {
		t.Fatal(kept, err)
	}

	// Signing in, without saying who.
	do(t, ctx, chromedp.Click(`form[action="/account/sign-out"] button`))
	at(t, ctx, "/vi/dang-nhap")
	do(t, ctx, chromedp.Click("hd-passkey button"))
	at(t, ctx, "/vi/tai-khoan")
	if s := r.people.Sessions(people[0].ID); len(s) != 1 || s[0].Way != identity.ByPasskey {
		t.Fatalf("%+v", s)
	}

	// Stepping up, when the confirmation is over.
	r.clock.add(16 * time.Minute)
	do(t, ctx, chromedp.SendKeys(`form[action="/account/tokens/create"] input[name=name]`, "sổ tay"),
		chromedp.Click(`input[value="events:read"]`), chromedp.Click(`form[action="/account/tokens/create"] button`))
	at(t, ctx, "/vi/tai-khoan/xac-nhan?next=/vi/tai-khoan")
	do(t, ctx, chromedp.Click("hd-passkey button"))
	at(t, ctx, "/vi/tai-khoan")
	do(t, ctx, chromedp.SendKeys(`form[action="/account/tokens/create"] input[name=name]`, "sổ tay"),
		chromedp.Click(`input[value="events:read"]`), chromedp.Click(`form[action="/account/tokens/create"] button`), chromedp.WaitVisible(".secret"))

	// A passkey that its owner took away no longer opens anything.
	if err := r.people.Disable(t.Context(), people[0].ID); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Navigate(r.url+"/vi/tai-khoan"))
	at(t, ctx, "/vi/dang-nhap")
	do(t, ctx, chromedp.Click("hd-passkey button"), chromedp.WaitVisible("hd-passkey .said"))
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
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(r.url+"/en/sign-in?next=/en/account"), chromedp.Click(`form[action="/account/oidc/real"] button`),
		chromedp.WaitVisible("input[name=login]"), chromedp.SendKeys("input[name=login]", "an"), chromedp.SendKeys("input[name=password]", "x"),
		chromedp.Click("button[type=submit]"))
	until(t, ctx, `location.pathname === "/en/account" || !document.querySelector("input[name=login]")`)
	if here, _ := chromedp.Run(ctx, chromedp.Location()); !strings.HasPrefix(here, r.url) {
		do(t, ctx, chromedp.Click("button[type=submit]"))
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
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(r.url+path), chromedp.WaitVisible("input[name=name]"))
	at(t, ctx, "/account/link/open")
	if seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + " " + document.referrer + " " + JSON.stringify(history.state)`)); err != nil || strings.Contains(seen, identity.LinkPrefix) {
		t.Errorf("%s %v", seen, err)
	}
	do(t, ctx, chromedp.NavigateBack())
	if here, err := chromedp.Run(ctx, chromedp.Location()); err != nil || strings.Contains(here, identity.LinkPrefix) {
		t.Errorf("one step back stands %s %v", here, err)
	}
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | ")))`

// TestPages looks at every page, wide and narrow, light and dark: nothing
// scrolls sideways, axe-core finds no barrier, the policy refuses nothing. With
// HAIDANG_SCREENS, pictures are left there to be looked at.
func TestPages(t *testing.T) {
	axe, err := os.ReadFile(cmp.Or(os.Getenv("HAIDANG_AXE"), "../../.cache/axe/package/axe.min.js"))
	if err != nil {
		t.Skip("axe-core is not here; run make setup-browser: ", err)
	}
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
	ctx := chromium(t)
	show := func(name, path string) {
		for _, wide := range []int64{390, 1440} {
			for _, theme := range []string{"light", "dark"} {
				_, e1 := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
				_, e2 := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: wide, Height: 900, DeviceScaleFactor: 1, Mobile: wide < 600})
				e3 := chromedp.Do(ctx, chromedp.Navigate(r.url+path), chromedp.WaitReady("footer.foot"))
				if err := cmp.Or(e1, e2, e3); err != nil {
					t.Fatal(name, err)
				}
				size, err := chromedp.Call(ctx, cdppage.GetLayoutMetrics, cdp.Empty{})
				if err != nil || int64(size.CSSContentSize.Width) > wide {
					t.Errorf("%s: the page is %v wide, the screen %d, %v", name, size.CSSContentSize.Width, wide, err)
				}
				if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+";0")); err != nil {
					t.Fatal(err)
				}
				found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
				if err != nil || len(found) > 0 {
					t.Errorf("%s, %d wide, %s: %q %v", name, wide, theme, found, err)
				}
				if dir := os.Getenv("HAIDANG_SCREENS"); dir != "" {
					png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, name+"-"+theme+"-"+map[bool]string{true: "narrow", false: "wide"}[wide < 600]+".png"), png, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	for name, path := range map[string]string{"signin-vi": "/vi/dang-nhap", "signin-en": "/en/sign-in", "link-vi": strings.Replace(invitation, "#", "?lang=vi#", 1), "open-vi": "/account/link?lang=vi", "lost-en": "/account/link?lang=en#hdl_x"} {
		show(name, path)
	}
	do(t, ctx, chromedp.Navigate(r.url+strings.Replace(back, "#", "?lang=vi#", 1)))
	at(t, ctx, "/account/link/open")
	do(t, ctx, chromedp.Click("form.fields button"))
	at(t, ctx, "/vi/tai-khoan")
	show("account-vi", "/vi/tai-khoan")
	show("account-en", "/en/account")
	show("confirm-vi", "/vi/tai-khoan/xac-nhan")
}
