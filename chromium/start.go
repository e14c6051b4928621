// SPDX-License-Identifier: Apache-2.0

//go:build browser

package chromium

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is what a machine with much else to do may take for one page.
const patience = 4 * time.Minute

// Start starts a browser with an empty profile and gives its first tab; both end
// with the test.
func Start(t testing.TB) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed; run make setup-browser")
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(2*time.Minute))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 40*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal("chromium does not start: ", err)
	}
	listen(t, ctx)
	return ctx
}

// Tab opens another tab of a browser; it closes with the test.
func Tab(t testing.TB, browser context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	listen(t, ctx)
	return ctx
}

// listen has each page note from its beginning what its policy refuses.
func listen(t testing.TB, ctx context.Context) {
	t.Helper()
	const note = `window.refused = []; document.addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective + " " + e.blockedURI));`
	if _, err := chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: note}); err != nil {
		t.Fatal(err)
	}
}

// Screen is what a page is looked at on.
type Screen struct {
	Wide      int64  // CSS pixels; a telephone below 600
	Theme     string // light or dark
	Still     bool   // its owner prefers less motion
	NoScripts bool
}

// Show sets the screen of a tab, for the page that is open and those to come.
func Show(t testing.TB, ctx context.Context, s Screen) {
	t.Helper()
	motion := "no-preference"
	if s.Still {
		motion = "reduce"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.Theme}, {Name: "prefers-reduced-motion", Value: motion}}
	_, e1 := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	_, e2 := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: s.NoScripts})
	_, e3 := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.Wide, Height: 900, DeviceScaleFactor: 1, Mobile: s.Wide < 600})
	for _, err := range []error{e1, e2, e3} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Do carries out steps one after the other.
func Do(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// Open goes to an address and waits for the page, its scripts and its letters.
func Open(t testing.TB, ctx context.Context, address string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitReady("footer")); err != nil {
		t.Fatal(address, " ", err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.fonts.ready.then(() => true)", chromedp.EvalAwaitPromise)); err != nil {
		t.Fatal(address, " ", err)
	}
}

// Evaluate gives what an expression is in the page.
func Evaluate[T any](t testing.TB, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Until waits until an expression holds in a page that is whole; a page that is
// being left has no answer.
func Until(t testing.TB, ctx context.Context, holds string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
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
