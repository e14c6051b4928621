// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"haidang/share"
)

// browser starts Chromium with an empty profile.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// look is one way of looking at a page.
type look struct {
	name    string
	path    string
	wide    int64
	theme   string
	noJS    bool
	still   bool
	seconds float64
}

// tab opens a page in a new tab, as a look says.
func tab(t *testing.T, parent context.Context, base string, k look) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	motion := "no-preference"
	if k.still {
		motion = "reduce"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: k.theme}, {Name: "prefers-reduced-motion", Value: motion}}
	_, e1 := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	_, e2 := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: k.noJS})
	_, e3 := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: k.wide, Height: 900, DeviceScaleFactor: 1, Mobile: k.wide < 600})
	err := errors.Join(e1, e2, e3, chromedp.Do(ctx, chromedp.Navigate(base+k.path), chromedp.WaitReady("footer.foot"),
		chromedp.Sleep(time.Duration(k.seconds*float64(time.Second)))))
	if err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	return ctx
}

// looks is every page, width, language and theme, with and without scripts; of
// those HAIDANG_LOOK keeps the ones whose name has it.
func looks() []look {
	return slices.DeleteFunc(everyLook(), func(k look) bool { return !strings.Contains(k.name, os.Getenv("HAIDANG_LOOK")) })
}

func everyLook() []look {
	var out []look
	for _, page := range []string{"home", "hosting", "coverage", "definitions", "docs", "lost", "overview", "country", "kinds", "ways", "hosting-period", "sectors", "compare", "surges", "reports", "report"} {
		for _, l := range []*language{{Language: share.Language{Code: "vi"}}, {Language: share.Language{Code: "en"}}} {
			path := l.path(page)
			switch page {
			case "country":
				path += "/VN" + l.query("period", "2026-11")
			case "ways":
				path += "/network" + l.query("period", "2026-10")
			case "report":
				path = l.path("reports") + "/2026-Q3"
			case "lost":
				path = "/" + l.Code + "/nowhere"
			case "docs":
				path += "01-install"
			}
			for _, wide := range []int64{390, 1440} {
				for _, theme := range []string{"light", "dark"} {
					name := fmt.Sprintf("%s-%s-%d-%s", page, l.Code, wide, theme)
					out = append(out, look{name: name, path: path, wide: wide, theme: theme, seconds: 0.3})
					if page == "home" && theme == "light" {
						out = append(out, look{name: name + "-nojs", path: path, wide: wide, theme: theme, noJS: true})
					}
				}
			}
		}
	}
	return out
}

// TestScreens writes pictures of the pages into HAIDANG_SCREENS, to be looked
// at; a page that scrolls sideways fails.
func TestScreens(t *testing.T) {
	s, _ := moving(t)
	b := browser(t)
	dir := os.Getenv("HAIDANG_SCREENS")
	for _, k := range looks() {
		if strings.HasPrefix(k.name, "home") && !k.noJS {
			k.seconds = 2.5
		}
		ctx := tab(t, b, s.URL, k)
		size, err := chromedp.Call(ctx, cdppage.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		if int64(size.CSSContentSize.Width) > k.wide {
			t.Errorf("%s: the page is %v wide, the screen %d", k.name, size.CSSContentSize.Width, k.wide)
		}
		if dir != "" {
			if err := os.WriteFile(filepath.Join(dir, k.name+".png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
	}
}
