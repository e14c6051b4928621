// SPDX-License-Identifier: Apache-2.0

package account

import (
	"embed"
	"html/template"
	"net/http"
	"time"

	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is a catalogue.
type language struct{ share.Language }

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	return share.ReadRoom(share.Room{Name: "account", Catalogues: catalogues, Templates: templates, Pages: pageNames}, zone, assets,
		func(l share.Language) *language { return &language{l} },
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path} })
}

// maybe is Minute for what need not have happened.
func (l *language) maybe(t *time.Time) share.Moment {
	if t == nil {
		return l.Minute(time.Time{})
	}
	return l.Minute(*t)
}

// coded finds a language by its code; the default where there is none.
func (s *Server) coded(code string) *language { return share.Coded(s.langs, code) }

// spoken finds the language of a request: that of the address, of the form, of
// the choice made before, or the browser's.
func (s *Server) spoken(r *http.Request) *language {
	if l, ok := share.InAddress(s.langs, r.URL.Path); ok {
		return l
	}
	if code := r.FormValue("lang"); code == "vi" || code == "en" {
		return s.coded(code)
	}
	return share.PreferredOf(s.langs, r)
}
