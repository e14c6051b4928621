// SPDX-License-Identifier: Apache-2.0

package release

import (
	"embed"
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
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	return share.ReadRoom(share.Room{Name: "release desk", Catalogues: catalogues, Templates: templates, Pages: []string{"release"}}, zone, assets,
		func(l share.Language) *language { return &language{l} },
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path} })
}

func (l *language) either(vi, en string) string {
	if l.Code == "en" {
		return en
	}
	return vi
}
