// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"haidang/event"
	"haidang/figure"
	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is one catalogue and the way its readers write numbers and dates.
type language struct{ share.Language }

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	return share.ReadRoom(share.Room{Name: "cite", Catalogues: catalogues, Templates: templates, Parts: []string{"parts"}, Pages: []string{"figure", "series", "list", "error"}}, zone, assets,
		func(l share.Language) *language { return &language{l} },
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path} })
}

// decimal writes a number of somebody else's with the digits that it has.
func (l *language) decimal(s string) string {
	if s == "" {
		return "–"
	}
	whole, rest, cut := strings.Cut(s, ".")
	sign := ""
	if w, ok := strings.CutPrefix(whole, "-"); ok {
		whole, sign = w, "−"
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + l.Group + whole[i:]
	}
	if cut {
		whole += l.Point + rest
	}
	return sign + whole
}

// signed writes a change with its sign.
func (l *language) signed(s string) string {
	if s == "" {
		return "–"
	}
	if strings.HasPrefix(s, "-") || strings.Trim(s, "0.") == "" {
		return l.decimal(s)
	}
	return "+" + l.decimal(s)
}

// moment is a time for a <time> element: in the reader's zone and in UTC.
type moment struct{ ISO, Text, UTC string }

func (l *language) moment(t event.Time) moment {
	if !t.IsSet() {
		return moment{Text: "–"}
	}
	s := t.Std()
	return moment{ISO: s.Format(time.RFC3339), Text: s.In(l.Zone).Format("15:04:05 " + l.Date), UTC: s.Format("2006-01-02 15:04:05") + " UTC"}
}

// periodName says a period in words.
func periodName(lang string, p *event.FigurePeriod) string {
	read, err := figure.ParsePeriod(p.Name, time.UTC)
	if err != nil {
		return p.Name
	}
	return read.Name(lang)
}

// paths of the pages: the same page in both languages.
var paths = share.Places{
	{Page: "series", VI: "/vi/chuoi-so-lieu", EN: "/en/series"},
	// The portal's.
	{Page: "home", VI: "/vi/", EN: "/en/"},
	{Page: "definitions", VI: "/vi/dinh-nghia", EN: "/en/definitions"},
	{Page: "docs", VI: "/vi/tai-lieu/", EN: "/en/docs/"},
}

func (l *language) path(page string) string { return paths.Path(l.Code, page) }

// spoken finds the language of a request: that of its address, else what is asked
// for, else what was chosen before, else what the browser prefers.
func (s *Server) spoken(r *http.Request) *language {
	if l, ok := share.InAddress(s.langs, r.URL.Path); ok {
		return l
	}
	if code := r.URL.Query().Get("lang"); code == "vi" || code == "en" {
		return share.Coded(s.langs, code)
	}
	return share.PreferredOf(s.langs, r)
}

// other gives the other language.
func (s *Server) other(l *language) *language { return share.Other(s.langs, l) }
