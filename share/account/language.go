// SPDX-License-Identifier: Apache-2.0

package account

import (
	"embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is a catalogue.
type language struct{ share.Language }

// readLanguages reads the catalogues; the first is the default.
func readLanguages(zone *time.Location) ([]*language, error) {
	all, err := share.ReadLanguages(catalogues, zone)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return []*language{{all[0]}, {all[1]}}, nil
}

// maybe is Minute for what need not have happened.
func (l *language) maybe(t *time.Time) share.Moment {
	if t == nil {
		return l.Minute(time.Time{})
	}
	return l.Minute(*t)
}

// coded finds a language by its code; the default where there is none.
func (s *Server) coded(code string) *language {
	for _, l := range s.langs {
		if l.Code == code {
			return l
		}
	}
	return s.langs[0]
}

// spoken finds the language of a request: that of the address, of the form, of
// the choice made before, or the browser's.
func (s *Server) spoken(r *http.Request) *language {
	for _, l := range s.langs {
		if strings.HasPrefix(r.URL.Path, "/"+l.Code+"/") {
			return l
		}
	}
	if code := r.FormValue("lang"); code == "vi" || code == "en" {
		return s.coded(code)
	}
	return s.coded(share.Preferred(r, "vi", "en"))
}
