// SPDX-License-Identifier: Apache-2.0

// Package pagetest is for tests of rooms that have pages: a room's languages and how
// it makes their pages come in, a failed test goes out where one of them cannot be
// read. Nothing but tests may import it.
package pagetest

import (
	"testing"

	"haidang/share"
)

// ReadAll reads all pages of a room's languages: pages are read when they are first
// asked for, and a fault in one of them would be met by a reader.
func ReadAll[L any](t *testing.T, languages []L, err error, parse func(L) (share.Pages, error)) {
	t.Helper()
	if err != nil || len(languages) == 0 {
		t.Fatalf("%d languages: %v", len(languages), err)
	}
	for _, l := range languages {
		pages, err := parse(l)
		if err != nil || len(pages) == 0 {
			t.Fatalf("%d pages: %v", len(pages), err)
		}
		for name := range pages {
			pages.Get(name)
		}
	}
}
