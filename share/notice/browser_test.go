// SPDX-License-Identifier: Apache-2.0

//go:build browser

package notice

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"haidang/chromium"
)

// A web mail reader's rendering: on a telephone nothing is wider than the
// screen, nothing is asked of another host, and letters can be read.
func TestTheHTMLInARealBrowser(t *testing.T) {
	l := sampleLetter(t)
	html := l.open(t).html
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
	}))
	defer s.Close()
	ctx := chromium.Start(t)
	for _, width := range []int64{360, 1024} {
		chromium.Do(t, ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(s.URL), chromedp.WaitReady("body"))
		wide := chromium.Evaluate[int64](t, ctx, `document.documentElement.scrollWidth`)
		small := chromium.Evaluate[float64](t, ctx, `Math.min(...[...document.querySelectorAll("p, li, h2")].map(e => parseFloat(getComputedStyle(e).fontSize)))`)
		asked := chromium.Evaluate[int64](t, ctx, `performance.getEntriesByType("resource").filter(r => !r.name.endsWith("/favicon.ico")).length`)
		if wide > width || small < 14 || asked != 0 {
			t.Errorf("at %d: %d wide, letters of %v px, %d requests", width, wide, small, asked)
		}
		text := chromium.Evaluate[string](t, ctx, `document.body.innerText`)
		for _, want := range []string{"Máy bị nhiễm mã độc", "Infected machine", "2001:db8::25"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d the page does not show %q", width, want)
			}
		}
		chromium.Picture(t, ctx, fmt.Sprint("notice-", width))
	}
}
