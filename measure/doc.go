// SPDX-License-Identifier: Apache-2.0

// Package measure counts. Batches of normalised, enriched records come in;
// counts by the declared cubes, rankings, series, distinct addresses and the
// national picture come out, all from memory.
//
// One goroutine calls Add. Everything else may be called by anybody: readers
// work on an immutable view that is renewed at most every 200 ms, so that a
// slow question never holds up counting.
//
// What changed since the last commit is handed out by Cut and put back by Load
// at start; adding the parts in any grouping gives the same state as one pass.
// Counts are kept by minute for seven days, by hour and day for ever (hours
// within a memory budget; what leaves memory stays in the store's parts).
//
// Raw records and addresses are never kept, only counters and keyed hashes.
// Neither the hashes nor the sketches made of them may leave the machine.
package measure
