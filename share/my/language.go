// SPDX-License-Identifier: Apache-2.0

package my

import (
	"embed"
	"html/template"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"haidang/event"
	"haidang/share"
)

//go:embed lang
var catalogues embed.FS

// language is a catalogue.
type language struct{ share.Language }

// readLanguages reads catalogues and templates; the first is the default.
func readLanguages(zone *time.Location, assets share.Assets) ([]*language, error) {
	return share.ReadRoom(share.Room{Name: "my", Catalogues: catalogues, Templates: templates, Parts: []string{"parts"}, Pages: pageNames}, zone, assets,
		func(l share.Language) *language { return &language{l} },
		func(l *language) template.FuncMap { return template.FuncMap{"path": l.path} })
}

// count gives a text for one and another for more, or none.
func (l *language) count(key string, n int) string {
	if n == 1 {
		return l.T(key + ".one")
	}
	return l.T(key+".many", "n", l.n(uint64(max(n, 0))))
}

func (l *language) n(v uint64) string { return share.Grouped(int64(min(v, math.MaxInt64)), l.Group) }

// moment is a time for a <time> element: in the reader's zone, in UTC, and how
// long ago.
type moment struct{ ISO, Text, UTC, Ago string }

func (l *language) moment(t event.Time, now time.Time) moment {
	if !t.IsSet() {
		return moment{Text: "–"}
	}
	s := t.Std()
	return moment{
		ISO: s.Format(time.RFC3339), Text: s.In(l.Zone).Format("15:04:05 " + l.Date),
		UTC: s.Format("2006-01-02 15:04:05") + " UTC", Ago: l.ago(now.Sub(s)),
	}
}

// ago tells how long ago something was, as people say it.
func (l *language) ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return l.T("ago.now")
	case d < time.Hour:
		return l.count("ago.minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return l.count("ago.hours", int(d/time.Hour))
	}
	return l.count("ago.days", int(d/(24*time.Hour)))
}

// maxShown is how much of a text from outside a page shows, in characters.
const maxShown = 300

// clean makes a text from outside safe to read: control characters become
// visible, and marks that turn the direction of writing go.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return '\u2400' + r
		case r == 0x7f, r == '\u2028', r == '\u2029', unicode.IsControl(r):
			return '\u2421'
		case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if utf8.RuneCountInString(s) > maxShown {
		s = string([]rune(s)[:maxShown-1]) + "…"
	}
	return s
}

// spoken finds the language of an address.
func (s *Server) spoken(r *http.Request) *language {
	if l, ok := share.InAddress(s.langs, r.URL.Path); ok {
		return l
	}
	return s.langs[0]
}

// other gives the other language.
func (s *Server) other(l *language) *language { return share.Other(s.langs, l) }
