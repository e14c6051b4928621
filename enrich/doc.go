// SPDX-License-Identifier: Apache-2.0

// Package enrich adds to records what the sensor cannot know: the country and
// the autonomous system of both ends, the member organisations concerned, the
// affected one's sector and size, a technique where the rule named none, and
// the mark of known-benign traffic.
//
// In comes an event.Batch, out goes the same batch, changed in place. What the
// sensor said is not changed: country and AS are replaced where our tables know
// the address (they are fixed by the tables of the day of arrival), everything
// else is only filled where it was empty. event.hash takes in what was found out, so
// that only records of which the same was found are repeats of each other.
//
// The tables are read-only and swapped whole: a batch sees one state of all of
// them. A file that cannot be read is refused with an error that names file,
// line, field and remedy, and the state before it stays in force. The room asks
// nobody anything; no network, and no disk outside Start and Reload.
package enrich
