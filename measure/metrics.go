// SPDX-License-Identifier: Apache-2.0

package measure

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	rows        prometheus.Counter
	pushed      prometheus.Counter
	foldEntries prometheus.Gauge
	namesOver   prometheus.Counter
	setsRefused prometheus.Counter
	dropped     *prometheus.CounterVec
	memory      *prometheus.GaugeVec
	pushedSeen  int64
	overSeen    int64
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "haidang_measure_" + name, Help: help})
	}
	s := &metrics{
		rows:   counter("records_total", "Records counted."),
		pushed: counter("fold_pushed_out_total", "Folding entries pushed out by the memory budget; repeats of them count twice."),
		foldEntries: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "haidang_measure_fold_entries", Help: "Entries in the folding window.",
		}),
		namesOver:   counter("names_refused_total", "Strings beyond the bound of their dimension, counted as "+OtherName+"."),
		setsRefused: counter("sets_refused_total", "Cells whose distinct addresses found no memory."),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "haidang_measure_dropped_periods_total", Help: "Periods dropped from memory by a budget, by what they held.",
		}, []string{"what"}),
		memory: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "haidang_measure_memory_bytes", Help: "Memory taken, by what it holds.",
		}, []string{"what"}),
	}
	if reg != nil {
		reg.MustRegister(s.rows, s.pushed, s.foldEntries, s.namesOver, s.setsRefused, s.dropped, s.memory)
	}
	return s
}
