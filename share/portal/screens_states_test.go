// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
	"haidang/event"
)

// TestStaleIsSeen opens pages four minutes after the last report: the notice
// stands there, with and without scripts, and the number of now is dimmed.
func TestStaleIsSeen(t *testing.T) {
	s := serving(t, func() event.Picture {
		pic := samplePicture(time.Now().UTC(), 12340)
		pic.LastEvent = event.TimeOf(time.Now().Add(-4 * time.Minute))
		pic.Rate, pic.Flows = 0, nil
		return pic
	})
	browser := chromium.Start(t)
	for _, k := range []look{
		{name: "stale-home-vi-1440-light", path: "/vi/", wide: 1440, theme: "light"},
		{name: "stale-home-en-390-dark", path: "/en/", wide: 390, theme: "dark"},
		{name: "stale-home-vi-390-nojs", path: "/vi/", wide: 390, theme: "light", noJS: true},
		{name: "stale-hosting-en-1440-light", path: "/en/hosting", wide: 1440, theme: "light"},
		{name: "stale-coverage-vi-1440-dark", path: "/vi/do-phu", wide: 1440, theme: "dark"},
	} {
		ctx := inTab(t, browser, s.URL, k)
		chromium.Picture(t, ctx, k.name)
		if !k.noJS {
			chromium.Until(t, ctx, `document.querySelector("[data-stale]").offsetHeight > 0`)
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
	browser := chromium.Start(t)
	leaf := regexp.MustCompile(`/Type ?/Page\b`)
	const a4 = 718 // CSS pixels between the margins
	for _, k := range []look{
		{name: "print-home-vi-dark", path: "/vi/", wide: a4, theme: "dark"},
		{name: "print-home-en-light", path: "/en/", wide: a4, theme: "light"},
		{name: "print-coverage-en-dark", path: "/en/coverage", wide: a4, theme: "dark"},
		{name: "print-report-vi-light", path: "/vi/bao-cao/2026-Q3", wide: a4, theme: "light"},
		{name: "print-report-en-dark", path: "/en/report/2026-Q3", wide: a4, theme: "dark"},
		{name: "print-country-vi-light", path: "/vi/quoc-gia/VN?ky=2026-Q3", wide: a4, theme: "light"},
		{name: "print-docs-vi-dark", path: "/vi/tai-lieu/01-install", wide: a4, theme: "dark"},
	} {
		ctx := inTab(t, browser, s.URL, k)
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: k.theme}}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: features})
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		chromium.Picture(t, ctx, k.name)
		printed, err := chromedp.Call(ctx, cdppage.PrintToPDF, cdppage.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		chromium.Keep(t, k.name+".pdf", printed.Data)
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
