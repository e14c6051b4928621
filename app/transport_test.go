// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"haidang/config"
)

// Every answer says how browsers come back and what it may do, whoever makes it.
func TestEveryAnswerIsProtected(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/v1/now", "/api/v1/events", "/vi/", "/en/sign-in", "/assets/none", "/nothing", "/.well-known/haidang/checkpoint", "/data/none.csv"} {
		r, err := http.Get(a.Address() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		h := r.Header
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || len(h.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s (%d): %v", path, r.StatusCode, h)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: plain http on one's own machine asks for https", path)
		}
	}
}

func TestStrictTransport(t *testing.T) {
	for name, c := range map[string]struct {
		tls    config.TLS
		origin string
		want   bool
	}{
		"a certificate":       {config.TLS{Cert: "c", Key: "k"}, "https://example.vn", true},
		"ACME":                {config.TLS{ACME: []string{"example.vn"}}, "", true},
		"behind a TLS proxy":  {config.TLS{Plain: true}, "https://example.vn", true},
		"a proxy without TLS": {config.TLS{Plain: true}, "http://example.vn", false},
		"one's own machine":   {config.TLS{}, "", false},
	} {
		cfg := config.Default()
		cfg.TLS, cfg.Portal.Origin = c.tls, c.origin
		a := made(cfg, slog.New(slog.DiscardHandler))
		w := httptest.NewRecorder()
		a.protected(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); (got == strictTransport) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Refusals are in the log by route, without what addresses hold, and no flood of
// them fills a disk.
func TestRefusalsAreLogged(t *testing.T) {
	var log bytes.Buffer
	a := made(config.Default(), slog.New(slog.NewTextHandler(&log, nil)))
	now := time.Date(2026, 3, 1, 8, 0, 30, 0, time.UTC)
	a.now = func() time.Time { return now }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /account/link/{secret}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	for path, status := range map[string]int{"GET /form": 400, "GET /much": 429, "GET /large": 413, "GET /gone": 404} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	mux.HandleFunc("GET /open", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) })
	h := a.protected(mux)
	ask := func(path string) {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	ask("/open")
	if log.Len() != 0 {
		t.Errorf("an answer is logged as refused: %s", &log)
	}
	for range 100 {
		ask("/account/link/s3cr3t")
	}
	all := log.String()
	for _, path := range []string{"/form", "/much", "/large"} { // not hidden behind the flood
		log.Reset()
		if ask(path); !strings.Contains(log.String(), `route="GET `+path+`"`) || !strings.Contains(log.String(), "from=192.0.2.1") {
			t.Errorf("%s: %s", path, &log)
		}
	}
	log.Reset()
	if ask("/gone"); log.Len() != 0 {
		t.Errorf("what is not there: %s", &log)
	}
	now = now.Add(time.Minute)
	ask("/account/link/s3cr3t")
	all += log.String()
	if n := strings.Count(all, "request refused"); n != refusalsAMinute+1 || !strings.Contains(all, "count=40") {
		t.Errorf("%d lines:\n%s", n, all)
	}
	if strings.Contains(all, "s3cr3t") || !strings.Contains(all, `route="GET /account/link/{secret}"`) || !strings.Contains(all, "from=192.0.2.1") {
		t.Errorf("%.400s", all)
	}
}
