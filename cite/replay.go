// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"

	"haidang/event"
)

// Replayed is what became of working a cited figure out again.
type Replayed struct {
	Same        bool
	Canonical   []byte // of what was worked out now
	Differences []event.FigureDifference
	// At says which byte is the first that differs.
	At int
}

// Compare holds a figure that was worked out again against its citation. What no
// counting tells is taken over: the journal's position, the tables then in use, the
// status and the revision, and hours of coverage where they are no longer kept.
func Compare(c *event.Citation, again event.CitedFigure) (Replayed, error) {
	again.Position, again.Snapshots = c.Position, c.Snapshots
	again.Figure.Status, again.Figure.Revision = c.Figure.Status, c.Figure.Revision
	if again.Coverage.Hours == nil || c.Coverage.Hours == nil {
		again.Coverage.Hours = c.Coverage.Hours
	}
	canonical, err := Canonical(&again)
	if err != nil {
		return Replayed{}, err
	}
	out := Replayed{Same: bytes.Equal(canonical, c.Canonical), Canonical: canonical, Differences: Differ(&c.CitedFigure, &again)}
	for out.At < min(len(canonical), len(c.Canonical)) && canonical[out.At] == c.Canonical[out.At] {
		out.At++
	}
	return out, nil
}
