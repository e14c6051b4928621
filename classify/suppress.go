// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"slices"

	"haidang/event"
)

// suppress says which lines of a table by a protected dimension may be published.
// The table's sum is open elsewhere, so that what is hidden must be safe as a
// sum too: the lines that fail the rules are hidden, and with them the smallest
// others until the hidden ones together pass the rules and are at least two.
// There is one equation, hence this is what linear programming would find. What
// has no sector is hidden too, but counted on for nothing: somebody may know it.
func suppress(in []event.Count) (shown map[string]bool) {
	shown = map[string]bool{}
	open := make([]event.Count, 0, len(in))
	rest, hidden := event.Count{}, 0
	for _, c := range in {
		if c.Key == "" {
			continue
		}
		if mayPublish(c) {
			open = append(open, c)
			shown[c.Key] = true
			continue
		}
		rest = together(rest, c)
		hidden++
	}
	slices.SortFunc(open, func(a, b event.Count) int { return cmp.Or(cmp.Compare(a.Events, b.Events), cmp.Compare(a.Key, b.Key)) })
	for hidden > 0 && len(open) > 0 && (hidden < 2 || !mayPublish(rest)) {
		rest = together(rest, open[0])
		delete(shown, open[0].Key)
		open, hidden = open[1:], hidden+1
	}
	return shown
}

// together makes one cell of two. A ministry's units count as one and may lie in
// several sectors, so that the same may contribute to both: as few contributors
// and as large ones as there may be.
func together(a, b event.Count) event.Count {
	return event.Count{
		Events: a.Events + b.Events, Organisations: max(a.Organisations, b.Organisations),
		Largest: a.Largest + b.Largest, Second: a.Second + b.Second,
	}
}
