// SPDX-License-Identifier: Apache-2.0

package live

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	readers  prometheus.Gauge
	messages *prometheus.CounterVec
	bytes    prometheus.Counter
	dropped  prometheus.Counter
	refused  prometheus.Counter
	encode   prometheus.Histogram
}

func newMetrics() metrics {
	return metrics{
		readers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "haidang_live_readers_count", Help: "Browsers that follow the live picture now."}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "haidang_live_messages_total", Help: "Messages encoded, each once for all readers."}, []string{"sort"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_live_sent_bytes_total", Help: "Bytes written to readers."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_live_dropped_total", Help: "Messages that a slow reader missed."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_live_refused_total", Help: "Readers turned away because there were too many."}),
		encode: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_live_encode_seconds", Help: "Time to make one message.",
			Buckets: []float64{.0001, .0003, .001, .003, .01, .03, .1}}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(m.readers), r.Register(m.messages), r.Register(m.bytes),
		r.Register(m.dropped), r.Register(m.refused), r.Register(m.encode))
}
