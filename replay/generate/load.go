// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// packed is a body as it is sent.
type packed struct {
	number  uint64
	sensor  int
	records int
	data    []byte
}

// supply prepares bodies for the connections. A sensor's bodies all go to one
// connection, so that they arrive in order.
type supply struct {
	queues []chan packed
	free   chan []byte   // buffers that were sent
	ready  chan struct{} // closed when enough is prepared to start the clock
	once   sync.Once
	ended  atomic.Bool // no more bodies are to be made
	makers []*Generator
	wait   sync.WaitGroup

	mu     sync.Mutex
	failed error
}

// prepare starts n goroutines that fill the queues. With ahead zero everything
// is made before the clock starts; else that many bodies for each connection,
// and the rest while the clock runs.
func prepare(ctx context.Context, g *Generator, c RunConfig, n int) *supply {
	bodies := int((c.Records + int64(g.cfg.BodyRecords) - 1) / int64(g.cfg.BodyRecords))
	room := c.Ahead
	if room <= 0 {
		room = bodies
	}
	s := &supply{ready: make(chan struct{}), free: make(chan []byte, 64), makers: g.Split(n)}
	for range c.Connections {
		s.queues = append(s.queues, make(chan packed, room))
	}
	for i, m := range s.makers {
		share := bodies / n
		if i < bodies%n {
			share++
		}
		s.wait.Go(func() { s.make(ctx, m, share, c.Encoding) })
	}
	go func() {
		s.wait.Wait()
		s.start()
		for _, q := range s.queues {
			close(q)
		}
	}()
	return s
}

func (s *supply) end() { s.ended.Store(true) }

func (s *supply) start() { s.once.Do(func() { close(s.ready) }) }

func (s *supply) make(ctx context.Context, g *Generator, bodies int, encoding string) {
	p, err := newPacker(encoding)
	if err != nil {
		s.fail(err)
		return
	}
	var raw []byte
	for range bodies {
		if s.ended.Load() {
			return
		}
		b := g.Next(raw[:0])
		raw = b.Data
		var out []byte
		select {
		case out = <-s.free:
		default:
			out = make([]byte, 0, s.size(encoding, len(raw)))
		}
		if out, err = p.pack(p, out[:0], raw); err != nil {
			s.fail(err)
			return
		}
		item := packed{b.Number, b.Sensor, b.Records, out}
		q := s.queues[b.Sensor%len(s.queues)]
		select {
		case q <- item:
			continue
		default:
			s.start() // as much as there is room for
		}
		select {
		case q <- item:
		case <-ctx.Done():
			return
		}
	}
}

func (s *supply) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
}

func (s *supply) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// size is the room to give a buffer, so that what waits in memory is not twice
// what is sent.
func (s *supply) size(encoding string, raw int) int {
	if encoding == "identity" {
		return raw
	}
	return raw / 4
}

// done takes back what was sent.
func (s *supply) done(b packed) {
	select {
	case s.free <- b.data:
	default:
	}
}

// pace says when a body is due in an open loop.
type pace struct {
	start  time.Time
	perRow time.Duration // zero: at once
}

func (p pace) due(b packed, bodyRecords int) time.Time {
	return p.start.Add(time.Duration(b.number) * time.Duration(bodyRecords) * p.perRow)
}
