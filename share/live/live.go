// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/classify"
	"haidang/event"
)

// Gate is what live asks of classify.
type Gate interface {
	Picture(classify.Viewer) classify.Released[event.Picture]
}

// Config of the room; zero values take the defaults.
type Config struct {
	Readers int           // most readers at once; 10,000
	Tick    time.Duration // between differences; 250 ms
	Whole   time.Duration // between whole states; 10 s
	Queue   int           // messages a reader may lag behind; 16
	Write   time.Duration // longest that one write may take; 20 s
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&c.Tick, 250*time.Millisecond)
	def(&c.Whole, 10*time.Second)
	def(&c.Write, 20*time.Second)
	if c.Readers <= 0 {
		c.Readers = 10_000
	}
	if c.Queue <= 0 {
		c.Queue = 16
	}
	return c
}

// Dependencies of the room.
type Dependencies struct {
	Gate    Gate
	ASName  func(as uint32) string // names a network, empty when it has no name; may be nil
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Server sends one stream to many readers. It is an http.Handler.
type Server struct {
	cfg Config
	dep Dependencies
	met metrics

	mu      sync.Mutex
	readers map[*reader]struct{}
	stream  *stream
	prev    *state
	began   time.Time // of the epoch; zero when none is running
	running bool

	stop context.CancelFunc
	done chan struct{}
}

// New makes a server that does nothing until Start.
func New(cfg Config, dep Dependencies) (*Server, error) {
	if dep.Gate == nil {
		return nil, errors.New("live: no gate was handed in")
	}
	if dep.Log == nil {
		dep.Log = slog.New(slog.DiscardHandler)
	}
	st, err := newStream()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg.withDefaults(), dep: dep, met: newMetrics(), readers: map[*reader]struct{}{}, stream: st}
	if dep.Metrics != nil {
		if err := s.met.register(dep.Metrics); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Start begins to send.
func (s *Server) Start(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan struct{})
	s.mu.Lock()
	s.running = true
	s.mu.Unlock()
	go s.run(ctx)
	return nil
}

// Stop ends all connections; browsers come back by themselves.
func (s *Server) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) run(ctx context.Context) {
	defer close(s.done)
	t := time.NewTicker(s.cfg.Tick)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			s.tick(now)
		case <-ctx.Done():
			s.close()
			return
		}
	}
}

func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	for r := range s.readers {
		r.leave()
	}
}

// tick encodes once and hands the same bytes to everybody. With nobody there
// it does nothing: whoever comes first begins an epoch.
func (s *Server) tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.readers) == 0 {
		s.began = time.Time{}
		return
	}
	begin := time.Now()
	c, err := s.next(now)
	if err != nil {
		// Compressing into memory fails only by a fault of ours.
		s.dep.Log.Error("live message not encoded", "err", err)
		s.began = time.Time{}
		return
	}
	s.met.encode.Observe(time.Since(begin).Seconds())
	if len(c.plain) > 0 {
		s.broadcast(&c)
	}
}

// next gives the message of this tick, which is empty when nothing changed.
func (s *Server) next(now time.Time) (chunk, error) {
	if s.began.IsZero() || now.Sub(s.began) >= s.cfg.Whole {
		s.began = now
		s.prev = stateOf(s.dep.Gate.Picture(classify.Nobody()), s.prev, s.dep.ASName)
		s.met.messages.WithLabelValues("whole").Inc()
		return s.stream.whole(s.prev.whole())
	}
	st := stateOf(s.dep.Gate.Picture(classify.Nobody()), s.prev, s.dep.ASName)
	data := st.since(s.prev)
	if data == nil {
		return chunk{}, nil
	}
	s.prev = st
	s.met.messages.WithLabelValues("difference").Inc()
	return s.stream.difference(data)
}

func (s *Server) broadcast(c *chunk) {
	for r := range s.readers {
		if !r.offer(c) {
			s.met.dropped.Inc()
		}
	}
}
