// SPDX-License-Identifier: Apache-2.0

package participant

import "github.com/prometheus/client_golang/prometheus"

type metrics struct{ known, memory prometheus.Gauge }

func newMetrics(reg prometheus.Registerer) metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "haidang_participant_" + name, Help: help})
	}
	m := metrics{
		known:  gauge("known_participants", "Different pseudonyms that are known."),
		memory: gauge("memory_bytes", "Memory of days, and of past periods that were counted ahead."),
	}
	if reg != nil {
		reg.MustRegister(m.known, m.memory)
	}
	return m
}

func (m metrics) report(known int, bytes int64) {
	m.known.Set(float64(known))
	m.memory.Set(float64(bytes))
}
