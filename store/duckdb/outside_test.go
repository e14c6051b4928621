// SPDX-License-Identifier: Apache-2.0

//go:build linux && !noduckdb

package duckdb

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"haidang/event"
)

// outsideGo is what the process holds in memory that is neither a file's nor Go's.
func outsideGo(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, after, ok := strings.Cut(string(text), "RssAnon:")
	fields := strings.Fields(after)
	if !ok || len(fields) == 0 {
		t.Skip("the kernel does not tell anonymous memory apart")
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return kib<<10 - int64(m.Sys-m.HeapReleased)
}

// Drill-downs leave nothing behind outside of Go's heap, where nothing but the
// process's size would tell.
func TestDrillDownsLeaveNothingInTheEngine(t *testing.T) {
	s := tallyStore(t, rand.New(rand.NewPCG(3, 3)), 4, 300)
	ask := func(times int) {
		for range times {
			if _, err := s.Aggregate(t.Context(), event.Aggregate{
				By: []string{"source.geo.country_iso_code"}, Metrics: []event.Metric{event.MetricRecords, event.MetricAffected},
			}, 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(60) // what it keeps for good
	before := outsideGo(t)
	const times, most = 200, 8 << 20
	ask(times)
	if n := outsideGo(t) - before; n > most {
		t.Errorf("%d drill-downs leave %d bytes behind", times, n)
	} else {
		t.Logf("%d drill-downs: %+d KiB", times, n>>10)
	}
}
