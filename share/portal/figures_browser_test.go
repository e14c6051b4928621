// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestFigurePages opens pages of figures: nothing is refused by the policy, the
// data block is read as JSON, and the first visit stays below 100 KB.
func TestFigurePages(t *testing.T) {
	s, _ := moving(t)
	b := browser(t)
	for _, path := range []string{"/vi/so-lieu", "/en/country/VN", "/vi/bao-cao/2026-Q3", "/en/compare", "/embed/vi/bars/attacks?of=VN&by=kind&period=2026-Q3"} {
		ctx, cancel := chromedp.NewContext(b)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
		t.Cleanup(cancel)
		var mu sync.Mutex
		var bytes float64
		err := chromedp.Listen(ctx, func(ev any) {
			if e, ok := ev.(*network.EventLoadingFinished); ok {
				mu.Lock()
				bytes += e.EncodedDataLength
				mu.Unlock()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		_, e1 := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		_, e2 := chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		_, e3 := chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: `window.refused = []; document.addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective + " " + e.blockedURI));`})
		if e1 != nil || e2 != nil || e3 != nil {
			t.Fatal(e1, e2, e3)
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+path), chromedp.WaitReady("footer"), chromedp.Sleep(500*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		refused, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("refused"))
		if err != nil || len(refused) > 0 {
			t.Errorf("%s: refused by the policy: %v %v", path, refused, err)
		}
		kind, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.parse(document.querySelector('script[type="application/ld+json"]')?.textContent ?? '{"@type":"none"}')["@type"]`))
		if want := map[bool]string{true: "none", false: "Dataset"}[strings.HasPrefix(path, "/embed") || path == "/en/compare"]; err != nil || kind != want {
			t.Errorf("%s: the data block is %q, want %q: %v", path, kind, want, err)
		}
		mu.Lock()
		t.Logf("%s: %.0f bytes on the wire", path, bytes)
		if bytes == 0 || bytes > 100_000 {
			t.Errorf("%s: %.0f bytes on the wire, at most 100000", path, bytes)
		}
		mu.Unlock()
	}
}

// TestFramed frames a block and a page on somebody else's page: the block is
// shown, the page is not.
func TestFramed(t *testing.T) {
	s, _ := moving(t)
	b := browser(t)
	for path, shown := range map[string]bool{"/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3": true, "/en/country/VN": false} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><title>other</title><iframe src="` + s.URL + path + `"></iframe>`))
		}))
		t.Cleanup(other.Close)
		ctx, cancel := chromedp.NewContext(b)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
		t.Cleanup(cancel)
		if err := chromedp.Do(ctx, chromedp.Navigate(other.URL), chromedp.WaitReady("iframe")); err != nil {
			t.Fatal(err)
		}
		got := ""
		for deadline := time.Now().Add(time.Minute); got != s.URL+path && !strings.HasPrefix(got, "chrome-error:"); time.Sleep(50 * time.Millisecond) {
			tree, err := chromedp.Call(ctx, cdppage.GetFrameTree, cdp.Empty{})
			if err != nil || len(tree.FrameTree.ChildFrames) != 1 || time.Now().After(deadline) {
				t.Fatalf("%s in a frame shows %q: %v %+v", path, got, err, tree)
			}
			got = tree.FrameTree.ChildFrames[0].Frame.URL
		}
		if (got == s.URL+path) != shown {
			t.Errorf("%s in a frame shows %s, want it shown: %v", path, got, shown)
		}
	}
}

// TestChartAsPNG presses the button that scripts add; the picture has pixels.
func TestChartAsPNG(t *testing.T) {
	s, _ := moving(t)
	ctx := tab(t, browser(t), s.URL, look{name: "png", path: "/vi/quoc-gia/VN?ky=2026-Q3", wide: 1440, theme: "light", seconds: .5})
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
