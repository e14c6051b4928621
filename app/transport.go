// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// strictTransport tells browsers to come by https alone, for a year (RFC 6797).
const strictTransport = "max-age=31536000; includeSubDomains"

// answerPolicy is what an answer may do in a browser unless its page says more:
// nothing. Data that are opened as a page run and load nothing.
const answerPolicy = "default-src 'none'; frame-ancestors 'none'"

// encrypted reports whether browsers reach this observatory by https: because it
// speaks TLS itself, or because of the proxy in front of it that tls.plain declares.
func (a *App) encrypted() bool {
	t := a.cfg.TLS
	return t.Cert != "" || len(t.ACME) > 0 || t.Plain && len(a.origin()) > 8 && a.origin()[:8] == "https://"
}

// protected sets what every answer carries, whoever makes it, and writes refusals
// into the program's log: by route, since addresses can hold one-time secrets.
func (a *App) protected(next http.Handler) http.Handler {
	encrypted := a.encrypted()
	next = a.byProxyAlone(next)
	refusals := &refusalLog{log: a.log, now: a.now}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", answerPolicy)
		if encrypted {
			h.Set("Strict-Transport-Security", strictTransport)
		}
		s := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(s, r)
		if forbidden[s.status] {
			refusals.note(s.status, "status", s.status, "method", method(r), "route", r.Pattern, "from", a.askedFrom(r), "who", a.pseudonymOf(r))
		}
	})
}

// forbidden are the answers to whoever tries what is not allowed: rights, forms,
// sizes and numbers of requests.
var forbidden = map[int]bool{
	http.StatusBadRequest: true, http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusRequestEntityTooLarge: true,
	http.StatusUnsupportedMediaType: true, http.StatusUnprocessableEntity: true, http.StatusTooManyRequests: true,
}

// pseudonymOf gives the name under which the audit log knows who asks, empty for
// visitors.
func (a *App) pseudonymOf(r *http.Request) string {
	p, ok := a.principal(r)
	if !ok {
		return ""
	}
	return string(a.audit.Pseudonym(cmp.Or(p.Person, p.Name)))
}

// method gives a request's method if it is one of HTTP's, so that the log holds no
// text of a stranger's.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return r.Method
	}
	return "other"
}

// statusWriter remembers how a request was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for handlers that send piece by piece.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// refusalsAMinute of one status are written one by one; those beyond are counted, so
// that nobody fills a disk by being refused, or hides one refusal behind others.
const refusalsAMinute = 60

type refusalLog struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	minute  time.Time
	written map[int]int
	counted int
}

func (l *refusalLog) note(status int, about ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := l.now().Truncate(time.Minute); !minute.Equal(l.minute) {
		if l.counted > 0 {
			l.log.Warn("requests were refused that are not listed", "count", l.counted, "minute", l.minute.UTC())
		}
		l.minute, l.written, l.counted = minute, map[int]int{}, 0
	}
	if l.written[status] == refusalsAMinute {
		l.counted++
		return
	}
	l.written[status]++
	l.log.Info("request refused", about...)
}
