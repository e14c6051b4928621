// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"cmp"
	"embed"
	"net/http"
	"strings"
	"sync"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

//go:embed templates
var templates embed.FS

const kindHTML = "text/html; charset=utf-8"

// staleAfter is how long nothing may arrive before pages say so.
const staleAfter = event.Time(180e9)

func stale(pic *event.Picture) bool {
	return pic.LastEvent.IsSet() && pic.At-pic.LastEvent > staleAfter
}

// page is what every template sees.
type page struct {
	Lang, Page, Title, Path string
	Other                   link
	OtherLang               string
	Theme                   string // light, dark or empty
	Nav                     []link
	Replay, Stale, Silent   bool // Silent: nothing was ever reported
	At, Last                moment
	Home                    string
	HomeCode                string
	Version                 string
	Withheld                string // sections of live pages that are not shown, as share/live names them
	Body                    any
}

type link struct {
	Path, Text string
	Here       bool
}

// content builds a page's title and body from what was released to nobody.
type content func(l *language, pic *event.Picture) (title string, body any)

// page answers with a page rendered at most once a second for everybody.
func (p *Portal) page(l *language, name string, build content) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		theme := share.Theme(r)
		a, err := p.made(l.Code+"/"+name+"/"+theme, func() (*answer, error) {
			pic := p.picture()
			title, body := build(l, &pic)
			v := p.view(l, name, theme, &pic)
			v.Title, v.Body = title, body
			return render(l, name, v)
		})
		if err != nil {
			panic(err)
		}
		p.remember(w, r, l)
		w.Header().Add("Vary", "Cookie")
		a.send(w, r, http.StatusOK)
	}
}

// picture is what anybody may see.
func (p *Portal) picture() event.Picture {
	released := p.dep.Gate.Picture(classify.Nobody())
	pic := released.Value()
	p.replay.Store(pic.Replay)
	return pic
}

func (p *Portal) view(l *language, name, theme string, pic *event.Picture) *page {
	v := &page{
		Lang: l.Code, Page: name, Path: l.path(name), Theme: theme,
		Replay: p.cfg.Replay || pic.Replay,
		Stale:  stale(pic),
		Silent: !pic.LastEvent.IsSet() && !withheld(pic, "now"),
		At:     l.second(pic.At), Last: l.full(pic.LastEvent),
		Home: l.country(homeOf(pic)), HomeCode: homeOf(pic), Version: p.cfg.Version, Withheld: strings.Join(pic.Withheld, " "),
	}
	other := share.Other(p.langs, l)
	v.Other, v.OtherLang = link{Path: other.path(name), Text: l.T("language.other")}, other.Code
	for _, n := range []string{"home", "overview", "hosting", "reports", "coverage", "definitions", "docs"} {
		if n == "docs" && p.dep.Docs == nil {
			continue
		}
		v.Nav = append(v.Nav, link{l.path(n), l.T("nav." + n), n == name})
	}
	if p.cfg.Members { // the same for everybody: pages are kept for all visitors
		v.Nav = append(v.Nav, link{Path: l.path("my"), Text: l.T("nav.my")})
	}
	return v
}

// drafts are what pages are written into.
var drafts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func render(l *language, name string, v *page) (*answer, error) { return rendered(l, name, v, false) }

// renderLasting is render of a page that is kept for long: packed alone.
func renderLasting(l *language, name string, v *page) (*answer, error) {
	return rendered(l, name, v, true)
}

func rendered(l *language, name string, v *page, lasting bool) (*answer, error) {
	b := drafts.Get().(*bytes.Buffer)
	defer drafts.Put(b)
	b.Reset()
	if err := l.Pages.Get(name).Execute(b, v); err != nil {
		return nil, err
	}
	a, err := finish(kindHTML, b.Bytes())
	switch {
	case err != nil:
	case lasting:
		a.plain = nil
	default:
		a.plain = bytes.Clone(a.plain)
	}
	return a, err
}

// remember keeps a language that was chosen on our own pages, for the next
// visit to the bare address.
func (p *Portal) remember(w http.ResponseWriter, r *http.Request, l *language) {
	if r.Header.Get("Sec-Fetch-Site") != "same-origin" || p.preferred(r) == l {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "lang", Value: l.Code, Path: "/", MaxAge: 365 * 24 * 3600,
		SameSite: http.SameSiteLaxMode, HttpOnly: true})
}

// fail answers with a page that says what the reader can do. It never says
// what went wrong inside.
func (p *Portal) fail(w http.ResponseWriter, r *http.Request, status int) {
	key := map[int]string{http.StatusForbidden: "403", http.StatusNotFound: "404", http.StatusMethodNotAllowed: "405", http.StatusTooManyRequests: "429"}[status]
	l, key := p.spoken(r), cmp.Or(key, "500")
	p.refuse(w, r, status, l, refusal{Title: l.T("error." + key + ".title"), Text: l.T("error." + key + ".text")})
}

// refusal is what a page says that shows nothing else.
type refusal struct {
	Title, Text string
	Plain       string // address of the page without what it was asked for; empty where that is no page
}

// refuse answers with a refusal.
func (p *Portal) refuse(w http.ResponseWriter, r *http.Request, status int, l *language, says refusal) {
	v := p.view(l, "home", share.Theme(r), &event.Picture{LastEvent: 1, At: event.TimeOf(p.dep.Now())})
	v.Page, v.Stale, v.Replay = "error", false, v.Replay || p.replay.Load()
	for i := range v.Nav {
		v.Nav[i].Here = false
	}
	v.Title, v.Body = says.Title, says
	a, err := render(l, "error", v)
	if err != nil {
		p.dep.Log.Error("error page failed", "err", err)
		http.Error(w, v.Title, status)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	a.send(w, r, status)
}
