// SPDX-License-Identifier: Apache-2.0

package release

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"haidang/classify"
	desk "haidang/release"
	"haidang/share"
)

// Config of the room.
type Config struct {
	Zone    *time.Location // of the times shown and typed; Vietnam's when nil
	Version string         // shown in the footer
	Replay  bool           // every page says so
	Public  bool           // visitors reach this observatory at all: it listens beyond this machine
}

// Asker is who asks, as signed in.
type Asker struct {
	Viewer classify.Viewer
	Name   string // shown in the page's head
	Actor  string // by which decisions name the person
	Steady bool   // showed a passkey within minutes
}

// Desk keeps decisions.
type Desk interface {
	State() *desk.State
	Now() time.Time
	// Decide makes a decision hold, after writing it down.
	Decide(context.Context, Asker, desk.Change) error
}

// Dependencies of the room.
type Dependencies struct {
	Desk   Desk
	Assets share.Assets
	Log    *slog.Logger
	// Who says who is signed in; false for a stranger.
	Who func(*http.Request) (Asker, bool)
	// Person names who decided, by Signed.By; "" where nobody of that name is left.
	Person func(actor string) string
	// Protect turns away changes that another site's page asks for.
	Protect func(http.Handler) http.Handler
}

// Server answers the room's addresses. Its methods may be called by any goroutine.
type Server struct {
	cfg   Config
	dep   Dependencies
	langs []*language
}

// New reads templates and catalogues; it asks nobody anything.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Desk == nil || dep.Assets == nil || dep.Who == nil || dep.Person == nil || dep.Protect == nil {
		return nil, errors.New("release desk: a neighbour was not handed in")
	}
	if dep.Log == nil {
		dep.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Zone = share.Zone(cfg.Zone)
	s := &Server{cfg: cfg, dep: dep}
	var err error
	if s.langs, err = readLanguages(cfg.Zone, dep.Assets); err != nil {
		return nil, err
	}
	return s, nil
}

// paths of the page and of those that it links, in both languages.
var paths = share.Places{
	{Page: "release", VI: "/vi/ban-cong-bo", EN: "/en/release"},
	{Page: "home", VI: "/vi/", EN: "/en/"},
	{Page: "desk", VI: "/vi/ban-phan-tich", EN: "/en/desk"},
	{Page: "account", VI: "/vi/tai-khoan", EN: "/en/account"},
	{Page: "signin", VI: "/vi/dang-nhap", EN: "/en/sign-in"},
	{Page: "confirm", VI: "/vi/tai-khoan/xac-nhan", EN: "/en/account/confirm"},
}

func (l *language) path(page string) string { return paths.Path(l.Code, page) }

// Mounts lists the patterns of http.ServeMux that Handler is to be mounted at.
func Mounts() []string {
	return []string{"/vi/ban-cong-bo", "/en/release", "/vi/ban-cong-bo/", "/en/release/"}
}

// maxForm bounds what a form may send.
const maxForm = 64 << 10

// Handler answers the room's addresses.
func (s *Server) Handler() share.Routed {
	mux := share.NewMux()
	for _, l := range s.langs {
		mux.HandleFunc("GET "+l.path("release"), s.open(l, func(v *view) { v.show(http.StatusOK, "") }))
		for name, read := range decisions {
			mux.HandleFunc("POST "+l.path("release")+"/"+name, s.open(l, func(v *view) { v.decide(read) }))
		}
	}
	return share.Around(s.guard(s.dep.Protect(mux)), mux)
}

// guard sets what every answer carries, and turns a fault of ours into an answer.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share.Private(w.Header(), share.PagePolicy)
		defer share.Catch(s.dep.Log, r, func(status int) { http.Error(w, strconv.Itoa(status), status) })
		next.ServeHTTP(w, r)
	})
}

// view is one request on its way to the page.
type view struct {
	*Server
	w     http.ResponseWriter
	r     *http.Request
	l     *language
	asker Asker
}

// open lets in analysts. Strangers are sent to sign in; everybody else is refused.
func (s *Server) open(l *language, h func(*view)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		asker, ok := s.dep.Who(r)
		if !ok {
			share.ToSignIn(w, r, l.path("signin"), "")
			return
		}
		v := &view{Server: s, w: w, r: r, l: l, asker: asker}
		if !asker.Viewer.Has(classify.Analyst) {
			v.refuse(http.StatusForbidden, l.T("error.role"))
			return
		}
		h(v)
	}
}

// decide reads a decision and makes it hold; what is wrong with it is said above
// the page.
func (v *view) decide(read func(*form) desk.Change) {
	if err := v.r.ParseForm(); err != nil {
		v.show(http.StatusRequestEntityTooLarge, v.l.T("error.form"))
		return
	}
	if !v.asker.Steady {
		v.show(http.StatusForbidden, v.l.T("error.steady"))
		return
	}
	f := &form{r: v.r, zone: v.cfg.Zone, by: desk.Signed{By: v.asker.Actor, At: v.dep.Desk.Now().UTC()}}
	change := read(f)
	err := f.wrong
	if err == nil {
		err = v.dep.Desk.Decide(v.r.Context(), v.asker, change)
	}
	switch {
	case err == nil:
		http.Redirect(v.w, v.r, v.l.path("release")+"?said=done", http.StatusSeeOther)
	case errors.Is(err, desk.ErrInvalid):
		v.show(http.StatusUnprocessableEntity, err.Error())
	default:
		v.dep.Log.Error("release desk", "error", err)
		v.show(http.StatusInternalServerError, v.l.T("error.500"))
	}
}
