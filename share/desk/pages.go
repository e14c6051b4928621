// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"embed"
	"errors"
	"net/http"
	"net/url"

	"haidang/classify"
	"haidang/share"
)

//go:embed templates
var templates embed.FS

var pageNames = []string{"search", "record", "organisations", "organisation", "import", "quarantine", "routing", "audit", "labels", "ruling", "error"}

// page is what every template sees.
type page struct {
	Lang, Page, Title, Path string
	Other                   string // the page in the other language; empty when it has none
	OtherLang               string
	Theme                   string // light, dark or empty
	Name                    string // of who is signed in
	Replay                  bool
	Version                 string
	Doors                   []door // pages of the desk that this person may open
	Confirm                 string // where a passkey is confirmed; empty where that is done
	Said                    string // what a change did
	Body                    any
}

// door is a page of the desk in the navigation.
type door struct {
	Page, Path, Text string
	Here             bool
}

// view is one request on its way to a page.
type view struct {
	*Server
	w     http.ResponseWriter
	r     *http.Request
	l     *language
	asker Asker
	here  string            // the page's name
	id    string            // of the record or organisation shown
	bare  bool              // a refusal: what was asked for is not repeated
	typed *organisationForm // what was typed and could not be kept
}

// show answers with a page. Body is what the page's own template sees.
func (v *view) show(status int, name, title string, body any) {
	p := &page{
		Lang: v.l.Code, Page: name, Title: title, Path: v.r.URL.RequestURI(), Name: v.asker.Name, Replay: v.cfg.Replay,
		Version: v.cfg.Version, Body: body, Doors: v.doors(),
	}
	p.Theme = share.Theme(v.r)
	if said := v.r.URL.Query().Get("said"); v.l.Words["said."+said] != "" {
		p.Said = v.l.T("said." + said)
	}
	if !v.asker.Steady && v.here != "audit" {
		p.Confirm = v.confirm()
	}
	other := v.langs[0]
	if other == v.l {
		other = v.langs[1]
	}
	p.OtherLang = other.Code
	if !v.bare && (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead) {
		p.Other = other.path(v.here) + v.id
		if v.r.URL.RawQuery != "" {
			p.Other += "?" + v.r.URL.RawQuery
		}
	} else {
		p.Path, p.Other = v.l.path(v.here)+v.id, other.path(v.here)+v.id
	}
	share.Answer(v.w, v.r, status, v.l.Code, v.l.Pages.Get(name), p)
}

// doors lists the pages that the asker's roles open.
func (v *view) doors() []door {
	var out []door
	for _, p := range paths {
		if p.door && (v.asker.Viewer.Has(p.role) || p.Page == "labels" && v.asker.Viewer.Has(classify.Auditor)) {
			here := p.Page == v.here || p.Page == "search" && v.here == "record" || p.Page == "organisations" && (v.here == "organisation" || v.here == "import") || p.Page == "labels" && v.here == "ruling"
			out = append(out, door{Page: p.Page, Path: v.l.path(p.Page), Text: v.l.T(p.Page + ".nav"), Here: here})
		}
	}
	return out
}

// confirm is where a passkey is confirmed before coming back to this page.
func (v *view) confirm() string {
	back := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		back = v.l.path(v.here) + v.id
	}
	return v.l.path("confirm") + "?next=" + url.QueryEscape(back)
}

// fail answers with a page that says what to do and not what went wrong inside.
func (v *view) fail(status int, key string, pairs ...any) {
	v.show(status, "error", v.l.T("error.title"), v.l.T(key, pairs...))
}

// answer turns an error of a neighbour into a page.
func (v *view) answer(err error) {
	var q *classify.QuestionError
	switch {
	case errors.As(err, &q):
		v.fail(http.StatusUnprocessableEntity, "error.question", "field", q.Field, "detail", q.Detail)
	case errors.Is(err, classify.ErrForbidden):
		v.fail(http.StatusForbidden, "error.forbidden")
	case errors.Is(err, classify.ErrNotFound):
		v.fail(http.StatusNotFound, "error.404")
	case v.r.Context().Err() != nil:
		v.fail(http.StatusServiceUnavailable, "error.slow")
	default:
		v.log.Error("desk", "page", v.here, "error", err)
		v.fail(http.StatusInternalServerError, "error.500")
	}
}

// note writes an act down; where that fails the page says so, and nothing is shown.
func (v *view) note(a Act) bool {
	if err := v.dep.Note(v.r.Context(), v.asker, a); err != nil {
		v.log.Error("desk: nothing is shown that cannot be written down", "page", v.here, "error", err)
		v.fail(http.StatusServiceUnavailable, "error.audit")
		return false
	}
	return true
}
