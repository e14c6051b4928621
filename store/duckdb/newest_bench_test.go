// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb && unix

package duckdb

import (
	"cmp"
	"os"
	"slices"
	"testing"
	"time"

	"haidang/event"
)

// newestRows is how many records the newest are looked for among, unless
// HAIDANG_BENCH_ROWS says otherwise.
const newestRows = 10_000_000

// BenchmarkNewest looks for the newest 100 records of one rule and the like among
// ten million, merged and on disk, and beside each says what finding them by the
// engine takes.
func BenchmarkNewest(b *testing.B) {
	if testing.Short() {
		b.Skip("makes ten million records")
	}
	rows := newestRows
	if os.Getenv("HAIDANG_BENCH_ROWS") != "" {
		rows = benchRows(b)
	}
	s := New(Config{Dir: b.TempDir()}, Dependencies{})
	if err := s.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer shut(b, s)
	fillStore(b, s, rows)
	equal := func(field, value string) event.Filter {
		return event.Filter{Field: field, Op: event.OpEqual, Values: []string{value}}
	}
	for _, c := range []struct {
		name    string
		filters []event.Filter
	}{
		{"rareRule", []event.Filter{equal("rule.id", "2001500")}},
		{"commonRule", []event.Filter{equal("rule.id", "2000005")}},
		{"noRule", []event.Filter{equal("rule.id", "nothing")}},
		{"oneVictim", []event.Filter{equal("destination.ip", "113.0.39.16")}},
		{"ruleAndCountry", []event.Filter{equal("rule.id", "2000900"), equal("hosting.country", "DE")}},
		{"all", nil},
	} {
		q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 100, Filters: c.filters}
		b.Run(c.name, func(b *testing.B) {
			before, found := processor(b), 0
			for b.Loop() {
				p, err := s.Events(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				found = p.Batch.Rows()
			}
			b.ReportMetric(float64(processor(b)-before)/1e6/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(found), "records")
			b.ReportMetric(float64(findByEngine(b, s, q).Microseconds())/1e3, "engine-ms")
		})
	}
}

// findByEngine gives the time, best of three, that the engine takes to find the
// places of the newest records, without reading them.
func findByEngine(b *testing.B, s *Store, q event.Query) time.Duration {
	b.Helper()
	state, release, err := s.states.pin()
	if err != nil {
		b.Fatal(err)
	}
	defer release()
	ask, err := s.ask(state.Manifest, &q)
	if err != nil {
		b.Fatal(err)
	}
	segments := slices.Clone(ask.segments)
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(b.Time.Max, a.Time.Max) })
	best := time.Hour
	for range 3 {
		start := time.Now()
		if _, err := ask.newestOfAny(b.Context(), segments, nil, q.Limit+1); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	return best
}
