// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"time"
)

// pending is an append on its way to the disk.
type pending struct {
	action Action
	body   []byte
	answer chan answer // holds one
}

type answer struct {
	index int64
	err   error
}

// Append writes one entry and returns its number once it is on disk and under a
// signed checkpoint. Time is now when it is zero; Index is given by the log.
// Values that may not be in clear are sealed. With an error, what the entry was
// to record must not happen; the entry may be in the log all the same.
func (l *Log) Append(ctx context.Context, e Entry) (index int64, err error) {
	began := time.Now()
	p, err := l.prepare(e)
	if err != nil {
		l.m.failed.Inc()
		return 0, err
	}
	if err := l.enqueue(ctx, p); err != nil {
		l.m.failed.Inc()
		return 0, err
	}
	select {
	case a := <-p.answer:
		if a.err != nil {
			l.m.failed.Inc()
			return 0, a.err
		}
		l.m.entries.WithLabelValues(string(e.Action)).Inc()
		l.m.append.Observe(time.Since(began).Seconds())
		return a.index, nil
	case <-ctx.Done():
		l.m.failed.Inc()
		return 0, ctx.Err()
	}
}

func (l *Log) prepare(e Entry) (*pending, error) {
	if e.Time.IsZero() {
		e.Time = l.now()
	}
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	e.Index = 0
	e = e.sealed(l.dep.Pseudonyms)
	if err := e.check(); err != nil {
		return nil, err
	}
	return &pending{action: e.Action, body: e.appendBody(nil), answer: make(chan answer, 1)}, nil
}

// enqueue waits for a place, but not for ever: a caller that cannot be audited
// is told so.
func (l *Log) enqueue(ctx context.Context, p *pending) error {
	l.life.RLock()
	defer l.life.RUnlock()
	if !l.running {
		return ErrStopped
	}
	select {
	case l.queue <- p:
		return nil
	default:
	}
	t := time.NewTimer(l.cfg.Wait)
	defer t.Stop()
	select {
	case l.queue <- p:
		return nil
	case <-t.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}
