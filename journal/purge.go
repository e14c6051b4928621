// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"haidang/event"
)

func purgeBelow(seq uint64) jetstream.StreamPurgeOpt { return jetstream.WithPurgeSequence(seq) }

// pins are the batches that lie in several messages: their early parts must
// stay until the position has passed their last one.
type pins struct {
	mu sync.Mutex
	m  map[uint64]*pin
}

type pin struct {
	first uint64
	last  uint64 // 0 while the batch is open
	app   *Append
	since time.Time
}

func (p *pins) add(a *Append, seq uint64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m == nil {
		p.m = map[uint64]*pin{}
	}
	p.m[a.batch] = &pin{first: seq, app: a, since: now}
}

func (p *pins) recovered(batch, first, last uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m == nil {
		p.m = map[uint64]*pin{}
	}
	p.m[batch] = &pin{first: first, last: last}
}

func (p *pins) end(batch, last uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.m[batch]; n != nil {
		n.last, n.app = last, nil
		if n.first == last {
			delete(p.m, batch)
		}
	}
}

func (p *pins) drop(batch uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.m, batch)
}

// clamp lowers below to what the pins allow. It forgets batches that end before
// it and gives back those that have stayed open since before the deadline.
func (p *pins) clamp(below uint64, deadline time.Time) (uint64, []*Append) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var expired []*Append
	limit := below
	for batch, n := range p.m {
		switch {
		case n.last != 0 && n.last < below:
			delete(p.m, batch)
		case n.last == 0 && n.since.Before(deadline):
			expired = append(expired, n.app)
			delete(p.m, batch)
		default:
			limit = min(limit, n.first)
		}
	}
	return limit, expired
}

// Purge removes what lies before a position, except what a batch still needs
// that ends at or after it. The caller passes at most the position that the
// store has committed, plus one. The newest message always stays.
func (j *Journal) Purge(ctx context.Context, below event.Position) error {
	if !j.ready.Load() {
		return ErrNotReady
	}
	if below > 0 {
		j.Committed(below - 1)
	}
	limit, expired := j.pins.clamp(uint64(below), time.Now().Add(-j.cfg.MaxOpen))
	for _, a := range expired {
		j.queue.fail(a, ErrExpired)
	}
	s := j.State()
	limit = min(limit, uint64(s.Last))
	if limit <= uint64(s.First) {
		return nil
	}
	j.places.forget(limit)
	if err := j.link.Load().stream.Purge(ctx, purgeBelow(limit)); err != nil {
		return fmt.Errorf("journal: removing what lies before position %d: %w", limit, err)
	}
	j.refresh(ctx)
	return nil
}

// Before gives the last position that was journalled before t; 0 when all that
// is kept came later. It looks from the oldest message on, in steps that double:
// for each message that is asked for, the log reads a whole block of its files into
// memory, and what is looked for now and then lies near the oldest.
func (j *Journal) Before(ctx context.Context, t time.Time) (event.Position, error) {
	s := j.State()
	want := event.TimeOf(t)
	if s.First == 0 {
		return 0, nil
	}
	begin, end := uint64(s.First), uint64(s.Last)+1
	lo, hi, step := begin, end, uint64(1) // the first at or after t lies in [lo, hi]
	for lo < hi {
		mid := lo + (hi-lo)/2
		if hi == end { // none was seen yet
			mid = min(mid, lo+step-1)
			step *= 2
		}
		at, next, err := j.journalled(ctx, mid, hi)
		if err != nil {
			return 0, fmt.Errorf("journal: reading position %d: %w", mid, err)
		}
		if next < hi && at < want {
			lo = next + 1
		} else {
			hi = mid
		}
	}
	if lo == begin {
		return 0, nil
	}
	return event.Position(lo - 1), nil
}

// journalled gives when the first message from seq on was written, and its
// position: some were erased. The position is end where there is none before it.
// That of the oldest is remembered.
func (j *Journal) journalled(ctx context.Context, seq, end uint64) (event.Time, uint64, error) {
	if at, ok := j.oldest.of(seq); ok {
		return at, seq, nil
	}
	for ; seq < end; seq++ {
		m, err := j.read(ctx, seq)
		if err == nil {
			if seq == uint64(j.State().First) {
				j.oldest.set(seq, m.at)
			}
			return m.at, seq, nil
		}
		if !errors.Is(err, errGone) {
			return 0, end, err
		}
	}
	return 0, end, nil
}

// written says when a message was journalled, so that the oldest need not be read
// each time somebody asks what is older than some time.
type written struct {
	mu  sync.Mutex
	seq uint64 // 0 for none
	at  event.Time
}

func (w *written) of(seq uint64) (event.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at, w.seq == seq
}

func (w *written) set(seq uint64, at event.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq, w.at = seq, at
}
