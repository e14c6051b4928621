// SPDX-License-Identifier: Apache-2.0

package account

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is one catalogue and the way its readers write dates.
type language struct {
	code  string
	date  string // layout of time.Format
	words share.Words
	zone  *time.Location
	pages map[string]*template.Template
}

// readLanguages reads the catalogues; the first is the default.
func readLanguages(zone *time.Location) ([]*language, error) {
	all := []*language{{code: "vi", date: "02/01/2006"}, {code: "en", date: "2 January 2006"}}
	for _, l := range all {
		l.zone = zone
		var err error
		if l.words, err = share.ReadWords(catalogues, l.code); err != nil {
			return nil, fmt.Errorf("account: %w", err)
		}
	}
	return all, nil
}

// t gives a text of the catalogue.
func (l *language) t(key string, pairs ...any) string { return l.words.Text(key, pairs...) }

// moment is a time for a <time> element.
type moment struct{ ISO, Text, UTC string }

func (l *language) moment(t time.Time) moment {
	return moment{t.UTC().Format(time.RFC3339), t.In(l.zone).Format("15:04 " + l.date), t.UTC().Format("2006-01-02 15:04:05") + " UTC"}
}

// maybe is moment for what need not have happened.
func (l *language) maybe(t *time.Time) moment {
	if t == nil {
		return moment{Text: "–"}
	}
	return l.moment(*t)
}

// coded finds a language by its code; the default where there is none.
func (s *Server) coded(code string) *language {
	for _, l := range s.langs {
		if l.code == code {
			return l
		}
	}
	return s.langs[0]
}

// spoken finds the language of a request: that of the address, of the form, of
// the choice made before, or the browser's.
func (s *Server) spoken(r *http.Request) *language {
	for _, l := range s.langs {
		if strings.HasPrefix(r.URL.Path, "/"+l.code+"/") {
			return l
		}
	}
	if code := r.FormValue("lang"); code == "vi" || code == "en" {
		return s.coded(code)
	}
	if c, err := r.Cookie("lang"); err == nil && (c.Value == "vi" || c.Value == "en") {
		return s.coded(c.Value)
	}
	// The first of the languages that the browser asks for.
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		code, _, _ = strings.Cut(code, "-")
		if code == "vi" || code == "en" {
			return s.coded(code)
		}
	}
	return s.langs[0]
}
