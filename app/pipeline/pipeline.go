// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/store"
)

// Config bounds the flow.
type Config struct {
	Workers     int
	CommitEvery time.Duration
	Hold        int64 // bytes of records held in memory, about
}

// commitHolds is after how many times what may be held a commit is due at once. Records
// are written ahead of it, so that it is about files, not about memory: few large ones
// cost less to name, to sync and to count up to, and are not written again to be merged.
const commitHolds = 4

// Parts are the neighbours the flow runs through.
type Parts struct {
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Consume   func(ctx context.Context, after event.Position, fn func(event.Chunk) error) error
	Normalise func() Chunker // one for each worker
	Enrich    func(*event.Batch)
	Sensor    func(name string) event.Sensor
	Add       func(*event.Batch)                          // measure
	Seen      func(*event.Chunk)                          // accounting: in journal order
	Rejected  func([]event.Reject)                        // accounting too; may be nil
	Cut       func() []store.Sidecar                      // what measure, ledger and accounting changed
	Append    func(context.Context, []*event.Batch) error // ahead of their commit
	Commit    func(context.Context, store.Commit) error   // without records of its own
	Watermark func() event.Time
	Committed func(event.Position)
	Failed    func(error) // the journal can no longer be read
}

// Chunker turns one chunk into columns and rejects.
type Chunker interface {
	Chunk(c *event.Chunk, s event.Sensor, b *event.Batch, rejects []event.Reject) []event.Reject
}

// Pipeline is the running flow.
type Pipeline struct {
	cfg     Config
	parts   Parts
	metrics metrics
	records atomic.Uint64
	free    free
	cancel  context.CancelFunc
	stop    chan struct{} // closed by Stop: a failing commit is no longer tried again
	done    chan struct{}
	err     error
}

// New makes a pipeline; it does nothing before Start.
func New(cfg Config, parts Parts) *Pipeline {
	p := &Pipeline{
		cfg: cfg, parts: parts,
		free: free{limit: cfg.Hold},
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	p.metrics = newMetrics(parts.Metrics, func() float64 { return float64(p.Records()) })
	return p
}

// job is a group of neighbouring chunks on its way; their result arrives on out.
type job struct {
	chunks []event.Chunk
	out    chan result
}

// result is what a group became: one batch, however many chunks it came from.
type result struct {
	chunks  []event.Chunk // without their data
	batch   *event.Batch  // nil where the chunks held no records
	rejects []event.Reject
}

// Start reads the journal after a position until Stop.
func (p *Pipeline) Start(after event.Position) {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	in := make(chan event.Chunk)
	jobs := make(chan job, p.cfg.Workers)
	order := make(chan job, 2*p.cfg.Workers)
	var workers sync.WaitGroup
	for range p.cfg.Workers {
		workers.Go(func() { p.work(jobs) })
	}
	go func() {
		// The sends never give up: Consume stops between journal messages only, and
		// the sequencer takes everything that was sent, so that a commit never
		// holds half a message.
		err := p.parts.Consume(ctx, after, func(c event.Chunk) error {
			in <- c
			return nil
		})
		if ctx.Err() == nil && err != nil {
			p.err = fmt.Errorf("reading the journal: %w", err)
			p.parts.Failed(p.err)
		}
		close(in) // the sequencer's end, and so Stop, comes after err was set
	}()
	go feed(in, jobs, order)
	go func() {
		defer close(p.done)
		p.sequence(order)
		workers.Wait()
	}()
}

// Stop ends reading and commits what was counted.
func (p *Pipeline) Stop(ctx context.Context) error {
	if p.cancel == nil {
		return nil
	}
	p.cancel()
	close(p.stop)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Records gives how many were normalised and counted since the start.
func (p *Pipeline) Records() uint64 { return p.records.Load() }

func (p *Pipeline) work(jobs <-chan job) {
	n := p.parts.Normalise()
	var t event.Tables
	for j := range jobs {
		j.out <- p.normalise(n, &t, j.chunks)
	}
}

func (p *Pipeline) normalise(n Chunker, t *event.Tables, chunks []event.Chunk) result {
	r := result{chunks: chunks}
	if rows := rowsOf(chunks); rows > 0 {
		r.batch = p.free.get(rows)
		t.Lend(r.batch)
	}
	for i := range chunks {
		c := &chunks[i]
		if c.Dup == 0 && len(c.Data) > 0 {
			r.rejects = n.Chunk(c, p.parts.Sensor(c.Sensor), r.batch, r.rejects)
		}
		c.Data = nil // may be used again while the batch waits for its commit
		if c.Release != nil {
			c.Release()
			c.Release = nil
		}
	}
	if r.batch != nil {
		p.parts.Enrich(r.batch)
		t.Take(r.batch)
	}
	return r
}
