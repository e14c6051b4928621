// SPDX-License-Identifier: Apache-2.0

//go:build browser && !noduckdb

package desk

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
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
	ctx, cancel = context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(cancel)
	fatal(t, chromedp.Do(ctx))
	return ctx
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | ")))`

// seen is one page as somebody sees it.
type seen struct{ name, who, path string }

// TestPagesInARealBrowser looks at every page, wide and narrow, light and dark:
// nothing scrolls sideways, axe-core finds no barrier, no script of an attacker's
// runs. With HAIDANG_SCREENS, pictures are left there to be looked at.
func TestPagesInARealBrowser(t *testing.T) {
	axe, err := os.ReadFile(cmp.Or(os.Getenv("HAIDANG_AXE"), "../../.cache/axe/package/axe.min.js"))
	if err != nil {
		t.Skip("axe-core is not here; run make setup-browser: ", err)
	}
	r := newRig(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		who := q.URL.Query().Get("as")
		if who == "" {
			who = "all"
		}
		q.AddCookie(&http.Cookie{Name: "who", Value: who})
		r.http.Config.Handler.ServeHTTP(w, q)
	}))
	t.Cleanup(front.Close)
	decideSome(t, r)
	ctx := chromium(t)
	for _, s := range []seen{
		{"search-vi", "", "/vi/ban-phan-tich?period=7d"}, {"search-en", "", "/en/desk?period=24h&hosting.country=CN"},
		{"search-empty", "", "/en/desk?source.ip=192.0.2.1"}, {"search-wrong", "", "/vi/ban-phan-tich?source.ip=x"},
		{"record-vi", "", "/vi/ban-phan-tich/ban-ghi/01000000000000000000000000000001"}, {"record-gone-en", "", "/en/desk/records/01000000000000000000000000000000"},
		{"organisations-vi", "", "/vi/ban-phan-tich/to-chuc"}, {"organisation-en", "", fmt.Sprintf("/en/desk/organisations/%d", r.hosp)},
		{"import-vi", "", "/vi/ban-phan-tich/nhap"}, {"quarantine-en", "", "/en/desk/quarantine"},
		{"labels-en", "", "/en/desk/labels"}, {"labels-auditor-vi", "auditor", "/vi/ban-phan-tich/nhan?as=auditor"},
		{"ruling-vi", "", "/vi/ban-phan-tich/nhan/moi?sensor=hue-1&from=2026-11-21T08:00:00Z&to=2026-11-21T09:00:00Z&left=hosting.country"},
		{"ruling-en", "", "/en/desk/labels/new?record=" + idOf(5)},
		{"routing-vi", "", "/vi/ban-phan-tich/chay-thu?prefix=203.0.113.0/24&to=100001"}, {"audit-vi", "", "/vi/nhat-ky?person=Nguyen"},
		{"refused-en", "member", "/en/desk?as=member"}, {"unsteady-vi", "unsteady", "/vi/ban-phan-tich?as=unsteady"},
	} {
		for _, wide := range []int64{390, 1440} {
			for _, theme := range []string{"light", "dark"} {
				look(t, ctx, front.URL, s, wide, theme, string(axe))
			}
		}
	}
}

func look(t *testing.T, ctx context.Context, base string, s seen, wide int64, theme, axe string) {
	t.Helper()
	_, e1 := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	_, e2 := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: wide, Height: 900, DeviceScaleFactor: 1, Mobile: wide < 600})
	fatal(t, cmp.Or(e1, e2, chromedp.Do(ctx, chromedp.Navigate(base+s.path), chromedp.WaitReady("footer.foot"))))
	size, err := chromedp.Call(ctx, cdppage.GetLayoutMetrics, cdp.Empty{})
	if err != nil || int64(size.CSSContentSize.Width) > wide {
		t.Errorf("%s: the page is %v wide, the screen %d, %v", s.name, size.CSSContentSize.Width, wide, err)
	}
	_, err = chromedp.Run(ctx, chromedp.Evaluate[any](axe+";0"))
	fatal(t, err)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
	if err != nil || len(found) > 0 {
		t.Errorf("%s, %d wide, %s: %q %v", s.name, wide, theme, found, err)
	}
	if dir := os.Getenv("HAIDANG_SCREENS"); dir != "" {
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		fatal(t, err)
		fatal(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", s.name, wide, theme)), png, 0o600))
	}
}

// TestTheFormInARealBrowser asks, without scripts, a question by the form alone and comes to
// the record.
func TestTheFormInARealBrowser(t *testing.T) {
	r := newRig(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.AddCookie(&http.Cookie{Name: "who", Value: "analyst"})
		r.http.Config.Handler.ServeHTTP(w, q)
	}))
	t.Cleanup(front.Close)
	ctx := chromium(t)
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	fatal(t, err)
	fatal(t, chromedp.Do(ctx, chromedp.Navigate(front.URL+"/vi/ban-phan-tich"), chromedp.WaitReady("footer.foot"),
		chromedp.SendKeys(`.ask input[name=country]`, "cn"), chromedp.Click(".ask .button"), chromedp.WaitReady(".chips"),
		chromedp.Click(".b-records tbody a"), chromedp.WaitReady("#h-raw")))
	here, err := chromedp.Run(ctx, chromedp.Location())
	fatal(t, err)
	if want := front.URL + "/vi/ban-phan-tich/ban-ghi/"; len(here) <= len(want) || here[:len(want)] != want {
		t.Error(here)
	}
}

// decideSome makes decisions of every sort and state.
func decideSome(t *testing.T, r *rig) {
	t.Helper()
	set := []string{"step", "decide", "reason", hostileName, "sensor", "hue-1", "from", "2026-11-21T08:00", "to", "2026-11-21T09:00", "rule", hostileRule}
	for _, more := range [][]string{
		{"does", "tighten", "label", "TLP:RED"}, {"does", "release", "label", "TLP:AMBER audience:org/7,community/health-vn personal:basic PAP:GREEN", "basis", "letter 12"},
		{"does", "benign", "host", "192.0.2.0/24", "expires", "2026-12-01T00:00"},
	} {
		if got := r.post("analyst", "/en/desk/labels/new", append(more, set...)...); got.status != http.StatusSeeOther {
			t.Fatal(got.status, got.body)
		}
	}
	if got := r.post("analyst", "/en/desk/labels", "id", "ruling-0", "why", hostileName); got.status != http.StatusSeeOther {
		t.Fatal(got.status, got.body)
	}
}

// TestADecisionInARealBrowser labels a record from its page, by forms alone and
// looking first.
func TestADecisionInARealBrowser(t *testing.T) {
	r := newRig(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.AddCookie(&http.Cookie{Name: "who", Value: "analyst"})
		r.http.Config.Handler.ServeHTTP(w, q)
	}))
	t.Cleanup(front.Close)
	ctx := chromium(t)
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	fatal(t, err)
	fatal(t, chromedp.Do(ctx, chromedp.Navigate(front.URL+"/vi/ban-phan-tich/ban-ghi/"+idOf(5)), chromedp.WaitReady("footer.foot"),
		chromedp.Click(`a[href*="nhan/moi"]`), chromedp.WaitReady("form.ask"),
		chromedp.SendKeys(`input[name=label]`, "TLP:RED"), chromedp.SendKeys(`input[name=reason]`, "nguồn yêu cầu"),
		chromedp.Click(`button[value=preview]`), chromedp.WaitReady("#h-eyes"),
		chromedp.Click(`button[value=decide]`), chromedp.WaitReady("#h-labels")))
	if n := len(r.rulings.Decisions()); n != 1 {
		t.Errorf("%d decisions were made", n)
	}
}
