// SPDX-License-Identifier: Apache-2.0

// Package pagetest is for tests of rooms that have pages: a room's languages come
// in, a failed test goes out where one of them cannot be
// read. Nothing but tests may import it.
package pagetest

import (
	"testing"

	"haidang/share"
)

// ReadAll reads all pages of a room's languages: pages are read when they are first
// asked for, and a fault in one of them would be met by a reader.
func ReadAll[L share.Based](t *testing.T, languages []L, err error) {
	t.Helper()
	if err != nil || len(languages) == 0 {
		t.Fatalf("%d languages: %v", len(languages), err)
	}
	for _, l := range languages {
		pages := l.Base().Pages
		if len(pages) == 0 {
			t.Fatal("no pages")
		}
		for name := range pages {
			pages.Get(name)
		}
	}
}
