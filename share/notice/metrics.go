// SPDX-License-Identifier: Apache-2.0

package notice

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	sent, failed, retries *prometheus.CounterVec
	lookFailures          prometheus.Counter
}

func newMetrics(r prometheus.Registerer, o *outbox) (*metrics, error) {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"channel"})
	}
	m := &metrics{
		sent:    counter("haidang_notice_sent_total", "Notices that were sent, by channel."),
		failed:  counter("haidang_notice_failed_total", "Notices that were given up, by channel."),
		retries: counter("haidang_notice_retries_total", "Attempts that failed and will be made again, by channel."),
		lookFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_notice_look_failures_total", Help: "Looks for what to tell that failed.",
		}),
	}
	if r == nil {
		return m, nil
	}
	queued := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "haidang_notice_queued_notices", Help: "Notices that wait to be sent.",
	}, func() float64 {
		n := 0
		for _, x := range o.list() {
			if x.State == Queued {
				n++
			}
		}
		return float64(n)
	})
	for _, c := range []prometheus.Collector{m.sent, m.failed, m.retries, m.lookFailures, queued} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
