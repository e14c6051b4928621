// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"embed"
	"html/template"
	"time"

	"haidang/classify/pack"
	"haidang/event"
	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is a catalogue.
type language struct{ share.Language }

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	return share.ReadRoom(share.Room{Name: "desk", Catalogues: catalogues, Templates: templates, Pages: pageNames}, zone, assets,
		func(l share.Language) *language { return &language{l} },
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path} })
}

// either gives a text of the pack in the language.
func (l *language) either(t pack.Text) string {
	if l.Code == "en" {
		return t.EN
	}
	return t.VI
}

// moment is a time for a <time> element.
type moment struct{ ISO, Text, UTC string }

func (l *language) moment(t time.Time) moment { return l.as(t, "15:04:05 "+l.Date) }

func (l *language) as(t time.Time, layout string) moment {
	if t.IsZero() {
		return moment{Text: "–"}
	}
	return moment{t.UTC().Format(time.RFC3339Nano), t.In(l.Zone).Format(layout), t.UTC().Format("2006-01-02 15:04:05.000") + " UTC"}
}

// at is moment for a time of a record.
func (l *language) at(t event.Time) moment {
	if !t.IsSet() {
		return moment{Text: "–"}
	}
	return l.moment(t.Std())
}
