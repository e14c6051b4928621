// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	cldr "golang.org/x/text/language"

	"golang.org/x/text/collate"

	"haidang/event"
	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// narrow is the space between a number and its percent sign; it never breaks.
const narrow = "\u00a0"

// language is one catalogue, with the names of countries.
type language struct {
	share.Language
	countries map[string]string
	order     *collate.Collator // of names
}

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	var names map[string]map[string]string
	if err := readJSON("lang/countries.json", &names); err != nil {
		return nil, err
	}
	pages := []string{"home", "hosting", "coverage", "definitions", "definition", "docs", "error", "figures", "report", "embed"}
	return share.ReadRoom(share.Room{Name: "portal", Catalogues: catalogues, Templates: templates, Parts: []string{"parts", "figure"}, Pages: pages}, zone, assets,
		func(l share.Language) *language {
			return &language{l, names[l.Code], collate.New(cldr.MustParse(l.Code))}
		},
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path, "upper": upper} })
}

func readJSON(name string, into any) error {
	raw, err := catalogues.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("portal: %s: %w", name, err)
	}
	return nil
}

// rate writes a number a second: one decimal below a hundred.
func (l *language) rate(v float64) string {
	if v >= 99.95 {
		return l.Number(int64(math.Round(v)))
	}
	return strings.Replace(strconv.FormatFloat(max(v, 0), 'f', 1, 64), ".", l.Point, 1)
}

// share writes part of whole in percent, rounded to whole ones.
func (l *language) share(part, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	p := 100 * float64(part) / float64(whole)
	if part > 0 && p < 0.5 {
		return "<" + narrow + "1" + narrow + "%"
	}
	return l.Number(int64(math.Round(p))) + narrow + "%"
}

// country names a country by its code; a code without a name stays a code.
func (l *language) country(code string) string {
	if code == "" {
		return l.T("unknown")
	}
	if name, ok := l.countries[code]; ok {
		return name
	}
	return code
}

// line names a key of one of the lists that the catalogue holds: a kind, a
// way, a sector. Keys that it does not hold are shown as they are.
func (l *language) line(list, key string) string {
	if key == "" {
		if name, ok := l.Words[list+".none"]; ok {
			return name
		}
		return l.T("unknown")
	}
	if name, ok := l.Words[list+"."+key]; ok {
		return name
	}
	return key
}

// weekday names the day that an average was taken over.
func (l *language) weekday(t event.Time) string {
	return l.T("weekday." + strconv.Itoa(int(t.Std().In(l.Zone).Weekday())))
}

// moment is a time for a <time> element.
type moment struct{ ISO, Text, UTC string }

// clock shows the hour and minute.
func (l *language) clock(t event.Time) moment { return l.moment(t, "15:04") }

// second shows the hour, minute and second.
func (l *language) second(t event.Time) moment { return l.moment(t, "15:04:05") }

// full shows date and time.
func (l *language) full(t event.Time) moment { return l.moment(t, "15:04:05 "+l.Date) }

func (l *language) day(t event.Time) string { return t.Std().In(l.Zone).Format(l.Date) }

func (l *language) moment(t event.Time, layout string) moment {
	if !t.IsSet() {
		return moment{Text: "–"}
	}
	s := t.Std()
	return moment{s.Format(time.RFC3339), s.In(l.Zone).Format(layout), s.Format("2006-01-02 15:04:05") + " UTC"}
}

// upper begins a text with a capital, as a title or a cell does.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	large := unicode.ToUpper(r)
	if large == r && r != utf8.RuneError {
		return s
	}
	return string(large) + s[n:]
}
