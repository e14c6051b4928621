// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"math"
	"slices"

	"haidang/event"
	"haidang/store/duckdb/manifest"
)

// factsOf gathers what the manifest says of a segment.
func factsOf(batches []*event.Batch) (rows int64, f manifest.Facts) {
	f = manifest.Facts{
		Time:     manifest.Range{Min: math.MaxInt64, Max: math.MinInt64},
		Ingested: manifest.Range{Min: math.MaxInt64, Max: math.MinInt64},
		First:    math.MaxUint64,
	}
	for _, b := range batches {
		if b.Rows() == 0 {
			continue
		}
		rows += int64(b.Rows())
		f.Time = f.Time.Join(manifest.Range{Min: slices.Min(b.Time), Max: slices.Max(b.Time)})
		f.Ingested = f.Ingested.Join(manifest.Range{Min: slices.Min(b.Ingested), Max: slices.Max(b.Ingested)})
		f.First = min(f.First, event.Position(slices.Min(b.RawSeq)))
		f.Last = max(f.Last, event.Position(slices.Max(b.RawSeq)))
		for row := range b.Rows() {
			if b.Affected[row] == event.SideBoth {
				f.Both++
			}
			if b.Count[row] != 1 {
				f.Counted++
			}
			if b.Excluded.Codes[row] != 0 {
				f.Excluded++
			}
		}
	}
	return rows, f
}
