// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/store/duckdb/disk"
)

// Config says where the store lies and what it may use.
type Config struct {
	Dir         string // folder of its own, made when missing
	MemoryLimit string // of DuckDB, in its words; DefaultMemoryLimit when empty
	Threads     int    // of DuckDB; 0 means one a processor
	SpillLimit  string // of DuckDB's temporary files; DefaultSpillLimit when empty

	// SegmentRows is how large background merging lets a segment grow while
	// there are few; 0 means DefaultSegmentRows. It grows with what is kept, so
	// that there are never more than about 200 segments.
	SegmentRows int64
	// NoMerge leaves segments as they were committed.
	NoMerge bool
}

// Defaults of Config.
const (
	DefaultMemoryLimit = "200MB"
	DefaultSpillLimit  = "8GB"
	DefaultSegmentRows = 1 << 19
)

// Dependencies are what the store needs from outside. Log and Metrics may be
// nil.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	// Hook sees every step that changes the folder, and may fail it.
	Hook func(op disk.Op, name string) error
}
