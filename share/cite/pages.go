// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"embed"
	"encoding/json"
	"errors"
	"net/http"

	"haidang/classify"
	"haidang/share"
)

//go:embed templates
var templates embed.FS

// page is what every template sees.
type page struct {
	Lang, Page, Title, Path string
	Other, OtherLang        string // the page in the other language
	Theme                   string // light, dark or empty
	Replay                  bool
	Nav                     []link
	Version                 string
	Body                    any
}

type link struct {
	Path, Text string
	Here       bool
}

// show answers with a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, l *language, status int, v *page) {
	v.Lang, v.OtherLang, v.Version = l.Code, s.other(l).Code, s.cfg.Version
	v.Replay = v.Replay || s.cfg.Replay
	for _, n := range []string{"home", "series", "definitions", "docs"} {
		v.Nav = append(v.Nav, link{l.path(n), l.T("nav." + n), v.Page == "series" && n == "series" || v.Page == "list" && n == "series"})
	}
	v.Theme = share.Theme(r)
	share.Answer(w, r, status, l.Code, l.Pages.Get(v.Page), v)
}

// fail answers with a page that says what to do and not what went wrong inside.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int) {
	l := s.spoken(r)
	key := "error.500"
	if status == http.StatusNotFound {
		key = "error.404"
	}
	s.wrong(w, r, l, status, l.T(key))
}

// without answers where there is nothing to show: no such thing, or one that was
// withheld since.
func (s *Server) without(w http.ResponseWriter, r *http.Request, err error) {
	var withheld *classify.WithheldError
	switch {
	case errors.Is(err, classify.ErrNotFound):
		s.fail(w, r, http.StatusNotFound)
	case errors.As(err, &withheld):
		l := s.spoken(r)
		s.wrong(w, r, l, http.StatusForbidden, l.T("error.withheld"))
	default:
		panic(err)
	}
}

// refuse answers with what is wrong with a question.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	l := s.spoken(r)
	s.wrong(w, r, l, status, l.T("error.refused")+" "+detail)
}

// wrong says it in a page or, to who asked for a file, as a problem (RFC 9457).
func (s *Server) wrong(w http.ResponseWriter, r *http.Request, l *language, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	if _, form := formOf(r, r.URL.Path); form != asPage {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": text})
		return
	}
	s.show(w, r, l, status, &page{Page: "error", Title: l.T("error.title"), Path: l.path("home"), Other: s.other(l).path("home"), Body: text})
}
