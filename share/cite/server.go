// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// Config of the room.
type Config struct {
	Zone    *time.Location // of the times shown beside UTC
	Origin  string         // the public address, which permalinks begin with
	Version string         // shown in the footer
	Replay  bool           // every page says so
}

// Gate is what the room asks; classify offers it.
type Gate interface {
	Cite(ctx context.Context, v classify.Viewer, q event.FigureQuery, from netip.Addr) (classify.Released[event.Citation], error)
	Citation(ctx context.Context, v classify.Viewer, id string) (classify.Released[event.Citation], error)
	ReplayCitation(ctx context.Context, v classify.Viewer, id string) (classify.Released[event.Replayed], error)
	FigureKeys(v classify.Viewer) classify.Released[[]event.FigureKey]
	AllSeries(ctx context.Context, v classify.Viewer) classify.Released[[]event.Series]
	OneSeries(ctx context.Context, v classify.Viewer, id string) (classify.Released[event.Series], error)
}

// Dependencies of the room. All but Log must be handed in.
type Dependencies struct {
	Gate Gate
	// EncodeKeys writes the list of keys as verifiers read it.
	EncodeKeys func([]event.FigureKey) ([]byte, error)
	// Address says from where a request comes; the zero one is not limited.
	Address func(*http.Request) netip.Addr
	// Viewer says who asks, by a token or a session.
	Viewer func(*http.Request) (classify.Viewer, error)
	Assets share.Assets
	Log    *slog.Logger
}

// Server answers the room's addresses. It is immutable after New.
type Server struct {
	cfg   Config
	dep   Dependencies
	log   *slog.Logger
	langs []*language
}

// New reads catalogues and templates; it asks nobody anything.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Gate == nil || dep.EncodeKeys == nil || dep.Address == nil || dep.Viewer == nil || dep.Assets == nil {
		return nil, errors.New("cite: everything but the log must be handed in")
	}
	s := &Server{cfg: cfg, dep: dep, log: cmp.Or(dep.Log, slog.New(slog.DiscardHandler))}
	s.cfg.Zone = share.Zone(s.cfg.Zone)
	var err error
	if s.langs, err = readLanguages(s.cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	return s, nil
}

// Handler answers the room's addresses.
func (s *Server) Handler() share.Routed {
	mux := share.NewMux()
	mux.HandleFunc("GET /f/{id}", s.figure)
	mux.HandleFunc("GET /f/{id}/replay", s.replay)
	mux.HandleFunc("POST /f/{$}", s.cite)
	mux.HandleFunc("/f/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, http.StatusNotFound) })
	mux.HandleFunc("GET /.well-known/haidang/figures.json", s.keys)
	for _, l := range s.langs {
		mux.HandleFunc("GET "+l.path("series"), s.list(l))
		mux.HandleFunc("GET "+l.path("series")+"/{id}", s.series(l))
	}
	return share.Around(s.guard(mux), mux)
}

// guard sets what every answer carries, and turns a fault of ours into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share.Public(w.Header())
		w.Header().Set("Cache-Control", "no-cache")
		defer share.Catch(s.log, r, func(status int) { s.fail(w, r, status) })
		next.ServeHTTP(w, r)
	})
}

// keys answers with all public keys, for verifiers.
func (s *Server) keys(w http.ResponseWriter, _ *http.Request) {
	r := s.dep.Gate.FigureKeys(classify.Nobody())
	text, err := s.dep.EncodeKeys(r.Value())
	if err != nil {
		panic(err)
	}
	send(w, "application/json", text)
}

func send(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body)
}

// cite makes a citation of what a form asks for and leads to it.
func (s *Server) cite(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	q := event.FigureQuery{
		Figure: r.PostFormValue("figure"), Of: r.PostFormValue("of"), By: split(r.PostFormValue("by")),
		Period: r.PostFormValue("period"), Zone: r.PostFormValue("zone"), Base: r.PostFormValue("base"),
	}
	if q.Period == "" {
		s.refuse(w, r, http.StatusUnprocessableEntity, "period: name one that has ended")
		return
	}
	c, err := s.dep.Gate.Cite(r.Context(), classify.Nobody(), q, s.dep.Address(r))
	var wrong *classify.QuestionError
	var limit *classify.LimitError
	switch {
	case errors.As(err, &wrong):
		s.refuse(w, r, http.StatusUnprocessableEntity, wrong.Error())
	case errors.As(err, &limit):
		s.refuse(w, r, http.StatusTooManyRequests, limit.Detail)
	case err != nil:
		s.without(w, r, err)
	default:
		v := c.Value()
		http.Redirect(w, r, "/f/"+v.ID, http.StatusSeeOther)
	}
}
