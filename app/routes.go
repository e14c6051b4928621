// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"haidang/classify"
	"haidang/collect"
	"haidang/collect/bulk"
	"haidang/collect/ingest"
	"haidang/docs"
	"haidang/event"
	"haidang/identity"
	"haidang/journal"
	"haidang/share"
	"haidang/share/api"
	"haidang/share/live"
	"haidang/share/portal"
	"haidang/vitals"
	"haidang/web"
)

// routes builds doors, interface, live frames and portal behind one listener.
func (a *App) routes(ctx context.Context) (http.Handler, error) {
	frames, err := live.New(live.Config{}, live.Dependencies{Gate: a.gate, ASName: a.enricher.ASName, Log: a.log, Metrics: a.metrics})
	if err != nil {
		return nil, err
	}
	if err := frames.Start(ctx); err != nil {
		return nil, err
	}
	a.frames = frames
	a.life.add("live frames", frames.Stop) // for a start that fails before anybody listens
	pages, err := a.portal()
	if err != nil {
		return nil, err
	}
	doors := a.doors()
	a.intake.Store(doors)
	a.metrics.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	mux := share.NewMux()
	door := ingest.New(doors)
	mux.Handle("/api/v1/ingest/{format}", door)
	mux.Handle("/api/v1/heartbeat", heartbeats(door))
	answers := api.New(api.Dependencies{
		Log: a.log, Gate: a.gate, Now: a.now, Version: vitals.Version, Origin: a.origin(), Address: a.askedFrom,
		Viewer: func(token string) (classify.Viewer, error) { return a.viewer(a.stopping, token) },
	})
	mux.Mount("/api/v1/", share.Around(a.reads(a.guardPublic(answers)), answers))
	mux.Handle("/live", a.guard(frames))
	mux.Handle("GET /.well-known/haidang/checkpoint", a.audit.CheckpointHandler())
	if err := a.mountCitations(mux); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", a.operatorUnlessLocal(promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{})))
	if err := errors.Join(a.mountPeople(mux), a.mountDesk(mux), a.mountReleaseDesk(mux)); err != nil {
		return nil, err
	}
	mux.Mount("/", share.Around(a.guard(pages), pages))
	a.patterns = mux.Patterns()
	shippers, answered := bulk.New(bulk.Config{}, doors), a.withinQuota(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if shippers.Wants(r) {
			shippers.ServeHTTP(w, r)
			return
		}
		answered.ServeHTTP(w, r)
	}), nil
}

func (a *App) portal() (share.Routed, error) {
	assets, err := web.New()
	if err != nil {
		return nil, err
	}
	p, err := portal.New(portal.Config{
		Replay: a.cfg.Portal.Replay, Zone: a.zone, Version: vitals.Version, Origin: a.origin(), Members: a.account != nil,
	}, portal.Dependencies{Gate: a.gate, Assets: assets, Docs: docs.Pages, ASName: a.enricher.ASName, Log: a.log, Now: a.now})
	if err != nil {
		return nil, err
	}
	return p.Handler(), nil
}

// origin is the address that citations name: the public one or, on a machine of
// one's own, where it listens.
func (a *App) origin() string {
	switch o := a.cfg.Portal.Origin; {
	case o != "":
		return strings.TrimRight(o, "/")
	case len(a.cfg.TLS.ACME) > 0:
		return "https://" + a.cfg.TLS.ACME[0]
	case a.cfg.Loopback():
		return a.address
	}
	return ""
}

func (a *App) doors() *collect.Intake {
	return collect.New(collect.Config{
		MaxBody: int64(a.cfg.Ingest.MaxBody), MaxRecord: int(a.cfg.Ingest.MaxRecord), InFlight: int64(a.cfg.Ingest.InFlight),
	}, collect.Dependencies{
		Journal: desk{a}, Sensors: a.identity, Formats: a.normaliser, Classify: problemOf,
		Log: a.log, Metrics: a.metrics, Now: a.now,
	})
}

// desk lets the doors reach the journal. An observatory that shows a replay to
// anybody takes nothing but replays, so that nothing live is shown by mistake.
type desk struct{ app *App }

func (d desk) Begin(x event.Delivery) (collect.Append, error) {
	if d.app.cfg.Portal.Replay && !x.Replay {
		p := collect.ProblemFor(http.StatusForbidden)
		p.Code, p.Detail = "replay-only", "This observatory shows a replay and takes nothing live; start one without --replay for live sensors."
		return nil, p
	}
	batch, err := d.app.journal.Begin(x)
	if err != nil {
		return nil, err
	}
	return d.app.pseudonyms.guarded(x, batch)
}

// statuses says how the doors answer errors of journal and identity. Their
// texts are written for senders.
var statuses = []struct {
	err    error
	status int
}{
	{journal.ErrBehind, http.StatusTooManyRequests},
	{journal.ErrNoSpace, http.StatusInsufficientStorage},
	{journal.ErrKeyBusy, http.StatusConflict},
	{journal.ErrKeyMismatch, http.StatusUnprocessableEntity},
	{journal.ErrSpool, http.StatusUnprocessableEntity},
	{journal.ErrInvalid, http.StatusBadRequest},
	{journal.ErrTooLong, http.StatusRequestEntityTooLarge},
	{journal.ErrExpired, http.StatusRequestTimeout},
	{journal.ErrUnavailable, http.StatusServiceUnavailable},
	{journal.ErrNotReady, http.StatusServiceUnavailable},
	{journal.ErrStopped, http.StatusServiceUnavailable},
	{identity.ErrUnknownToken, http.StatusUnauthorized},
	{identity.ErrExpired, http.StatusUnauthorized},
	{identity.ErrRevoked, http.StatusForbidden},
	{identity.ErrNotStarted, http.StatusServiceUnavailable},
}

func problemOf(err error) collect.Problem {
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return collect.ProblemFor(s.status)
		}
	}
	return collect.ProblemOf(err)
}

// guardPublic closes the open part of the interface where the portal is closed;
// all else in it asks for a token by itself.
func (a *App) guardPublic(next http.Handler) http.Handler {
	guarded := a.guard(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if openToAll(r.URL.Path) {
			guarded.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// openToAll holds for the paths of the interface that ask for no token.
func openToAll(path string) bool {
	return path == "/api/v1/now" || path == "/api/v1/cite" || path == "/api/v1/series" || path == "/api/v1/stats" ||
		strings.HasPrefix(path, "/api/v1/stats/") || strings.HasPrefix(path, "/api/v1/series/")
}

// operatorUnlessLocal closes metrics, which name sensors, where the listener
// reaches beyond this machine.
func (a *App) operatorUnlessLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.cfg.Loopback() {
			if v, err := a.who(r); err != nil || !v.Has(classify.Operator) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="haidang"`)
				http.Error(w, "metrics need an operator's token", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
