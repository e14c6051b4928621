// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// Gate is what the interface asks; classify offers it.
type Gate interface {
	Picture(v classify.Viewer) classify.Released[event.Picture]
	Events(ctx context.Context, v classify.Viewer, q event.Query) (classify.Released[classify.Page], error)
	Count(ctx context.Context, v classify.Viewer, q event.Query, m []event.Metric) (classify.Released[[]int64], error)
	Aggregate(ctx context.Context, v classify.Viewer, a event.Aggregate, limit int) (classify.Released[[]event.Cell], error)
	RollupFor(ctx context.Context, v classify.Viewer, q event.RollupQuery) (classify.Released[event.Rollup], error)
	Figure(ctx context.Context, v classify.Viewer, q event.FigureQuery) (classify.Released[event.Figure], error)
	Cite(ctx context.Context, v classify.Viewer, q event.FigureQuery, from netip.Addr) (classify.Released[event.Citation], error)
	AllSeries(ctx context.Context, v classify.Viewer) classify.Released[[]event.Series]
	OneSeries(ctx context.Context, v classify.Viewer, id string) (classify.Released[event.Series], error)
	Permalink(ctx context.Context, r classify.Released[event.Figure], from netip.Addr) (string, error)
	Batch(ctx context.Context, v classify.Viewer, id string, wait time.Duration) (classify.Released[classify.BatchState], error)
	Rejects(ctx context.Context, v classify.Viewer, q classify.RejectQuery) (classify.Released[classify.RejectPage], error)
	Sensors(ctx context.Context, v classify.Viewer) (classify.Released[[]classify.SensorReport], error)
	Accounting(ctx context.Context, v classify.Viewer, sensor string, from, to time.Time) (classify.Released[[]classify.Hour], error)
}

// Dependencies are what the interface needs from outside.
type Dependencies struct {
	Log     *slog.Logger
	Gate    Gate
	Viewer  func(token string) (classify.Viewer, error) // who holds a token
	Now     func() time.Time
	Version string
	// Origin is the public address, which permalinks begin with.
	Origin string
	// Address says from where a request comes, for limits on what visitors may make.
	Address func(*http.Request) netip.Addr
}

// API answers under /api/v1/.
type API struct {
	deps Dependencies
	mux  *share.Mux
}

// New makes the interface with all its operations.
func New(deps Dependencies) *API {
	a := &API{deps: deps, mux: share.NewMux()}
	c := huma.DefaultConfig("Hải Đăng", deps.Version)
	c.Info.Description = "National cyber-threat observatory. Times are RFC 3339; field names are those of the record (ECS and cert.*)."
	c.OpenAPIPath = "/api/v1/openapi"
	c.DocsPath, c.SchemasPath = "", "" // the ready-made pages load scripts from elsewhere
	c.CreateHooks = nil
	c.Formats = formats(c.Formats)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "haidang token create --role operator"},
	}
	h := humago.New(a.mux, c)
	a.records(h)
	a.rollups(h)
	a.catalogue(h)
	a.stats(h)
	a.cite(h)
	a.series(h)
	a.ledger(h)
	a.sensors(h)
	a.picture(h)
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, a.address(r))))
}

// Patterns lists the interface's routes.
func (a *API) Patterns() []string { return a.mux.Patterns() }

// get describes a GET operation that needs a token.
func get(id, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary,
		Security: []map[string][]string{{"token": {}}},
		Errors:   []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity},
	}
}

// Auth is the token that every closed operation takes.
type Auth struct {
	Authorization string `header:"Authorization" doc:"Bearer and an operator's token"`
}
