// SPDX-License-Identifier: Apache-2.0

package share

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
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
	Pages Pages
}

// ReadLanguages reads lang/vi.json and lang/en.json, which must agree; the first is
// the default.
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
	if err := agree(all[0].Words, all[1].Words); err != nil {
		return nil, err
	}
	return all, nil
}

// agree finds where two catalogues differ: texts that one of them lacks or leaves
// empty, and values that only one of them names. A room does not start with such.
func agree(vi, en Words) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, key := range slices.Sorted(maps.Keys(vi)) {
		other, ok := en[key]
		switch {
		case !ok:
			fault("lang/en.json lacks %s", key)
		case strings.TrimSpace(vi[key]) == "" || strings.TrimSpace(other) == "":
			fault("%s is empty in lang/vi.json or lang/en.json", key)
		case !slices.Equal(holes(vi[key]), holes(other)):
			fault("%s names %v in lang/vi.json and %v in lang/en.json", key, holes(vi[key]), holes(other))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, ok := vi[key]; !ok {
			fault("lang/vi.json lacks %s", key)
		}
	}
	return errors.Join(faults...)
}

var hole = regexp.MustCompile(`\{\w+\}`)

// holes lists the values that a text has places for.
func holes(text string) []string {
	found := hole.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
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
