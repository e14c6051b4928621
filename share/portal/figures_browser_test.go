// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
)

// TestFigurePages opens pages of figures: nothing is refused by the policy, the
// data block is read as JSON, and the first visit stays below 100 KB.
func TestFigurePages(t *testing.T) {
	s, _ := moving(t)
	browser := chromium.Start(t)
	for _, path := range []string{"/vi/so-lieu", "/en/country/VN", "/vi/bao-cao/2026-Q3", "/en/compare", "/embed/vi/bars/attacks?of=VN&by=kind&period=2026-Q3"} {
		bytes := visit(t, browser, s.URL+path, func(string) {})
		t.Logf("%s: %.0f bytes on the wire", path, bytes)
		if bytes == 0 || bytes > 100_000 {
			t.Errorf("%s: %.0f bytes on the wire, at most 100000", path, bytes)
		}
		ctx := chromium.Tab(t, browser)
		chromium.Open(t, ctx, s.URL+path)
		kind := chromium.Evaluate[string](t, ctx, `JSON.parse(document.querySelector('script[type="application/ld+json"]')?.textContent ?? '{"@type":"none"}')["@type"]`)
		if want := map[bool]string{true: "none", false: "Dataset"}[strings.HasPrefix(path, "/embed") || path == "/en/compare"]; kind != want {
			t.Errorf("%s: the data block is %q, want %q", path, kind, want)
		}
	}
}

// TestFramed frames a block and a page on somebody else's page: the block is
// shown, the page is not.
func TestFramed(t *testing.T) {
	s, _ := moving(t)
	browser := chromium.Start(t)
	for _, c := range []struct {
		path  string
		shown bool
	}{{"/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3", true}, {"/en/country/VN", false}} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><title>other</title><iframe src="` + s.URL + c.path + `"></iframe>`))
		}))
		t.Cleanup(other.Close)
		ctx := chromium.Tab(t, browser)
		chromium.Do(t, ctx, chromedp.Navigate(other.URL), chromedp.WaitReady("iframe"))
		got := ""
		for deadline := time.Now().Add(time.Minute); got != s.URL+c.path && !strings.HasPrefix(got, "chrome-error:"); time.Sleep(50 * time.Millisecond) {
			tree, err := chromedp.Call(ctx, cdppage.GetFrameTree, cdp.Empty{})
			if err != nil || len(tree.FrameTree.ChildFrames) != 1 || time.Now().After(deadline) {
				t.Fatalf("%s in a frame shows %q: %v %+v", c.path, got, err, tree)
			}
			got = tree.FrameTree.ChildFrames[0].Frame.URL
		}
		if (got == s.URL+c.path) != c.shown {
			t.Errorf("%s in a frame shows %s, want it shown: %v", c.path, got, c.shown)
		}
	}
}

// TestChartAsPNG presses the button that scripts add; the picture has pixels.
func TestChartAsPNG(t *testing.T) {
	s, _ := moving(t)
	ctx := inTab(t, chromium.Start(t), s.URL, look{path: "/vi/quoc-gia/VN?ky=2026-Q3", wide: 1440, theme: "light"})
	chromium.Until(t, ctx, `document.querySelector("#kinds hd-png button") !== null`)
	const press = `new Promise((done, no) => {
		const made = [];
		URL.createObjectURL = b => (made.push(b), "blob:x");
		HTMLAnchorElement.prototype.click = function () { done(made[0].type + " " + (made[0].size > 10000) + " " + this.download); };
		setTimeout(() => no("no picture within a minute"), 60000);
		document.querySelector("#kinds hd-png button").click();
	})`
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](press, chromedp.EvalAwaitPromise))
	if err != nil || got != "image/png true haidang-attacks-VN-kind-2026-Q3.png" {
		t.Errorf("%q %v", got, err)
	}
}
