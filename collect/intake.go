// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// Intake is what all doors stand on: limits, memory, tokens, counters. It has
// no life of its own: it acts only within requests. It is safe for concurrent
// use.
type Intake struct {
	Dependencies
	config  Config
	budget  *budget
	refused refusals
	met     metrics
	quiet   *rate.Limiter // of log lines about refusals
}

// New makes the intake. One is shared by all doors, so that the bounds hold for
// all of them together.
func New(c Config, d Dependencies) *Intake {
	c = c.withDefaults()
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Classify == nil {
		d.Classify = ProblemOf
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	i := &Intake{Dependencies: d, config: c, budget: newBudget(c.InFlight, c.Wait), quiet: rate.NewLimiter(5, 50)}
	i.met = newMetrics(d.Metrics, i.budget.inFlight)
	return i
}

// Refused gives what was refused in the hours that begin in [from, to): of one
// sensor, of requests without a valid token (""), or of all ("*").
func (i *Intake) Refused(sensor string, from, to time.Time) []Refused {
	return i.refused.list(sensor, from, to)
}

// Limits gives the bounds in force.
func (i *Intake) Limits() Config { return i.config }

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	records  *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	dropped  *prometheus.CounterVec
	refused  *prometheus.CounterVec
	items    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, inFlight func() float64) metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_collect_" + name, Help: help}, labels)
	}
	m := metrics{
		requests: counter("requests_total", "Requests answered, by door and HTTP status.", "door", "status"),
		records:  counter("records_total", "Records acknowledged, duplicates left out.", "door", "format"),
		bytes:    counter("decoded_bytes_total", "Decoded bytes of acknowledged bodies.", "door"),
		dropped:  counter("discarded_bytes_total", "Bytes of over-long records beyond the record limit.", "door"),
		refused:  counter("refused_requests_total", "Requests refused, by sensor and HTTP status; no sensor means no valid token.", "sensor", "status"),
		items:    counter("refused_items_total", "Items of bulk requests refused, by sensor and status.", "sensor", "status"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "haidang_collect_request_seconds", Help: "From the request's header to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
		}, []string{"door"}),
	}
	if reg != nil {
		gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_collect_inflight_bytes", Help: "Memory that requests under way may use.",
		}, inFlight)
		reg.MustRegister(m.requests, m.seconds, m.records, m.bytes, m.dropped, m.refused, m.items, gauge)
	}
	return m
}

func (m metrics) answered(door string, status int, took time.Duration) {
	m.requests.WithLabelValues(door, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(door).Observe(took.Seconds())
}
