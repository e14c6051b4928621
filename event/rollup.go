// SPDX-License-Identifier: Apache-2.0

package event

// RollupQuery asks for counts that are kept in memory, whatever the number of
// records behind them: by declared dimensions, of any period. From is inclusive,
// To exclusive, by @timestamp, cut to whole minutes; TimeUnset leaves that end open.
type RollupQuery struct {
	By       []string // dimensions, named as the record's fields are; none for the sum
	Where    []Filter // OpEqual on dimensions only
	From, To Time
	Step     string         // "", "minute", "hour" or "day" (local days)
	Stage    Stage          // what is counted: attempt, incident or state
	Distinct []DistinctSide // distinct addresses too; without Step, by country, kind, way and sector only
	Limit    int            // at most this many rows a step, largest first; 0 for all
}

// RollupRow is one group's counts. Events are folded (events/1), records are
// sums of cert.count.
type RollupRow struct {
	Start           Time // of the step; the period's where there are no steps
	Group           []string
	Events, Records int64
	Affected        *Distinct // addresses; nil unless asked for or where there are none
	Hosting         *Distinct // likewise; confirmed ones
}

// DistinctSide says which side's addresses are counted.
type DistinctSide string

// Sides of distinct addresses.
const (
	DistinctAffected DistinctSide = "affected"
	DistinctHosting  DistinctSide = "hosting"
)

// Distinct is a number of distinct addresses: exact up to 4,096, above that
// estimated with a standard error of 0.81 % (STATISTICS, Exactness).
type Distinct struct {
	Count int64
	Exact bool
	Key   uint64 // of exact ones: the sum of the members' secret hashes, for disclosure control; never shown
}

// Rollup is the answer to a RollupQuery: rows by start, then largest first.
type Rollup struct {
	Rows   []RollupRow
	Whole  bool // false where part of the period is no longer kept as finely as asked for
	Replay bool // anything of the period was sent by a replay
}
