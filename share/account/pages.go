// SPDX-License-Identifier: Apache-2.0

package account

import (
	"embed"
	"net/http"
	"slices"
	"strings"

	"haidang/identity"
	"haidang/share"
)

//go:embed templates
var templates embed.FS

var pageNames = []string{"signin", "account", "confirm", "open", "link", "token", "error"}

// page is what every template sees.
type page struct {
	Lang, Page, Title, Path string
	Other                   string // the page in the other language; empty when it has none
	OtherLang               string
	Theme                   string // light, dark or empty
	Name                    string // of who is signed in
	Doors                   []door // to other rooms that they may enter
	Replay                  bool
	Version                 string
	Next                    string
	Body                    any
}

// door is another room's page in the navigation.
type door struct{ Path, Text string }

// doors lists the rooms that somebody's roles open.
func doors(l *language, p identity.Principal) (out []door) {
	add := func(page, text string) { out = append(out, door{l.path(page), text}) }
	if slices.ContainsFunc(p.Roles, func(r identity.Role) bool { return r.Name == identity.RoleSteward }) {
		add("organisation", l.T("nav.organisation"))
	}
	switch {
	case p.Has(identity.RoleAnalyst):
		add("desk", l.T("nav.desk"))
	case p.Has(identity.RoleOperator):
		add("quarantine", l.T("nav.quarantine"))
	}
	if p.Has(identity.RoleAuditor) {
		add("audit", l.T("nav.audit"))
	}
	return out
}

// show answers with a page. Body is what the page's own template sees.
func (s *Server) show(w http.ResponseWriter, r *http.Request, l *language, status int, name string, body any) {
	v := &page{
		Lang: l.Code, Page: name, Title: l.T(name + ".title"), Path: l.path(name), Replay: s.cfg.Replay,
		Version: s.cfg.Version, Body: body,
	}
	v.Next, _ = local(r.URL.Query().Get("next"))
	v.Theme = share.Theme(r)
	if p, ok := s.session(r); ok {
		v.Name, v.Doors = p.Name, doors(l, p)
	}
	other := share.Other(s.langs, l)
	v.OtherLang = other.Code
	switch name {
	case "signin", "account", "confirm":
		v.Other = other.path(name)
	case "open":
		v.Path, v.Other = r.URL.Path, r.URL.Path+"?lang="+other.Code
	default:
		v.Path = l.path("account")
	}
	share.Answer(w, r, status, l.Code, l.Pages.Get(name), v)
}

// fail answers with a page, or with JSON to our script, that says what to do and
// not what went wrong inside.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, key string) {
	if strings.HasPrefix(r.URL.Path, "/account/passkey/") {
		s.tell(w, r, status, key)
		return
	}
	l := s.spoken(r)
	s.show(w, r, l, status, "error", l.T(key, "origin", s.cfg.Origin))
}

// refuse answers every sign-in that failed, for whatever reason, in one way.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, way string, err error) {
	s.signins.WithLabelValues(way, "refused").Inc()
	s.log.Info("sign-in refused", "way", way, "from", s.address(r), "error", err)
	s.fail(w, r, http.StatusForbidden, "error.signin")
}

// attempt counts an attempt of an address, and answers where there are too many.
func (s *Server) attempt(w http.ResponseWriter, r *http.Request) bool {
	if s.byAddress.Allow(s.address(r)) {
		return true
	}
	s.tooMany(w, r)
	return false
}

func (s *Server) tooMany(w http.ResponseWriter, r *http.Request) {
	s.signins.WithLabelValues("any", "limited").Inc()
	w.Header().Set("Retry-After", "60")
	s.fail(w, r, http.StatusTooManyRequests, "error.many")
}
