// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"cmp"
	"context"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"haidang/event"
)

// finding is what axe-core says of one rule.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
	({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))})))`

// TestAccessible runs axe-core over every page, width, language and theme.
// make setup-browser puts axe-core under .cache; HAIDANG_AXE names another
// axe.min.js.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile(cmp.Or(os.Getenv("HAIDANG_AXE"), "../../.cache/axe/package/axe.min.js"))
	if err != nil {
		t.Skip("axe-core is not here; run make setup-browser: ", err)
	}
	s, _ := moving(t)
	b := browser(t)
	for _, k := range looks() {
		if k.noJS {
			continue
		}
		k.still = true // axe reads colours; nothing may be halfway
		ctx := tab(t, b, s.URL, k)
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+";0")); err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](runAxe, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		for _, f := range found {
			if f.Impact == "serious" || f.Impact == "critical" {
				t.Errorf("%s: %s (%s): %s\n\t%s", k.name, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n\t"))
			} else {
				t.Logf("%s: %s (%s): %s\n\t%s", k.name, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n\t"))
			}
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
	}
}

// TestFirstPage holds the first page to its budget, on the wire: everything
// that a first visit loads, the stream apart, in at most 120 KB; nothing is
// asked of another host and nothing is refused by the policy.
func TestFirstPage(t *testing.T) {
	s, _ := moving(t)
	b := browser(t)
	host, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/vi/", "/en/"} {
		ctx, cancel := chromedp.NewContext(b)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
		t.Cleanup(cancel)
		var mu sync.Mutex
		var bytes float64
		err := chromedp.Listen(ctx, func(ev any) {
			mu.Lock()
			defer mu.Unlock()
			switch e := ev.(type) {
			case *network.EventRequestWillBeSent:
				if u, err := url.Parse(e.Request.URL); err != nil || u.Host != host.Host && u.Scheme != "data" {
					t.Errorf("%s asks another host: %s", path, e.Request.URL)
				}
			case *network.EventLoadingFinished:
				bytes += e.EncodedDataLength
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
			t.Fatal(err)
		}
		watch := `window.refused = []; document.addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective + " " + e.blockedURI)); 0`
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+path), chromedp.WaitReady("footer.foot")); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](watch)); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.Sleep(3*time.Second)); err != nil {
			t.Fatal(err)
		}
		refused, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("refused"))
		if err != nil || len(refused) > 0 {
			t.Errorf("%s: refused by the policy: %v %v", path, refused, err)
		}
		mu.Lock()
		t.Logf("%s: %.0f bytes on the wire", path, bytes)
		if bytes == 0 || bytes > 120_000 {
			t.Errorf("%s: %.0f bytes on the wire, at most 120000", path, bytes)
		}
		mu.Unlock()
	}
}

// TestNumbersMove waits for the counter of a page that is open to follow the
// gate, and measures how long it takes.
func TestNumbersMove(t *testing.T) {
	s, attacks := moving(t)
	ctx := tab(t, browser(t), s.URL, look{name: "move", path: "/en/", wide: 1440, theme: "dark", seconds: 1})
	counter := `Number(document.querySelector("hd-counter[data-of=today]").textContent.replace(/\D/g, ""))`
	var worst time.Duration
	for i := range 20 {
		next := int64(100_000 * (i + 1))
		attacks.Store(next)
		begin := time.Now()
		for {
			n, err := chromedp.Run(ctx, chromedp.Evaluate[int64](counter))
			if err != nil {
				t.Fatal(err)
			}
			if n >= next {
				break
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("the page still shows %d after 30 s, want %d", n, next)
			}
		}
		worst = max(worst, time.Since(begin))
	}
	t.Logf("gate to page: at worst %v of 20; a machine with nothing else to do takes less than 1 s", worst)
	arcs, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".arcs path").length`))
	if err != nil {
		t.Fatal(err)
	}
	if arcs == 0 {
		t.Error("no flow is drawn")
	}
}

// TestFirstRecordsAppear opens the page before anything was ever reported; it
// must fill by itself when the first records come.
func TestFirstRecordsAppear(t *testing.T) {
	var begun atomic.Bool
	s := serving(t, func() event.Picture {
		if begun.Load() {
			pic := samplePicture(time.Now().UTC(), 12340)
			pic.Replay = false // a replay that begins reloads the page; here it must fill by itself
			return pic
		}
		return event.Picture{At: event.TimeOf(time.Now()), LastEvent: event.TimeUnset, SectorDay: event.TimeUnset, Watermark: event.TimeUnset}
	})
	ctx := tab(t, browser(t), s.URL, look{name: "first", path: "/vi/", wide: 1440, theme: "light", seconds: 1})
	shown := `[...document.querySelectorAll("#as tbody tr:not([hidden]), #hosting tbody tr:not([hidden]), #kinds tbody tr:not([hidden])")].map(r => r.textContent)`
	rows, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](shown))
	if err != nil || len(rows) != 0 {
		t.Fatalf("before anything was reported: %q, %v", rows, err)
	}
	begun.Store(true)
	deadline := time.Now().Add(time.Minute)
	for {
		rows, err = chromedp.Run(ctx, chromedp.Evaluate[[]string](shown))
		if err == nil && len(rows) == 27 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d rows: %q, %v", len(rows), rows, err)
		}
	}
	named, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#as tbody tr:not([hidden]) th span")].map(e => e.textContent + "|" + e.title)`))
	if err != nil || len(named) != 10 || named[0] != "AS4134 · CHINANET-BACKBONE No.31,Jin-rong…|AS4134 · CHINANET-BACKBONE No.31,Jin-rong Street" ||
		named[4] != `AS9009 · M247 <b>"Europe"</b> SRL|AS9009 · M247 <b>"Europe"</b> SRL` || named[5] != "AS51167|" {
		t.Errorf("networks: %q, %v", named, err)
	}
	if all := strings.Join(rows, "\n"); !strings.Contains(all, "1Trung Quốc3.208") || !strings.Contains(all, "Dò mật khẩu") {
		t.Errorf("rows: %s", all)
	}
}
