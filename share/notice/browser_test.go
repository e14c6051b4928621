// SPDX-License-Identifier: Apache-2.0

//go:build browser

package notice

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A web mail reader's rendering: on a telephone nothing is wider than the
// screen, nothing is asked of another host, and letters can be read.
func TestTheHTMLInARealBrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed; run make setup-browser")
	}
	l := sampleLetter(t)
	html := l.open(t).html
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
	}))
	defer s.Close()
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path),
		chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	for _, width := range []int64{360, 1024} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(s.URL), chromedp.WaitReady("body")); err != nil {
			t.Fatal(err)
		}
		wide := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`)
		small := evaluate[float64](t, ctx, `Math.min(...[...document.querySelectorAll("p, li, h2")].map(e => parseFloat(getComputedStyle(e).fontSize)))`)
		asked := evaluate[int64](t, ctx, `performance.getEntriesByType("resource").filter(r => !r.name.endsWith("/favicon.ico")).length`)
		if wide > width || small < 14 || asked != 0 {
			t.Errorf("at %d: %d wide, letters of %v px, %d requests", width, wide, small, asked)
		}
		text := evaluate[string](t, ctx, `document.body.innerText`)
		for _, want := range []string{"Máy bị nhiễm mã độc", "Infected machine", "2001:db8::25"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d the page does not show %q", width, want)
			}
		}
		shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("HAIDANG_SCREENS"); dir != "" {
			if err := os.WriteFile(fmt.Sprintf("%s/notice-%d.png", dir, width), shot, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
