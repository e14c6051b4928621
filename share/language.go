// SPDX-License-Identifier: Apache-2.0

package share

import (
	"html/template"
	"io/fs"
	"time"
)

// Language is one catalogue and the way its readers write numbers and days. A
// room's language holds one and adds what its own pages say.
type Language struct {
	Code  string
	Group string // between thousands
	Point string // before decimals
	Date  string // layout of time.Format
	Words Words
	Zone  *time.Location
	Pages map[string]*template.Template
}

// ReadLanguages reads lang/vi.json and lang/en.json; the first is the default.
func ReadLanguages(files fs.FS, zone *time.Location) ([]Language, error) {
	all := []Language{
		{Code: "vi", Group: ".", Point: ",", Date: "02/01/2006", Zone: zone},
		{Code: "en", Group: ",", Point: ".", Date: "2 January 2006", Zone: zone},
	}
	for i := range all {
		var err error
		if all[i].Words, err = ReadWords(files, all[i].Code); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// T gives a text of the catalogue; see Words.Text.
func (l *Language) T(key string, pairs ...any) string { return l.Words.Text(key, pairs...) }

// Number writes a whole number.
func (l *Language) Number(v int64) string { return Grouped(v, l.Group) }

// Moment is a time for a <time> element: for machines, in the reader's zone, and
// in UTC.
type Moment struct{ ISO, Text, UTC string }

// Minute is a time to the minute; a dash for the time that is not set.
func (l *Language) Minute(t time.Time) Moment {
	if t.IsZero() {
		return Moment{Text: "–"}
	}
	return Moment{t.UTC().Format(time.RFC3339), t.In(l.Zone).Format("15:04 " + l.Date), t.UTC().Format("2006-01-02 15:04:05") + " UTC"}
}
