// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"testing"
	"time"

	"haidang/share"
	"haidang/share/internal/pagetest"
)

func TestEveryPageIsRead(t *testing.T) {
	langs, err := readLanguages(time.UTC, noAssets{})
	pagetest.ReadAll(t, langs, err)
}

type noAssets struct{ share.Assets }
