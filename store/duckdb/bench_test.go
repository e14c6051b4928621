// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb && unix

package duckdb

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// benchRows is how many records the questions are asked of; HAIDANG_BENCH_ROWS
// asks for more than a quick look needs.
func benchRows(b *testing.B) int {
	b.Helper()
	if s := os.Getenv("HAIDANG_BENCH_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 500_000
}

// processor gives the processor time that this process used: on a busy machine
// the clock on the wall says little.
func processor(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchCommit = 100_000 // records a commit
const benchBatch = 2_000

func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{10, 1_000, benchCommit} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			s := New(Config{Dir: b.TempDir(), NoMerge: true}, Dependencies{})
			if err := s.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			tel := storetest.NewTelemetry(1)
			var batches []*event.Batch
			for n := 0; n < rows; n += benchBatch {
				batches = append(batches, tel.Batch(min(rows, benchBatch)))
			}
			position := event.Position(0)
			for b.Loop() {
				position++
				err := s.Commit(b.Context(), store.Commit{Position: position, Batches: batches, Sidecars: []store.Sidecar{{Kind: "k", Key: "k", Replace: true, Data: make([]byte, 20_000)}}})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/record")
			if err := s.Stop(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkQuestions asks a merged store.
func BenchmarkQuestions(b *testing.B) {
	s := New(Config{Dir: b.TempDir()}, Dependencies{})
	if err := s.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	fillStore(b, s, benchRows(b))
	any := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 100}
	filtered := any
	filtered.Filters = []event.Filter{{Field: "rule.id", Op: event.OpEqual, Values: []string{"2001500"}}}
	ip := any
	ip.Filters = []event.Filter{{Field: "source.ip", Op: event.OpPrefix, Values: []string{"45.1.0.0/24"}}}
	count := func(by string, m event.Metric) func() error {
		return func() error {
			q := event.Aggregate{Query: any, Metrics: []event.Metric{m}}
			if by != "" {
				q.By = []string{by}
			}
			_, err := s.Aggregate(b.Context(), q, 100)
			return err
		}
	}
	two := event.Aggregate{Query: any, By: []string{"hosting.country", "cert.rsit"}, Metrics: []event.Metric{event.MetricRecords}}
	for _, c := range []struct {
		name string
		ask  func() error
	}{
		{"newest100", func() error { _, err := s.Events(b.Context(), any); return err }},
		{"newest100OfOneRule", func() error { _, err := s.Events(b.Context(), filtered); return err }},
		{"newest100OfOneNetwork", func() error { _, err := s.Events(b.Context(), ip); return err }},
		{"recordsByHostingCountry", count("hosting.country", event.MetricRecords)},
		{"recordsByAffectedCountry", count("affected.country", event.MetricRecords)},
		{"recordsByRSIT", count("cert.rsit", event.MetricRecords)},
		{"recordsBySource", count("source.ip", event.MetricRecords)},
		{"recordsByTwo", func() error { _, err := s.Aggregate(b.Context(), two, 100); return err }},
		{"affectedByHostingCountry", count("hosting.country", event.MetricAffected)},
		{"events", count("", event.MetricEvents)},
		{"eventsByRSIT", count("cert.rsit", event.MetricEvents)},
		{"sources", count("", event.MetricSources)},
		{"walk", func() error { return s.Walk(b.Context(), func(*event.Batch) error { return nil }) }},
		{"accounting", func() error {
			_, err := s.Accounting(b.Context(), "", event.TimeUnset, event.TimeUnset)
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := processor(b)
			for b.Loop() {
				if err := c.ask(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processor(b)-before)/1e6/float64(b.N), "cpu-ms/op")
		})
	}
	if err := s.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func fillStore(b *testing.B, s *Store, rows int) {
	b.Helper()
	tel := storetest.NewTelemetry(1)
	tel.Step = time.Millisecond
	start := time.Now()
	for n := 0; n < rows; n += benchCommit {
		var batches []*event.Batch
		for range benchCommit / benchBatch {
			batches = append(batches, tel.Batch(benchBatch))
		}
		if err := s.Commit(b.Context(), store.Commit{Position: event.Position(n + 1), Batches: batches}); err != nil {
			b.Fatal(err)
		}
	}
	for {
		if _, ok := s.dueSegments(s.states.manifest()); !ok {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	st := s.Stats()
	b.Logf("%d records in %d segments, %.1f bytes each, made in %s", st.Rows, st.Segments, float64(st.Bytes)/float64(st.Rows), time.Since(start))
}
