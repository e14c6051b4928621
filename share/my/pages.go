// SPDX-License-Identifier: Apache-2.0

package my

import (
	"embed"
	"net/http"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

//go:embed templates
var templates embed.FS

var pageNames = []string{"my", "incident", "community", "notices", "organisation", "once", "join", "error"}

// staleAfter is how long nothing may arrive before pages say so.
const staleAfter = event.Time(180e9)

// page is what every template sees.
type page struct {
	Lang, Page, Title, Path string
	Other, OtherLang        string // the page in the other language
	Theme                   string // light, dark or empty
	SignedIn, Desk          bool   // Desk: the analysts' pages are theirs too
	Here                    string // of the navigation
	Replay, Silent          bool   // Silent: nothing was ever reported
	Stale                   *moment
	Saved                   bool
	Version                 string
	Body                    any
}

// place of a page: where it is in both languages, and which heading it has.
type place struct{ path, other, title string }

// placeOf finds the place of a page that has an address of its own.
func (s *Server) placeOf(l *language, name string) place {
	if name == "join" || name == "error" || name == "once" {
		return place{l.path("my"), s.other(l).path("my"), l.T(name + ".title")}
	}
	return place{l.path(name), s.other(l).path(name), l.T(name + ".title")}
}

// show answers with a page. Body is what the page's own template sees.
func (s *Server) show(x *visit, status int, name string, body any) {
	s.showAt(x, status, name, s.placeOf(x.l, name), body)
}

func (s *Server) showAt(x *visit, status int, name string, at place, body any) {
	v := &page{
		Lang: x.l.Code, Page: name, Title: at.title, Path: at.path, Other: at.other, OtherLang: s.other(x.l).Code,
		SignedIn: true, Desk: x.viewer.Has(classify.Analyst), Here: name, Version: s.cfg.Version, Body: body, Saved: asked(x.r, "saved") != "",
	}
	pic := s.dep.Picture().Value()
	v.Replay = s.cfg.Replay || pic.Replay
	v.Silent = !pic.LastEvent.IsSet()
	if now := event.TimeOf(s.now()); !v.Silent && now-pic.LastEvent > staleAfter {
		last := x.l.moment(pic.LastEvent, s.now())
		v.Stale = &last
	}
	s.write(x.w, x.r, x.l, status, v)
}

// fail answers with a page that says what to do and not what went wrong inside.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, l *language, status int, key string) {
	at := s.placeOf(l, "error")
	s.write(w, r, l, status, &page{
		Lang: l.Code, Page: "error", Title: at.title, Path: at.path, Other: at.other, OtherLang: s.other(l).Code,
		Replay: s.cfg.Replay, Version: s.cfg.Version, Body: l.T("error." + key),
	})
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, l *language, status int, v *page) {
	v.Theme = share.Theme(r)
	share.Answer(w, r, status, l.Code, l.Pages.Get(v.Page), v)
}
