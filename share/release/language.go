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

// language is a catalogue.
type language struct{ share.Language }

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets Assets) ([]*language, error) {
	all, err := share.ReadLanguages(catalogues, zone)
	if err != nil {
		return nil, fmt.Errorf("release desk: %w", err)
	}
	langs := []*language{{all[0]}, {all[1]}}
	for _, l := range langs {
		l.Pages, err = share.ParsePages(templates, template.FuncMap{
			"t": l.T, "zone": zone.String, "asset": assets.Path, "path": l.path,
		}, nil, []string{"release"})
		if err != nil {
			return nil, fmt.Errorf("release desk: %w", err)
		}
	}
	return langs, nil
}

func (l *language) either(vi, en string) string {
	if l.Code == "en" {
		return en
	}
	return vi
}
