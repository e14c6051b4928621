// SPDX-License-Identifier: Apache-2.0

package account

import (
	"testing"
	"time"

	"haidang/share"
	"haidang/share/internal/pagetest"
)

func TestEveryPageIsRead(t *testing.T) {
	langs, err := readLanguages(time.UTC)
	pagetest.ReadAll(t, langs, err, func(l *language) (share.Pages, error) { return parsePages(l, noAssets{}) })
}

type noAssets struct{ Assets }
