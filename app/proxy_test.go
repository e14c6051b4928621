// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"haidang/config"
)

// What a header says of who asks is believed from proxies alone, and of it only
// what they wrote themselves.
func TestForgedForwardedForIsNotBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		tls       config.TLS
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                     {config.TLS{}, "127.0.0.1:1", []string{"198.51.100.7"}, "127.0.0.1"},
		"TLS of its own":               {config.TLS{Cert: "c", Key: "k"}, "203.0.113.5:1", []string{"198.51.100.7"}, "203.0.113.5"},
		"a proxy on this machine":      {config.TLS{Plain: true}, "127.0.0.1:1", []string{"198.51.100.7"}, "198.51.100.7"},
		"another machine":              {config.TLS{Plain: true}, "203.0.113.5:1", []string{"198.51.100.7"}, "203.0.113.5"},
		"a proxy named":                {config.TLS{Plain: true, Proxies: []string{"10.0.0.5/32"}}, "10.0.0.5:1", []string{"198.51.100.7"}, "198.51.100.7"},
		"one beside it":                {config.TLS{Plain: true, Proxies: []string{"10.0.0.5/32"}}, "10.0.0.6:1", []string{"198.51.100.7"}, "10.0.0.6"},
		"what the asker put before":    {config.TLS{Plain: true}, "127.0.0.1:1", []string{"192.0.2.1, 198.51.100.7"}, "198.51.100.7"},
		"in a header of its own":       {config.TLS{Plain: true}, "127.0.0.1:1", []string{"192.0.2.1", "198.51.100.7"}, "198.51.100.7"},
		"a proxy in front of a proxy":  {config.TLS{Plain: true, Proxies: []string{"10.0.0.0/24"}}, "10.0.0.5:1", []string{"192.0.2.1, 198.51.100.7, 10.0.0.9"}, "198.51.100.7"},
		"the asker as the proxy":       {config.TLS{Plain: true}, "127.0.0.1:1", []string{"127.0.0.1, 198.51.100.7"}, "198.51.100.7"},
		"nothing":                      {config.TLS{Plain: true}, "127.0.0.1:1", nil, "127.0.0.1"},
		"no address":                   {config.TLS{Plain: true}, "127.0.0.1:1", []string{"192.0.2.1, unknown"}, "127.0.0.1"},
		"an IPv4 address in IPv6 form": {config.TLS{Plain: true}, "[::ffff:127.0.0.1]:1", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
	} {
		cfg := config.Default()
		cfg.TLS = c.tls
		a := made(cfg, slog.New(slog.DiscardHandler))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.forwarded
		r.Header.Set("X-Real-IP", "192.0.2.99")
		r.Header.Set("Forwarded", "for=192.0.2.99")
		if got := a.askedFrom(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Plain HTTP is for the proxies that speak TLS: nobody else is answered by it.
func TestPlainIsForProxies(t *testing.T) {
	for name, c := range map[string]struct {
		tls  config.TLS
		peer string
		want int
	}{
		"this machine":    {config.TLS{Plain: true, Proxies: []string{"10.0.0.5/32"}}, "127.0.0.1:1", http.StatusOK},
		"the proxy":       {config.TLS{Plain: true, Proxies: []string{"10.0.0.5/32"}}, "10.0.0.5:1", http.StatusOK},
		"another machine": {config.TLS{Plain: true, Proxies: []string{"10.0.0.5/32"}}, "10.0.0.6:1", http.StatusForbidden},
		"no proxy named":  {config.TLS{Plain: true}, "203.0.113.5:1", http.StatusForbidden},
		"no address":      {config.TLS{Plain: true}, "@", http.StatusForbidden},
		"by TLS":          {config.TLS{Cert: "c", Key: "k", Plain: true}, "203.0.113.5:1", http.StatusOK},
	} {
		cfg := config.Default()
		cfg.TLS = c.tls
		a := made(cfg, slog.New(slog.DiscardHandler))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		w := httptest.NewRecorder()
		a.protected(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != c.want || w.Header().Get("X-Content-Type-Options") == "" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
