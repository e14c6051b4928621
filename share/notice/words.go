// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"math"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/share"
)

//go:embed lang/*.json templates/*.tmpl
var files embed.FS

// language is a catalogue and the way its readers write numbers and dates.
type language struct{ share.Language }

// texts is everything that messages are made with.
type texts struct {
	languages map[string]*language
	text      *template.Template
	html      *htmltemplate.Template
}

func loadTexts() (*texts, error) {
	all, err := share.ReadLanguages(files, time.UTC)
	if err != nil {
		return nil, fmt.Errorf("notice: %w", err)
	}
	t := &texts{languages: map[string]*language{}}
	for _, l := range all {
		t.languages[l.Code] = &language{l}
	}
	plus := map[string]any{"inc": func(n int) int { return n + 1 }}
	if t.text, err = template.New("notice.txt.tmpl").Funcs(plus).ParseFS(files, "templates/notice.txt.tmpl"); err != nil {
		return nil, err
	}
	t.html, err = htmltemplate.New("notice.html.tmpl").ParseFS(files, "templates/notice.html.tmpl")
	return t, err
}

// order gives the languages of a message, the contact's first.
func (t *texts) order(first string) []*language {
	if first == "vi" {
		return []*language{t.languages["vi"], t.languages["en"]}
	}
	return []*language{t.languages["en"], t.languages["vi"]}
}

// word gives a text of the catalogue; a test finds the ones that are missing.
func (l *language) word(key string) string { return l.Words[key] }

func (l *language) number(n uint64) string {
	return share.Grouped(int64(min(n, math.MaxInt64)), l.Group)
}

// moment gives a time to the second in both zones.
func (l *language) moment(at time.Time, zone *time.Location) string {
	return at.In(zone).Format(l.Date+" 15:04:05 (-07:00)") + ", " + at.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// clean makes text from outside fit for one line: no control characters, no
// marks that turn the direction of writing, at most limit characters.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return s
}
