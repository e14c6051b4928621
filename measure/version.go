// SPDX-License-Identifier: Apache-2.0

package measure

import "haidang/event"

// Version tells states of a period's counts and addresses apart: while it is the
// same, so are all answers about [from, to). It is never ahead of what the next
// question is answered from: what is answered after a version was taken, and kept
// by it, is at least as new. It changes with every change of the UTC days that the
// period touches, and starts anew with the program.
func (m *Measure) Version(from, to event.Time) int64 {
	start, end := span(from, to)
	return m.look().version(start, end)
}

// version is Version as a view has it.
func (v *view) version(from, to int64) (newest int64) {
	for _, b := range v.between(ByDay, ByDay.floor(from), ceil(to, 1440)) {
		newest = max(newest, b.version)
	}
	return newest
}
