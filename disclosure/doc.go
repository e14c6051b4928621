// SPDX-License-Identifier: Apache-2.0

// Package disclosure keeps open figures from telling of one person or one
// organisation (STATISTICS, "Disclosure control of open figures").
//
// Numbers come in with what control needs to know of them: of a count of units
// its cell key, of a count of events who contributes. Out go numbers with noise,
// and the lines of a table that are hidden, checked by linear programming.
//
//   - Counts of units (participants, addresses): Perturb adds noise of -4 to +4
//     that depends on the cell's members alone, by the published table noise.csv.
//   - Counts of events: a System holds cells and who contributes. Suppress hides
//     what fails the rules and, with it, what would give it away; Check works out
//     what an intruder can conclude who knows all that is shown and, as one of the
//     contributors, what is his.
//   - Periods that overlap: a Calendar holds the days of a year and decides of
//     longer ones, line by line, what may be shown beside all that is published.
//
// It may not know what a cell means, keep anything, read a clock or see a record.
// Where arithmetic would overflow it says so, and its caller hides everything.
package disclosure
