// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"testing"

	"haidang/normalise/internal/golden"
)

func TestGolden(t *testing.T) { golden.Run(t, "testdata", New(), 100) }
