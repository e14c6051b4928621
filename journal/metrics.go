// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	messages, parts, written prometheus.Counter
	batches                  *prometheus.CounterVec
	records                  *prometheus.CounterVec
	refused                  *prometheus.CounterVec
	commit                   prometheus.Histogram
	restarts, lost           prometheus.Counter
	handed, readBack         prometheus.Counter
}

func newMetrics(r prometheus.Registerer, j *Journal) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "haidang_journal_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_journal_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		messages: counter("messages_total", "Messages written to the log, each synced once."),
		parts:    counter("parts_total", "Pieces of batches in these messages."),
		written:  counter("written_bytes_total", "Compressed bytes written to the log."),
		batches:  vec("batches_total", "Batches acknowledged, by whether they were new.", "kind"),
		records:  vec("records_total", "Records acknowledged, by whether their batch was new.", "kind"),
		refused:  vec("refused_total", "Batches refused, by reason.", "reason"),
		restarts: counter("restarts_total", "Restarts of the embedded log in place."),
		handed:   counter("handed_messages_total", "Messages that reached the consumer without leaving the memory."),
		readBack: counter("read_messages_total", "Messages that a consumer read back from the log."),
		lost:     counter("unreadable_messages_total", "Messages that could not be read back."),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "haidang_journal_write_seconds", Help: "Time to write and sync one message.",
			Buckets: prometheus.ExponentialBuckets(0.0002, 2, 14),
		}),
	}
	if r == nil {
		return m, nil
	}
	gauge := func(name, help string, f func(State) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_journal_" + name, Help: help},
			func() float64 { return f(j.State()) })
	}
	var err error
	for _, c := range []prometheus.Collector{
		m.messages, m.parts, m.written, m.batches, m.records, m.refused, m.commit, m.restarts, m.lost, m.handed, m.readBack,
		gauge("size_bytes", "Bytes that the journal holds.", func(s State) float64 { return float64(s.Bytes) }),
		gauge("limit_bytes", "Bytes at which the journal refuses.", func(s State) float64 { return float64(s.Limit) }),
		gauge("last_position", "Sequence of the newest message.", func(s State) float64 { return float64(s.Last) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_journal_handover_bytes", Help: "Decoded bytes that wait for the consumer in memory."},
			func() float64 { return float64(j.handover.waiting()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_journal_uncommitted_bytes", Help: "Journalled bytes that the store has not committed."},
			func() float64 { return float64(j.backlog.behind()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_journal_remembered_keys", Help: "Idempotency-Keys remembered."},
			func() float64 { k, _, _ := j.ledger.size(); return float64(k) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "haidang_journal_forgotten_keys_total", Help: "Idempotency-Keys forgotten before their time, for want of room."},
			func() float64 { _, _, d := j.ledger.size(); return float64(d) }),
	} {
		err = errors.Join(err, r.Register(c))
	}
	return m, err
}

func (m *metrics) message(bytes, parts int) {
	m.messages.Inc()
	m.parts.Add(float64(parts))
	m.written.Add(float64(bytes))
}

func (m *metrics) batch(h *head) {
	kind := "new"
	if h.flags&flagDup != 0 {
		kind = "duplicate"
	}
	m.batches.WithLabelValues(kind).Inc()
	m.records.WithLabelValues(kind).Add(float64(h.total))
}

var refusals = []struct {
	err    error
	reason string
}{
	{ErrBehind, "behind"}, {ErrNoSpace, "no-space"}, {ErrKeyBusy, "key-busy"}, {ErrKeyMismatch, "key-mismatch"},
	{ErrSpool, "spool"}, {ErrTooLong, "too-long"}, {ErrExpired, "expired"}, {ErrNotReady, "not-ready"},
	{ErrStopped, "stopped"}, {ErrUnavailable, "unavailable"},
}

func (m *metrics) refuse(err error) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			m.refused.WithLabelValues(r.reason).Inc()
			return
		}
	}
	m.refused.WithLabelValues("other").Inc()
}
