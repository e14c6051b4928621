// SPDX-License-Identifier: Apache-2.0

package release

import (
	"embed"
	"fmt"
	"html/template"
	"time"

	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

//go:embed templates
var templates embed.FS

// language is one catalogue and the way its readers write dates.
type language struct {
	code  string
	date  string // layout of time.Format
	words share.Words
	zone  *time.Location
	pages map[string]*template.Template
}

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets Assets) ([]*language, error) {
	all := []*language{{code: "vi", date: "02/01/2006"}, {code: "en", date: "2 January 2006"}}
	for _, l := range all {
		l.zone = zone
		var err error
		if l.words, err = share.ReadWords(catalogues, l.code); err != nil {
			return nil, fmt.Errorf("release desk: %w", err)
		}
		l.pages, err = share.ParsePages(templates, template.FuncMap{
			"t": l.t, "zone": zone.String, "asset": assets.Path, "path": l.path,
		}, nil, []string{"release"})
		if err != nil {
			return nil, fmt.Errorf("release desk: %w", err)
		}
	}
	return all, nil
}

func (l *language) t(key string, pairs ...any) string { return l.words.Text(key, pairs...) }

func (l *language) either(vi, en string) string {
	if l.code == "en" {
		return en
	}
	return vi
}

// moment is a time for a <time> element.
type moment struct{ ISO, Text, UTC string }

func (l *language) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{Text: "–"}
	}
	return moment{t.UTC().Format(time.RFC3339), t.In(l.zone).Format("15:04 " + l.date), t.UTC().Format("2006-01-02 15:04") + " UTC"}
}
