// SPDX-License-Identifier: Apache-2.0

// Package feed writes Atom feeds (RFC 4287).
//
// Entries come in with what the format asks of them; one XML document goes out,
// the same bytes for the same entries. An entry's id is made of what it is about
// and never of when it was written, so that readers know it again.
//
// It may not happen that a document goes out that lacks what RFC 4287 requires, or
// that two entries share an id.
package feed
