// SPDX-License-Identifier: Apache-2.0

package duckdb

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	commits, rows, rejects, failed  prometheus.Counter
	merges, mergedRows, expiredRows prometheus.Counter
	commitSeconds, querySeconds     prometheus.Histogram
	segments, bytes                 prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "haidang_store_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "haidang_store_" + name, Help: help})
	}
	seconds := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_store_" + name, Help: help, Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		})
	}
	m := &metrics{
		commits:       counter("commits_total", "Commits made durable."),
		failed:        counter("failed_commits_total", "Commits that failed and changed nothing."),
		rows:          counter("records_total", "Records made durable."),
		rejects:       counter("rejects_total", "Quarantined records made durable."),
		merges:        counter("merges_total", "Background merges of segments."),
		mergedRows:    counter("merged_records_total", "Records rewritten by merging."),
		expiredRows:   counter("expired_records_total", "Records dropped because of their age."),
		commitSeconds: seconds("commit_duration_seconds", "Time a commit took."),
		querySeconds:  seconds("query_duration_seconds", "Time a question took."),
		segments:      gauge("segments_files", "Segments that live."),
		bytes:         gauge("segments_bytes", "Size of the segments that live."),
	}
	if r != nil {
		r.MustRegister(m.commits, m.failed, m.rows, m.rejects, m.merges, m.mergedRows, m.expiredRows,
			m.commitSeconds, m.querySeconds, m.segments, m.bytes)
	}
	return m
}
