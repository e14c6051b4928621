// SPDX-License-Identifier: Apache-2.0

// Package incident turns an organisation's own records into what a person can
// work on: one incident a machine and problem, with its severity, its history
// and what to do.
//
// Records come in as batches that the gate has already reduced for their
// reader, in any order, any number of times split; Grouper makes the same
// incidents of them. What people say of an incident (being worked on, resolved,
// false alarm, not ours, moved) comes into the Book, which keeps every word
// said in a bucket, reopens a resolved incident that is seen again, and tells
// what figures must subtract. Out go incidents in the words of event, the list
// that finds a machine behind an address translator (CSV), and Advice for each
// type of the taxonomy in both languages.
//
// The package asks nobody for records, decides nobody's rights, and never
// changes or forgets a line of history. Advice and severity are versioned data.
package incident
