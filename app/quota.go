// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"haidang/share"
)

// quotaWindow is over how long requests are averaged: whoever asked nothing for so
// long may ask all of it at once.
const quotaWindow = 30 * time.Second

// withinQuota answers everybody at most so often: a person or token by itself, all
// others by their address. It is beside the doors, which have their own bounds, and
// leaves out this machine itself.
func (a *App) withinQuota(next http.Handler) http.Handler {
	q := a.cfg.Quota
	persons := share.NewLimiter[string](q.Person*int(quotaWindow/time.Second), time.Second/time.Duration(q.Person), a.now)
	addresses := share.NewLimiter[netip.Addr](q.Address*int(quotaWindow/time.Second), time.Second/time.Duration(q.Address), a.now)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := a.askedFrom(r)
		if from.IsLoopback() || unmetered(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		allowed := false
		if p, ok := a.principal(r); ok {
			allowed = persons.Allow(p.Person + p.Token)
		} else {
			allowed = addresses.Allow(household(from))
		}
		if !allowed {
			w.Header().Set("Retry-After", "2")
			http.Error(w, "Quá nhiều yêu cầu; hãy thử lại sau vài giây.\nToo many requests; try again in a few seconds.", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// household is whose requests are counted as one's: an IPv4 address, or a /64 of
// IPv6, which is one household's or office's.
func household(from netip.Addr) netip.Addr {
	if from.Is6() {
		p, _ := from.Prefix(64)
		return p.Addr()
	}
	return from
}

// unmetered holds for the doors, for what says how the observatory is, and for
// scripts and styles.
func unmetered(path string) bool {
	return strings.HasPrefix(path, "/api/v1/ingest/") || path == "/api/v1/heartbeat" || path == "/healthz" || path == "/readyz" ||
		path == "/metrics" || strings.HasPrefix(path, "/assets/")
}
