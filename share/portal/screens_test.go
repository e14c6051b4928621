// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"haidang/chromium"
	"haidang/share"
)

// look is one way of looking at a page.
type look struct {
	name  string
	path  string
	wide  int64
	theme string
	noJS  bool
}

func (k look) screen() chromium.Screen {
	return chromium.Screen{Wide: k.wide, Theme: k.theme, NoScripts: k.noJS}
}

// inTab is a page in a tab of its own, as a look says.
func inTab(t *testing.T, browser context.Context, base string, k look) context.Context {
	t.Helper()
	ctx := chromium.Tab(t, browser)
	chromium.Show(t, ctx, k.screen())
	chromium.Open(t, ctx, base+k.path)
	return ctx
}

// looks is every page of a language, in the widths and themes that are due, with and
// without scripts; of those HAIDANG_LOOK keeps the ones whose name has it.
func looks(code string) []look {
	var out []look
	l := &language{Language: share.Language{Code: code}}
	for _, page := range []string{"home", "hosting", "coverage", "definitions", "docs", "lost", "overview", "country", "kinds", "ways", "hosting-period", "sectors", "compare", "surges", "reports", "report"} {
		path := l.path(page)
		switch page {
		case "country":
			path += "/VN" + l.query("period", "2026-11")
		case "ways":
			path += "/network" + l.query("period", "2026-10")
		case "report":
			path = l.path("reports") + "/2026-Q3"
		case "sectors":
			path += l.query("period", "2026-Q3") // with those by size
		case "lost":
			path = "/" + code + "/nowhere"
		case "docs":
			path += "01-install"
		}
		for _, wide := range []int64{390, 1440} {
			for _, theme := range []string{"light", "dark"} {
				if !chromium.Due(code, wide, theme) {
					continue
				}
				name := fmt.Sprintf("%s-%s-%d-%s", page, code, wide, theme)
				out = append(out, look{name: name, path: path, wide: wide, theme: theme})
				if page == "home" && theme == "light" {
					out = append(out, look{name: name + "-nojs", path: path, wide: wide, theme: theme, noJS: true})
				}
			}
		}
	}
	kept := out[:0]
	for _, k := range out {
		if strings.Contains(k.name, os.Getenv("HAIDANG_LOOK")) {
			kept = append(kept, k)
		}
	}
	return kept
}

// TestPages looks at every page, width, language and theme: none scrolls sideways,
// axe-core finds no barrier. HAIDANG_SCREENS keeps pictures, to be looked at, of all
// combinations.
func TestPages(t *testing.T) {
	chromium.NeedAxe(t)
	s, _ := moving(t)
	for _, code := range []string{"vi", "en"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel() // a browser each
			ctx := chromium.Start(t)
			for _, k := range looks(code) {
				screen := k.screen()
				screen.Still = !k.noJS // axe reads colours; nothing may be halfway
				chromium.Show(t, ctx, screen)
				chromium.Open(t, ctx, s.URL+k.path)
				chromium.CheckFits(t, ctx, k.name, k.wide)
				chromium.Picture(t, ctx, k.name)
				if !k.noJS {
					chromium.CheckAccessible(t, ctx, k.name)
				}
			}
		})
	}
}
