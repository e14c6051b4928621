// SPDX-License-Identifier: Apache-2.0

package release

import (
	"testing"
	"time"

	"haidang/share"
	"haidang/share/internal/pagetest"
)

func TestEveryPageIsRead(t *testing.T) {
	langs, err := readLanguages(time.UTC, noAssets{})
	pagetest.ReadAll(t, langs, err, func(l *language) (share.Pages, error) { return l.Pages, nil })
}

type noAssets struct{ Assets }
