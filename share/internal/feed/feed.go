// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Type is the media type of feeds.
const Type = "application/atom+xml; charset=utf-8"

// Feed is a list of entries in one language. Self and Alternate are whole
// addresses: of the feed, and of a page that shows the same.
type Feed struct {
	ID, Title, Subtitle, Author, Lang string
	Self, Alternate                   string
	Entries                           []Entry
}

// Entry is one line of news. Updated moves only when something changed that a
// reader should hear of.
type Entry struct {
	ID, Title, Summary, Link, Category string
	Published, Updated                 time.Time
}

// Tag makes an id (RFC 4151) of an authority, "example.vn", and what the entry is
// about, "report/2026-Q3".
func Tag(authority, about string) string { return "tag:" + authority + ",2026:" + about }

// Updated is when the newest entry changed; without entries the start of the feeds.
func (f *Feed) Updated() time.Time {
	newest := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, e := range f.Entries {
		if e.Updated.After(newest) {
			newest = e.Updated
		}
	}
	return newest.UTC().Truncate(time.Second)
}

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang     string      `xml:"xml:lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	Updated  string      `xml:"updated"`
	Author   atomAuthor  `xml:"author"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string        `xml:"id"`
	Title     string        `xml:"title"`
	Published string        `xml:"published"`
	Updated   string        `xml:"updated"`
	Link      atomLink      `xml:"link"`
	Category  *atomCategory `xml:"category,omitempty"`
	Summary   string        `xml:"summary"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// XML writes the feed, the newest entry first. What RFC 4287 section 4 requires
// and is missing is an error, as is an id that comes twice.
func (f *Feed) XML() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	out := atomFeed{
		Lang: f.Lang, ID: f.ID, Title: clean(f.Title), Subtitle: clean(f.Subtitle), Updated: stamp(f.Updated()), Author: atomAuthor{clean(f.Author)},
		Links: []atomLink{{"self", "application/atom+xml", f.Self}, {"alternate", "text/html", f.Alternate}},
	}
	entries := slices.Clone(f.Entries)
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.Updated.Compare(a.Updated) })
	for _, e := range entries {
		x := atomEntry{ID: e.ID, Title: clean(e.Title), Published: stamp(e.Published), Updated: stamp(e.Updated), Link: atomLink{"alternate", "text/html", e.Link}, Summary: clean(e.Summary)}
		if e.Category != "" {
			x.Category = &atomCategory{e.Category}
		}
		out.Entries = append(out.Entries, x)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return append(b.Bytes(), '\n'), nil
}

func (f *Feed) check() error {
	var faults []error
	if f.ID == "" || f.Title == "" || f.Author == "" || f.Self == "" || f.Alternate == "" {
		faults = append(faults, errors.New("feed: id, title, author, self and alternate are required"))
	}
	seen := map[string]bool{}
	for i, e := range f.Entries {
		switch {
		case e.ID == "" || e.Title == "" || e.Summary == "" || e.Link == "" || e.Updated.IsZero() || e.Published.IsZero():
			faults = append(faults, fmt.Errorf("feed: entry %d: id, title, summary, link, published and updated are required", i))
		case seen[e.ID]:
			faults = append(faults, fmt.Errorf("feed: entry %d: id %s comes twice", i, e.ID))
		}
		seen[e.ID] = true
	}
	return errors.Join(faults...)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clean leaves out what XML 1.0 cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, s)
}
