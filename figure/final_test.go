// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"testing"
	"time"

	"haidang/event"
)

// A figure turns final at that moment, where the watermark has passed.
func TestFinalAt(t *testing.T) {
	for _, name := range []string{"2026-11-20T14", "2026-11-20", "2026-W47", "2026-11", "2026-Q3", "2026"} {
		p, err := ParsePeriod(name, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		passed := event.TimeOf(p.To)
		if s := StatusOf(p, p.FinalAt().Add(-time.Nanosecond), passed, 1); s != event.FigureProvisional {
			t.Errorf("%s is %s a moment before", name, s)
		}
		if s := StatusOf(p, p.FinalAt(), passed, 1); s != event.FigureFinal {
			t.Errorf("%s is %s then", name, s)
		}
	}
}
