// SPDX-License-Identifier: Apache-2.0

package pipeline

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	rejects, commitErrors prometheus.Counter
	commitSeconds         prometheus.Histogram
	held                  held
}

// held is the memory of batches: those that wait to be written, those being
// written, and those kept to be used again.
type held struct{ waiting, committing, free prometheus.Gauge }

func newMetrics(r prometheus.Registerer, records func() float64) metrics {
	m := metrics{
		rejects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_pipeline_quarantined_records_total", Help: "Records quarantined while normalising.",
		}),
		commitErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_pipeline_commit_errors_total", Help: "Commits that failed and were tried again.",
		}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_pipeline_commit_seconds", Help: "Time that a commit took.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 12),
		}),
	}
	bytes := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "haidang_pipeline_held_bytes", Help: "Memory of records on their way to the store, by where they are.",
	}, []string{"state"})
	m.held = held{bytes.WithLabelValues("waiting"), bytes.WithLabelValues("committing"), bytes.WithLabelValues("free")}
	counted := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "haidang_pipeline_records_total", Help: "Records normalised and counted.",
	}, records)
	r.MustRegister(counted, m.rejects, m.commitErrors, m.commitSeconds, bytes)
	return m
}
