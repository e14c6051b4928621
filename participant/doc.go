// SPDX-License-Identifier: Apache-2.0

// Package participant counts participants: who was at work, where, and who was
// attacked, exactly and for any period of whole hours.
//
// Batches of enriched records come in; how many different participants a period
// has, by country, sector, kind, way and class, goes out. One goroutine calls Add
// and Cut; Count may be asked by any number.
//
// A day holds, for each participant and place, in which of its hours there was a
// heartbeat or an event, and every folded event. Both are sets: the same record
// again, in any order and in any batches, changes nothing. What changed since the
// last commit is handed out by Cut and put back by Load, or Open, at start. Days more
// than a month past stay where the store has them (Open, Dependencies.Kept); the
// sums of their months are in memory.
//
// Its country is where most of its heartbeats of the period come from, by hours;
// where it has none, most of its events; of equals the first by the alphabet.
// Sector and organisation are likewise those of most hours in that country.
//
// It knows pseudonyms only, and may not let one out: answers hold counts, and
// sums of keyed hashes for disclosure control, which stay within the program.
package participant
