// SPDX-License-Identifier: Apache-2.0

package audit

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	entries        *prometheus.CounterVec
	groups, failed prometheus.Counter
	append, commit prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, l *Log) (*metrics, error) {
	buckets := prometheus.ExponentialBuckets(0.0002, 2, 14)
	m := &metrics{
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "haidang_audit_entries_total", Help: "Entries written, by action."}, []string{"action"}),
		groups: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_audit_groups_total", Help: "Groups of entries that shared their syncs."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_audit_failed_total", Help: "Entries that were refused or could not be written."}),
		append: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_audit_append_seconds", Help: "What an audited request waits for its entry.", Buckets: buckets}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_audit_commit_seconds", Help: "Time to write, sync and sign one group.", Buckets: buckets}),
	}
	if r == nil {
		return m, nil
	}
	size := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "haidang_audit_size_entries", Help: "Entries under the newest checkpoint."},
		func() float64 { return float64(l.Checkpoint().Size) })
	for _, c := range []prometheus.Collector{m.entries, m.groups, m.failed, m.append, m.commit, size} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
