// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"time"

	"haidang/event"
)

// finalAfter is how long after its end a period's figures may become final. Weeks
// wait as long as months, what is longer than a quarter as long as a quarter.
func finalAfter(k Kind) time.Duration {
	const day = 24 * time.Hour
	switch k {
	case Minute, Hour:
		return 2 * time.Hour
	case Day:
		return 2 * day
	case Week, Month:
		return 7 * day
	default:
		return 15 * day
	}
}

// StatusOf gives the status of a period's figures. They are provisional until the
// stated delay has gone by and the watermark, the time up to which figures are
// complete, has passed the period's end. A figure that was final and was counted
// anew is revised; revision counts its published versions from 1.
func StatusOf(p Period, now time.Time, watermark event.Time, revision int) event.FigureStatus {
	switch {
	case now.Before(p.To.Add(finalAfter(p.Kind))), !watermark.IsSet(), watermark < event.TimeOf(p.To):
		return event.FigureProvisional
	case revision > 1:
		return event.FigureRevised
	}
	return event.FigureFinal
}
