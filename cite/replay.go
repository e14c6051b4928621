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
// status and the revision, and hours of coverage and numbers of hosts where they are
// no longer kept. It is written in the form that the citation was signed in.
func Compare(c *event.Citation, again event.CitedFigure) (Replayed, error) {
	again.Position, again.Snapshots = c.Position, c.Snapshots
	again.Figure.Status, again.Figure.Revision = c.Figure.Status, c.Figure.Revision
	if again.Coverage.Hours == nil || c.Coverage.Hours == nil {
		again.Coverage.Hours = c.Coverage.Hours
	}
	again.Form = c.Form
	keepHosts(&again.Figure, &c.Figure)
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

// keepHosts takes over numbers of hosts where none is known any more.
func keepHosts(again, was *event.Figure) {
	for i := range again.Rows {
		if again.Rows[i].Hosts != nil {
			return
		}
	}
	rows := map[string]*event.FigureUnits{}
	for i := range was.Rows {
		rows[groupKey(was.Rows[i].Group)] = was.Rows[i].Hosts
	}
	for i := range again.Rows {
		again.Rows[i].Hosts = rows[groupKey(again.Rows[i].Group)]
	}
}
