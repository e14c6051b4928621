// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"haidang/event"
)

// Erase overwrites the messages that hold these batches and gives back those
// batches that it had to leave for now. What else lies in the messages goes with
// them, so the caller names batches up to the position that the store has
// committed, and a message stays while a batch that ends later has a piece in
// it, or in one before it. Batches that are no longer kept are none that are left.
//
// Messages are erased in the order of the journal. The last one of a batch names
// all others: after a crash in between, the same call goes on where this one
// stopped.
func (j *Journal) Erase(ctx context.Context, batches []string, committed event.Position) (left []string, err error) {
	if !j.ready.Load() {
		return batches, ErrNotReady
	}
	limit := min(j.pins.needed(uint64(committed)), uint64(committed)+1)
	messages := map[uint64]bool{}
	for _, id := range batches {
		held, err := j.messagesOf(ctx, id)
		switch {
		case err != nil:
			return batches, err
		case len(held) > 0 && slices.Max(held) >= limit:
			left = append(left, id)
		default:
			for _, seq := range held {
				messages[seq] = true
			}
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(messages)) {
		j.places.forget(seq + 1)
		if err := j.erase(ctx, seq); err != nil {
			return batches, fmt.Errorf("journal: erasing position %d: %w", seq, err)
		}
	}
	j.refresh(ctx)
	return left, nil
}

// messagesOf gives the messages that a batch lies in; none where it is no longer kept.
func (j *Journal) messagesOf(ctx context.Context, id string) ([]uint64, error) {
	b, ok := parseBatchID(id)
	if !ok {
		return nil, fmt.Errorf("journal: %q is no id of a batch", id)
	}
	last, err := j.find(ctx, ref(b))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := []uint64{b.seq}
	for _, r := range last.refs {
		out = append(out, r.seq)
	}
	return out, nil
}

func (j *Journal) erase(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	k := j.link.Load()
	err := k.stream.SecureDeleteMsg(ctx, seq)
	if err != nil { // which it also is where there is no such message
		if _, gone := k.stream.GetMsg(ctx, seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
			err = nil
		}
	}
	if err == nil && k.folder != nil {
		// The block was written anew under its name.
		err = syncPath(k.folder.blocks)
	}
	return err
}

// needed gives the first message that a batch needs which ends after a position.
func (p *pins) needed(after uint64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := ^uint64(0)
	for _, n := range p.m {
		if n.last == 0 || n.last > after {
			first = min(first, n.first)
		}
	}
	return first
}

// ReadTo delivers what Consume does, of batches that end after one position and
// at or before another, and returns nil then. It passes over messages that are
// no longer kept and waits for none.
func (j *Journal) ReadTo(ctx context.Context, after, to event.Position, fn func(event.Chunk) error) error {
	if !j.ready.Load() {
		return ErrNotReady
	}
	c := consumer{j: j, fn: fn, passes: true, cache: map[uint64]*cached{}}
	defer c.close()
	for seq := max(uint64(after)+1, uint64(j.State().First)); seq <= uint64(to); seq++ {
		m, err := c.load(ctx, seq)
		if errors.Is(err, errGone) {
			continue
		}
		if err == nil {
			err = c.message(ctx, seq, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Holds reports whether the message at a position is still kept.
func (j *Journal) Holds(ctx context.Context, at event.Position) (bool, error) {
	if !j.ready.Load() {
		return false, ErrNotReady
	}
	_, err := j.fetch(ctx, uint64(at))
	if errors.Is(err, errGone) {
		return false, nil
	}
	return err == nil, err
}
