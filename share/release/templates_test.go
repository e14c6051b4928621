// SPDX-License-Identifier: Apache-2.0

package release

import (
	"testing"
	"time"
)

// The page is read when it is first asked for.
func TestEveryPageIsRead(t *testing.T) {
	langs, err := readLanguages(time.UTC, noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range langs {
		for name := range l.Pages {
			l.Pages.Get(name)
		}
	}
}

type noAssets struct{ Assets }
