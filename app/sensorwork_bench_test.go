// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"haidang/event"
	"haidang/share"
)

// pastDays is how many days of counts the pages below are opened over.
const pastDays = 100

// setClock is a clock that goes when it is set.
type setClock struct{ nano atomic.Int64 }

func (c *setClock) now() time.Time { return time.Unix(0, c.nano.Load()) }

func (c *setClock) set(t time.Time) { c.nano.Store(t.UnixNano()) }

// pastWorld is an observatory whose twenty sensors saw attacks from some 250 countries
// in every hour of the days before a Saturday noon, and its clock.
func pastWorld(tb testing.TB, data string) (*App, *setClock) {
	tb.Helper()
	cfg := settingsOf(data)
	cfg.Portal.Origin = "https://example.vn"
	cfg.Citations.Daily, cfg.Citations.PerVisitor = 1_000_000, 1_000_000
	noon := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	at, clock := noon.AddDate(0, 0, -pastDays), new(setClock)
	clock.set(at)
	a := New(cfg, slog.New(slog.DiscardHandler))
	a.now = clock.now
	if err := a.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	var b event.Batch
	n := uint64(0)
	for ; at.Before(noon); at = at.Add(time.Hour) {
		b.Reset()
		for i := range 1000 {
			n++
			b.Append(pastRecord(at, n, i))
		}
		clock.set(at.Add(time.Hour))
		a.measure.Add(&b)
		a.measure.Cut()
	}
	return a, clock
}

// scattered is a number that looks like chance and is the same in every run.
func scattered(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func pastRecord(at time.Time, n uint64, i int) *event.Event {
	x := scattered(n)
	e := new(event.Event)
	e.Reset()
	e.Time, e.Ingested = event.TimeOf(at.Add(time.Duration(x%3600)*time.Second)), event.TimeOf(at.Add(time.Hour))
	e.Observer = fmt.Sprintf("sensor-%02d", i%20)
	e.Stage, e.Affected, e.Count, e.Confirmed = event.StageAttempt, event.SideDestination, 1, event.ConfirmedYes
	switch {
	case x>>20%50 == 0:
		e.Stage = event.StageIncident
	case x>>20%50 == 1:
		e.Stage = event.StageState
	case x>>20%50 == 2:
		e.Confirmed = event.ConfirmedNo
	}
	e.RSIT = []event.RSIT{event.RSITBruteForce, event.RSITScanner, event.RSITExploit, event.RSITIDSAlert, event.RSITDDoS, event.RSITPhishing}[x>>26%6]
	e.Way = []event.Way{event.WayNetwork, event.WayWeb, event.WayMail}[x>>30%3]
	e.Source.Country = pastCountry(uint64(i) % 250)
	e.Destination.Country = event.MustCountry("VN")
	if x>>34%4 == 0 {
		e.Destination.Country = pastCountry(x >> 36 % 40)
	}
	e.Source.IP, e.Destination.IP = event.Addr{10: 0xff, 11: 0xff}, event.Addr{10: 0xff, 11: 0xff}
	binary.BigEndian.PutUint32(e.Source.IP[12:], uint32(i)<<16|uint32(x>>44%16))
	binary.BigEndian.PutUint32(e.Destination.IP[12:], uint32(x>>48%256))
	binary.BigEndian.PutUint64(e.Hash[:], scattered(x)) // each is an attack of its own
	binary.BigEndian.PutUint64(e.Hash[8:], n)
	return e
}

// pastCountry gives different countries' codes, VN, US, CN and SG among them.
func pastCountry(n uint64) event.Country {
	known := []string{"US", "CN", "VN", "SG"}
	if n < uint64(len(known)) {
		return event.MustCountry(known[n])
	}
	return event.MustCountry(string([]byte{byte('A' + n/26%26), byte('A' + n*7%26)}))
}

// pastPages are addresses of pages of figures of past periods.
func pastPages(now time.Time) (out []string) {
	var periods []string
	for back := 3; back < pastDays-8; back++ {
		periods = append(periods, now.AddDate(0, 0, -back).Format(time.DateOnly))
	}
	for back := 14; back < pastDays-14; back += 7 {
		year, week := now.AddDate(0, 0, -back).ISOWeek()
		periods = append(periods, fmt.Sprintf("%d-W%02d", year, week))
	}
	periods = append(periods, "2026-10", "2026-09", "2026-Q3")
	for _, period := range periods {
		for _, page := range []string{"/en/figures", "/en/hosting/by-period", "/en/country/US", "/en/kinds"} {
			out = append(out, page+"?period="+period)
		}
	}
	return out
}

// BenchmarkPastPages opens pages of past periods for the first time, as the program
// serves them: one operation is one page. It takes as many as there are, and then makes
// them anew with a later clock.
func BenchmarkPastPages(b *testing.B) {
	a, clock := pastWorld(b, b.TempDir())
	defer func() { _ = a.Stop(b.Context()) }()
	h, err := a.portal()
	if err != nil {
		b.Fatal(err)
	}
	pages := pastPages(clock.now())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i > 0 && i%len(pages) == 0 {
			clock.set(clock.now().Add(time.Hour))
		}
		if r := opened(h, pages[i*97%len(pages)]); r.Code != http.StatusOK {
			b.Fatal(r.Code, pages[i*97%len(pages)])
		}
	}
}

func opened(h share.Routed, path string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	h.ServeHTTP(w, r)
	return w
}
