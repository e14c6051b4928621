// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"haidang/event"
)

// keep writes a picture or a print into HAIDANG_SCREENS, to be looked at.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("HAIDANG_SCREENS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStaleIsSeen opens pages four minutes after the last report: the notice
// stands there, with and without scripts, and the number of now is dimmed.
func TestStaleIsSeen(t *testing.T) {
	s := serving(t, func() event.Picture {
		pic := samplePicture(time.Now().UTC(), 12340)
		pic.LastEvent = event.TimeOf(time.Now().Add(-4 * time.Minute))
		pic.Rate, pic.Flows = 0, nil
		return pic
	})
	b := browser(t)
	for _, k := range []look{
		{name: "stale-home-vi-1440-light", path: "/vi/", wide: 1440, theme: "light", seconds: 1.5},
		{name: "stale-home-en-390-dark", path: "/en/", wide: 390, theme: "dark", seconds: 1.5},
		{name: "stale-home-vi-390-nojs", path: "/vi/", wide: 390, theme: "light", noJS: true},
		{name: "stale-hosting-en-1440-light", path: "/en/hosting", wide: 1440, theme: "light", seconds: 1.5},
		{name: "stale-coverage-vi-1440-dark", path: "/vi/do-phu", wide: 1440, theme: "dark", seconds: .3},
	} {
		ctx := tab(t, b, s.URL, k)
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		keep(t, k.name+".png", png)
		if !k.noJS {
			high, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.querySelector("[data-stale]").offsetHeight`))
			if err != nil || high == 0 {
				t.Errorf("%s: the notice is %v high, %v", k.name, high, err)
			}
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
	}
}

// TestPrint shows pages as they are printed on A4: as a picture to be looked
// at, and as a PDF whose pages are counted.
func TestPrint(t *testing.T) {
	s, _ := moving(t)
	b := browser(t)
	leaf := regexp.MustCompile(`/Type ?/Page\b`)
	const a4 = 718 // CSS pixels between the margins
	for _, k := range []look{
		{name: "print-home-vi-dark", path: "/vi/", wide: a4, theme: "dark", seconds: 2},
		{name: "print-home-en-light", path: "/en/", wide: a4, theme: "light", seconds: 2},
		{name: "print-coverage-en-dark", path: "/en/coverage", wide: a4, theme: "dark"},
		{name: "print-report-vi-light", path: "/vi/bao-cao/2026-Q3", wide: a4, theme: "light"},
		{name: "print-report-en-dark", path: "/en/report/2026-Q3", wide: a4, theme: "dark"},
		{name: "print-country-vi-light", path: "/vi/quoc-gia/VN?ky=2026-Q3", wide: a4, theme: "light"},
		{name: "print-docs-vi-dark", path: "/vi/tai-lieu/01-install", wide: a4, theme: "dark"},
	} {
		ctx := tab(t, b, s.URL, k)
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: k.theme}}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: features})
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		keep(t, k.name+".png", png)
		printed, err := chromedp.Call(ctx, cdppage.PrintToPDF, cdppage.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		keep(t, k.name+".pdf", printed.Data)
		most := 6
		if strings.Contains(k.name, "report") {
			most = 14
		}
		if n := len(leaf.FindAll(printed.Data, -1)); n == 0 || n > most {
			t.Errorf("%s: %d sheets", k.name, n)
		} else {
			t.Logf("%s: %d sheets", k.name, n)
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
	}
}
