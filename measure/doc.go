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
// Attacks are records of stage attempt, folded (events/1). A record affecting
// two countries counts once in each and once in the world; context records count
// by sensor and in the world alone. Unconfirmed hosting addresses are counted
// apart and enter no ranking, no flow and no distinct set.
//
// Memory is bounded by four budgets (Config). What leaves it is counted in a
// metric, and an answer that misses something says so: Whole is false. Minutes
// lose their widest cubes first (AS, rule, country pairs), then go altogether,
// the last two hours excepted. Days are never dropped. Distinct addresses are
// kept by hour for eight days, by local day for ever; in a zone that is not
// whole hours from UTC the hour that midnight divides belongs to the day it
// began in.
//
// The hours of days past their ninth stay in the store (Open, Dependencies.Kept),
// which tells of them hour by hour, and are read when asked for. Where it does not,
// hours beyond their budget are kept in two pieces a day, cut at local midnight, so
// that local days stay whole. Days past their ninth leave what is wide where the
// store has it (Open, Dependencies.Kept), sets when these are beyond their budget;
// it is read when asked for. What the store does not have whole goes to a file
// without a name (Config.Attic), which is gone when the process is.
// Addresses of calendar months and weeks past are stored put together (Unite).
// Answers' unions and sums of periods at rest are kept, within budgets, for who
// asks next.
//
// Raw records and addresses are never kept, only counters and keyed hashes.
// Neither the hashes nor the sketches made of them may leave the machine.
package measure
