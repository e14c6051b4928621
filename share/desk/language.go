// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"embed"
	"fmt"
	"html/template"
	"time"

	"haidang/classify/pack"
	"haidang/event"
	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is one catalogue and the way its readers write numbers and dates.
type language struct {
	code  string
	group string // between thousands
	date  string // layout of time.Format
	words share.Words
	zone  *time.Location
	pages map[string]*template.Template
}

// readLanguages reads the catalogues; the first is the default.
func readLanguages(zone *time.Location) ([]*language, error) {
	all := []*language{{code: "vi", group: ".", date: "02/01/2006"}, {code: "en", group: ",", date: "2 January 2006"}}
	for _, l := range all {
		l.zone = zone
		var err error
		if l.words, err = share.ReadWords(catalogues, l.code); err != nil {
			return nil, fmt.Errorf("desk: %w", err)
		}
	}
	return all, nil
}

// t gives a text of the catalogue.
func (l *language) t(key string, pairs ...any) string { return l.words.Text(key, pairs...) }

// either gives a text of the pack in the language.
func (l *language) either(t pack.Text) string {
	if l.code == "en" {
		return t.EN
	}
	return t.VI
}

// n writes a whole number.
func (l *language) n(v int64) string { return share.Grouped(v, l.group) }

// moment is a time for a <time> element.
type moment struct{ ISO, Text, UTC string }

func (l *language) moment(t time.Time) moment { return l.as(t, "15:04:05 "+l.date) }

func (l *language) as(t time.Time, layout string) moment {
	if t.IsZero() {
		return moment{Text: "–"}
	}
	return moment{t.UTC().Format(time.RFC3339Nano), t.In(l.zone).Format(layout), t.UTC().Format("2006-01-02 15:04:05.000") + " UTC"}
}

// at is moment for a time of a record.
func (l *language) at(t event.Time) moment {
	if !t.IsSet() {
		return moment{Text: "–"}
	}
	return l.moment(t.Std())
}
