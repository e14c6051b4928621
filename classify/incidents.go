// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"

	"haidang/event"
)

// Grouping makes incidents of records, in whatever order they come.
type Grouping interface {
	Add(b *event.Batch)
	Incidents() []event.Incident
}

// Incidents groups records that were released to one viewer: what comes out was
// made of what the viewer may see, and is released to the same viewer. Visitors
// have no incidents.
func Incidents(g Grouping, pages ...Released[Page]) (Released[[]event.Incident], error) {
	if len(pages) == 0 || pages[0].Public() {
		return Released[[]event.Incident]{}, ErrForbidden
	}
	viewer := pages[0].viewer
	for _, p := range pages {
		if p.viewer != viewer {
			return Released[[]event.Incident]{}, errors.New("classify: pages of different viewers cannot be grouped together")
		}
		if p.value.Rows != nil {
			g.Add(p.value.Rows)
		}
	}
	return release(viewer, g.Incidents()), nil
}
