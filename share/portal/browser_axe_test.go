// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
	"haidang/event"
)

// TestFirstPage holds the first page to its budget, on the wire: everything
// that a first visit loads, the stream apart, in at most 120 KB; nothing is
// asked of another host and nothing is refused by the policy.
func TestFirstPage(t *testing.T) {
	s, _ := moving(t)
	browser := chromium.Start(t)
	host, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/vi/", "/en/"} {
		bytes := visit(t, browser, s.URL+path, func(asked string) {
			if u, err := url.Parse(asked); err != nil || u.Host != host.Host && u.Scheme != "data" {
				t.Errorf("%s asks another host: %s", path, asked)
			}
		})
		t.Logf("%s: %.0f bytes on the wire", path, bytes)
		if bytes == 0 || bytes > 120_000 {
			t.Errorf("%s: %.0f bytes on the wire, at most 120000", path, bytes)
		}
	}
}

// visit opens a page for the first time and gives the bytes that it loads; the page
// may not want what its policy refuses. What it asks for is told to asks.
func visit(t *testing.T, browser context.Context, address string, asks func(string)) float64 {
	t.Helper()
	ctx := chromium.Tab(t, browser)
	var mu sync.Mutex
	var bytes float64
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *network.EventRequestWillBeSent:
			asks(e.Request.URL)
		case *network.EventLoadingFinished:
			bytes += e.EncodedDataLength
		}
	})
	_, e1 := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	_, e2 := chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	if err := cmp.Or(err, e1, e2); err != nil {
		t.Fatal(err)
	}
	chromium.Open(t, ctx, address)
	// What scripts ask for comes after the page; the stream never ends.
	chromium.Do(t, ctx, chromedp.Sleep(time.Second))
	chromium.CheckAllowed(t, ctx, address)
	mu.Lock()
	defer mu.Unlock()
	return bytes
}

// TestNumbersMove waits for the counter of a page that is open to follow the
// gate, and measures how long it takes.
func TestNumbersMove(t *testing.T) {
	s, attacks := moving(t)
	ctx := inTab(t, chromium.Start(t), s.URL, look{path: "/en/", wide: 1440, theme: "dark"})
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
			if time.Since(begin) > time.Minute {
				t.Fatalf("the page still shows %d after a minute, want %d", n, next)
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
	ctx := inTab(t, chromium.Start(t), s.URL, look{path: "/vi/", wide: 1440, theme: "light"})
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
