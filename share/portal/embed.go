// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"net/http"
	"strings"
)

// embedPolicy lets anybody frame a block; it runs no script and sends no form.
const embedPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors *"

// embedded is a block in a frame on somebody else's page.
type embedded struct {
	Lang, Theme string
	Block       figureBlock
	Home        string // the block's place on our own pages
	Replay      bool
}

// embed answers one block as a small page: no cookie is read or set.
func (p *Portal) embed(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := readSpec(r.PathValue("form"), r.PathValue("figure"), r.URL.Query())
		if err != nil {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		theme := embedTheme(r)
		p.answer(w, r, s.path("embed/"+l.Code)+"/"+theme, func() (*answer, error) {
			b, err := p.block(l, s.path("/embed/"+l.Code), "block", s, visitor(r))
			if err != nil {
				return nil, err
			}
			return p.framed(l, theme, b, p.pageOf(l, s))
		}, embedHead)
	}
}

// embedTheme is what the page around asks for; the reader's own choice where it is "".
func embedTheme(r *http.Request) string {
	if theme := r.URL.Query().Get("theme"); theme == "light" || theme == "dark" {
		return theme
	}
	return ""
}

// framed makes the small page of a block, which leads home to the block's own.
func (p *Portal) framed(l *language, theme string, b figureBlock, home string) (*answer, error) {
	var out bytes.Buffer
	pic := p.picture()
	e := embedded{Lang: l.Code, Theme: theme, Block: b, Home: p.cfg.Origin + home, Replay: p.cfg.Replay || pic.Replay}
	if err := l.Pages.Get("embed").ExecuteTemplate(&out, "embed", e); err != nil {
		return nil, err
	}
	return finish(kindHTML, out.Bytes())
}

func embedHead(h http.Header) {
	h.Set("Content-Security-Policy", embedPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// pageOf is the page on which a spec's place is shown.
func (p *Portal) pageOf(l *language, s spec) string {
	if s.Of == "" || s.Of == "world" {
		return l.path("overview") + l.query("period", s.Period)
	}
	return l.path("country") + "/" + s.Of + l.query("period", s.Period)
}

// chartFile answers a block's chart as a file that stands alone.
func (p *Portal) chartFile(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := readSpec(r.PathValue("form"), r.PathValue("figure"), r.URL.Query())
		if err != nil {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		p.answer(w, r, s.path("chart/"+l.Code), func() (*answer, error) {
			d := drawing{p: p, l: l, spec: s, page: s.path("/embed/" + l.Code), alone: true, from: visitor(r)}
			b, err := d.block("chart")
			if err != nil {
				return nil, err
			}
			if b.Chart == "" {
				return nil, errNothing
			}
			return finish("image/svg+xml", []byte(b.Chart))
		}, func(h http.Header) {
			h.Set("Content-Disposition", `inline; filename="`+s.file()+`.svg"`)
		})
	}
}

// file names a download.
func (s spec) file() string {
	name := strings.Join([]string{"haidang", s.Figure, s.Of, strings.Join(s.By, "-"), s.Period}, "-")
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, name)
}

// halves are the two sides of a pair.
func (s spec) halves() (one, other spec) {
	one, other = s, s
	one.Form, other.Form = formBars, formBars
	one.With, other.With, one.Base, other.Base = "", "", "", ""
	if isPeriod(s.With) {
		other.Period = s.With
	} else {
		other.Of = s.With
	}
	return one, other
}
