// SPDX-License-Identifier: Apache-2.0

//go:build browser && !noduckdb

package desk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
)

// seen is one page as somebody sees it.
type seen struct{ name, who, path string }

// TestPagesInARealBrowser looks at every page, wide and narrow, light and dark:
// nothing scrolls sideways, axe-core finds no barrier, no script of an attacker's
// runs. With HAIDANG_SCREENS, pictures are left there to be looked at.
func TestPagesInARealBrowser(t *testing.T) {
	chromium.NeedAxe(t)
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
	ctx := chromium.Start(t)
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
		chromium.CheckEverywhere(t, ctx, s.name, front.URL+s.path)
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
	ctx := chromium.Start(t)
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
	ctx := chromium.Start(t)
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
