// SPDX-License-Identifier: Apache-2.0

//go:build browser

package chromium

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axe is axe-core, read once; HAIDANG_AXE names another axe.min.js than the one
// that make setup-browser puts under .cache.
var axe = sync.OnceValues(func() (string, error) {
	path := os.Getenv("HAIDANG_AXE")
	for up := "."; path == ""; up += "/.." {
		at := filepath.Join(up, ".cache/axe/package/axe.min.js")
		_, missing := os.Stat(at)
		_, root := os.Stat(filepath.Join(up, "go.mod"))
		if missing == nil || root == nil || len(up) > 60 {
			path = at
		}
	}
	b, err := os.ReadFile(path)
	return string(b), err
})

// NeedAxe skips the test where axe-core is not installed.
func NeedAxe(t testing.TB) {
	t.Helper()
	if _, err := axe(); err != nil {
		t.Skip("axe-core is not here; run make setup-browser: ", err)
	}
}

// finding is what axe-core says of one rule.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
	({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))})))`

// CheckAccessible runs axe-core over the page that is open: what is serious or
// critical fails the test.
func CheckAccessible(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	script, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](script+";0")); err != nil {
		t.Fatal(name, " ", err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(name, " ", err)
	}
	for _, f := range found {
		say := t.Logf
		if f.Impact == "serious" || f.Impact == "critical" {
			say = t.Errorf
		}
		say("%s: %s (%s): %s\n\t%s", name, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

// CheckFits fails where the page that is open scrolls sideways.
func CheckFits(t testing.TB, ctx context.Context, name string, wide int64) {
	t.Helper()
	size, err := chromedp.Call(ctx, cdppage.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		t.Fatal(name, " ", err)
	}
	if got := size.CSSContentSize.Width; int64(got) > wide {
		t.Errorf("%s: the page is %v wide, the screen %d", name, got, wide)
	}
}

// CheckAllowed fails where the page that is open wanted what its policy refuses.
func CheckAllowed(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	if refused := Evaluate[[]string](t, ctx, "window.refused"); len(refused) > 0 {
		t.Errorf("%s: refused by the policy: %q", name, refused)
	}
}

// Check looks at the page that is open in every respect; its details are opened.
func Check(t testing.TB, ctx context.Context, name string, wide int64) {
	t.Helper()
	CheckFits(t, ctx, name, wide)
	Evaluate[any](t, ctx, `for (const d of document.querySelectorAll("details")) d.open = true; 0`)
	CheckAccessible(t, ctx, name)
	CheckAllowed(t, ctx, name)
	Picture(t, ctx, name)
}

// Due tells whether a page is looked at in a language, width and theme: each two of
// them meet; all three do where pictures are kept.
func Due(code string, wide int64, theme string) bool {
	return os.Getenv("HAIDANG_SCREENS") != "" || (code == "vi") == ((wide < 600) == (theme == "light"))
}

// CheckEverywhere opens a page wide and narrow, light and dark, as is due in the
// language that its name ends with, and looks at it.
func CheckEverywhere(t testing.TB, ctx context.Context, name, address string) {
	t.Helper()
	for _, wide := range []int64{390, 1440} {
		for _, theme := range []string{"light", "dark"} {
			if !Due(name[max(0, len(name)-2):], wide, theme) {
				continue
			}
			Show(t, ctx, Screen{Wide: wide, Theme: theme})
			Open(t, ctx, address)
			Check(t, ctx, name+map[bool]string{true: "-390-", false: "-1440-"}[wide < 600]+theme, wide)
		}
	}
}

// Picture leaves a picture of the page in HAIDANG_SCREENS, to be looked at.
func Picture(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	if os.Getenv("HAIDANG_SCREENS") == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(name, " ", err)
	}
	Keep(t, name+".png", png)
}

// Keep leaves a file in HAIDANG_SCREENS, where that is set.
func Keep(t testing.TB, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("HAIDANG_SCREENS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
