// SPDX-License-Identifier: Apache-2.0

package live

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// reader is one connection. offer and its fields below are used under the
// server's lock; the queue is read by the connection's own goroutine.
type reader struct {
	packed  bool
	queue   chan []byte
	gone    chan struct{}
	once    sync.Once
	lagging bool
}

func (r *reader) leave() { r.once.Do(func() { close(r.gone) }) }

// offer never waits. A reader whose queue is full misses everything up to the
// next whole state. It reports whether the message was taken.
func (r *reader) offer(c *chunk) bool {
	if r.lagging && !c.first {
		return false
	}
	select {
	case r.queue <- c.bytes(r.packed):
		r.lagging = false
		return true
	default:
		r.lagging = true
		return false
	}
}

var errFull = errors.New("live: too many readers")

// join takes a reader in and gives what it has to know first.
func (s *Server) join(packed bool) (*reader, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running || len(s.readers) >= s.cfg.Readers {
		return nil, nil, errFull
	}
	if s.began.IsZero() {
		if _, err := s.next(time.Now()); err != nil {
			return nil, nil, err
		}
	}
	r := &reader{packed: packed, queue: make(chan []byte, s.cfg.Queue), gone: make(chan struct{})}
	s.readers[r] = struct{}{}
	s.met.readers.Set(float64(len(s.readers)))
	sofar := s.stream.sofar()
	return r, sofar.bytes(packed), nil
}

func (s *Server) part(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readers, r)
	s.met.readers.Set(float64(len(s.readers)))
}

// ServeHTTP answers GET /live until the reader leaves.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	packed := strings.Contains(req.Header.Get("Accept-Encoding"), "gzip")
	r, first, err := s.join(packed)
	if err != nil {
		s.met.refused.Inc()
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many readers, please come back in a moment", http.StatusServiceUnavailable)
		return
	}
	defer s.part(r)
	headers(w.Header(), packed)
	if packed {
		first = append(append([]byte(nil), gzipHeader...), first...)
	}
	s.pump(http.NewResponseController(w), w, req, r, first)
}

func headers(h http.Header, packed bool) {
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if packed {
		h.Set("Content-Encoding", "gzip")
	}
}

// pump writes what is queued. Every write has a deadline of its own, so that a
// dead connection goes away.
func (s *Server) pump(c *http.ResponseController, w http.ResponseWriter, req *http.Request, r *reader, data []byte) {
	for {
		// Writers without deadlines, as in tests, say so; that is no fault.
		_ = c.SetWriteDeadline(time.Now().Add(s.cfg.Write))
		if _, err := w.Write(data); err != nil {
			return
		}
		if err := c.Flush(); err != nil {
			return
		}
		s.met.bytes.Add(float64(len(data)))
		select {
		case data = <-r.queue:
		case <-r.gone:
			return
		case <-req.Context().Done():
			return
		}
	}
}
