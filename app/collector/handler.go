// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
)

// Handler gives a handler that logs as next does and sends the same on as JSON.
func (c *Collector) Handler(next slog.Handler) slog.Handler {
	b := &buffer{}
	return handler{next: next, json: slog.NewJSONHandler(&b.text, nil), buffer: b, to: c}
}

// buffer holds one line at a time.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

type handler struct {
	next, json slog.Handler
	buffer     *buffer
	to         *Collector
}

// Enabled implements slog.Handler.
func (h handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	h.buffer.mu.Lock()
	h.buffer.text.Reset()
	err := h.json.Handle(ctx, r)
	h.to.put(severity(r.Level), r.Time, bytes.TrimSpace(h.buffer.text.Bytes()))
	h.buffer.mu.Unlock()
	return errors.Join(err, h.next.Handle(ctx, r))
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(a []slog.Attr) slog.Handler {
	h.next, h.json = h.next.WithAttrs(a), h.json.WithAttrs(a)
	return h
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	h.next, h.json = h.next.WithGroup(name), h.json.WithGroup(name)
	return h
}

// severity puts a level into the words of RFC 5424.
func severity(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	case l >= slog.LevelInfo:
		return 6
	}
	return 7
}
