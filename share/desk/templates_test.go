// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"testing"
	"time"
)

// Pages are read when they are first asked for: here all are.
func TestEveryPageIsRead(t *testing.T) {
	langs, err := readLanguages(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range langs {
		pages, err := parsePages(l, noAssets{})
		if err != nil || len(pages) == 0 {
			t.Fatal(len(pages), err)
		}
		for name := range pages {
			pages.Get(name)
		}
	}
}

type noAssets struct{ Assets }
