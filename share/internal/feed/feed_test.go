// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 10, 16, 12, 0, 0, 5, time.FixedZone("+07", 7*3600))

func sample() *Feed {
	return &Feed{
		ID: Tag("example.vn", "feed/vi"), Title: "Hải Đăng", Subtitle: "Báo cáo", Author: "Hải Đăng", Lang: "vi", Self: "https://example.vn/vi/nguon-tin.atom", Alternate: "https://example.vn/vi/bao-cao",
		Entries: []Entry{
			{ID: Tag("example.vn", "report/2026-Q2"), Title: "Quý II", Summary: "…", Link: "https://example.vn/vi/bao-cao/2026-Q2", Published: noon.AddDate(0, -3, 0), Updated: noon.AddDate(0, -3, 0)},
			{ID: Tag("example.vn", "report/2026-Q3"), Title: `Quý III <script> & "x"`, Summary: "a\x00b\x1b]0;c", Link: "https://example.vn/vi/bao-cao/2026-Q3", Category: "report", Published: noon, Updated: noon},
		},
	}
}

func TestFeedIsWhatRFC4287Requires(t *testing.T) {
	raw, err := sample().XML()
	if err != nil {
		t.Fatal(err)
	}
	var got atomFeed
	if err := xml.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if got.XMLName.Space != "http://www.w3.org/2005/Atom" || got.ID != "tag:example.vn,2026:feed/vi" || got.Updated != "2026-10-16T05:00:00Z" || got.Author.Name != "Hải Đăng" {
		t.Errorf("%+v", got)
	}
	if len(got.Entries) != 2 || got.Entries[0].ID != "tag:example.vn,2026:report/2026-Q3" || got.Entries[0].Title != `Quý III <script> & "x"` || got.Entries[0].Summary != "a b ]0;c" {
		t.Errorf("the newest is not first, or its text changed: %+v", got.Entries)
	}
	if got.Links[0].Rel != "self" || got.Links[0].Href != sample().Self || got.Entries[0].Category.Term != "report" {
		t.Errorf("%+v", got.Links)
	}
	if !strings.Contains(string(raw), `xml:lang="vi"`) {
		t.Errorf("no language in %s", raw)
	}
}

func TestTheSameEntriesGiveTheSameBytes(t *testing.T) {
	one, _ := sample().XML()
	other, _ := sample().XML()
	if string(one) != string(other) {
		t.Error("a feed that did not change looks new")
	}
}

func TestWhatIsMissingIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(*Feed){
		"no id":           func(f *Feed) { f.ID = "" },
		"no author":       func(f *Feed) { f.Author = "" },
		"entry w/o title": func(f *Feed) { f.Entries[0].Title = "" },
		"entry w/o date":  func(f *Feed) { f.Entries[1].Updated = time.Time{} },
		"an id twice":     func(f *Feed) { f.Entries[1].ID = f.Entries[0].ID },
	} {
		f := sample()
		spoil(f)
		if _, err := f.XML(); err == nil {
			t.Errorf("%s is written", name)
		}
	}
}

func TestAnEmptyFeedHasADate(t *testing.T) {
	f := sample()
	f.Entries = nil
	if _, err := f.XML(); err != nil || f.Updated().IsZero() {
		t.Errorf("%v %v", f.Updated(), err)
	}
}
