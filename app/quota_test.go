// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haidang/config"
)

// metered is an observatory that answers one address twice a second.
func metered(t *testing.T) (ask func(path, from string) int) {
	t.Helper()
	cfg := config.Default()
	cfg.Quota = config.Quota{Address: 2, Person: 1}
	a := made(cfg, slog.New(slog.DiscardHandler))
	a.now = time.Now // the bubble's
	h := a.withinQuota(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(path, from string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Too many")) {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		return w.Code
	}
}

// An address gets its share of half a minute at once and then what comes back;
// others, the doors and this machine go on meanwhile.
func TestVisitorsHaveAQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := metered(t)
		answered := func(from string, n int) (ok int) {
			for range n {
				if ask("/api/v1/now", from) == http.StatusOK {
					ok++
				}
			}
			return ok
		}
		if got := answered("203.0.113.7:1000", 200); got != 60 {
			t.Errorf("%d at once, want 60", got)
		}
		for _, c := range []struct {
			from string
			want int
		}{{"203.0.113.8:1", 60}, {"127.0.0.1:1", 200}, {"[::1]:1", 200}} {
			if got := answered(c.from, 200); got != c.want {
				t.Errorf("%s: %d, want %d", c.from, got, c.want)
			}
		}
		for _, path := range []string{"/api/v1/ingest/eve", "/api/v1/heartbeat", "/healthz", "/readyz", "/metrics", "/assets/app.js"} {
			if got := ask(path, "203.0.113.7:1000"); got != http.StatusOK {
				t.Errorf("%s: %d", path, got)
			}
		}
		time.Sleep(2 * time.Second)
		if got := answered("203.0.113.7:2000", 10); got != 4 {
			t.Errorf("%d after two seconds, want 4", got)
		}
		if got := answered("[2001:db8::1]:1", 40) + answered("[2001:db8::2:3]:1", 40); got != 60 {
			t.Errorf("one network of IPv6 is answered %d times, want 60", got)
		}
	})
}

// Who is signed in is counted by themselves, wherever they come from: a hospital
// behind one address does not run out for its people.
func TestPeopleHaveAQuotaOfTheirOwn(t *testing.T) {
	cfg := settingsOf(t.TempDir())
	cfg.Quota = config.Quota{Address: 1, Person: 2}
	a := made(cfg, slog.New(slog.DiscardHandler))
	start := testNow()
	a.now = func() time.Time { return start } // before others look at it
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, a)
	h := a.withinQuota(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	ask := func(token string) (ok int) {
		for range 100 {
			r := httptest.NewRequest(http.MethodGet, "/api/v1/events", nil)
			r.RemoteAddr = "203.0.113.7:1"
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				ok++
			}
		}
		return ok
	}
	first := operatorToken(t, a)
	second, err := a.identity.CreateToken(t.Context(), "binh", "operator", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		token string
		want  int
	}{{"a visitor", "", 30}, {"an operator", first, 60}, {"another", second, 60}} {
		if got := ask(c.token); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if got := ask("hdo_wrong"); got != 0 {
		t.Errorf("a wrong token is a visitor's: %d", got)
	}
}
