// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"

	"haidang/event"
)

// Found is what the journal knows of an acknowledged batch.
type Found struct {
	event.Delivery
	Position event.Position // committed once the store has this position
	Records  int64
	Pieces   []Piece
}

// Piece is where some of a batch's records lie: those with ordinals Offset to
// Offset+Records within one message.
type Piece struct {
	Seq     event.Position
	Offset  uint32
	Records uint32
}

// Find looks up a batch by its id. ErrNotFound says that there is no such batch
// or that the journal no longer keeps it.
func (j *Journal) Find(ctx context.Context, id string) (Found, error) {
	b, ok := parseBatchID(id)
	if !ok || event.Position(b.seq) > j.State().Last {
		return Found{}, ErrNotFound
	}
	last, err := j.find(ctx, ref(b))
	if err != nil {
		return Found{}, err
	}
	if last.flags&flagLast == 0 || last.flags&flagDup != 0 {
		return Found{}, ErrNotFound
	}
	f := Found{Delivery: last.delivery, Position: event.Position(b.seq), Records: last.total}
	for _, r := range last.refs {
		p, err := j.find(ctx, r)
		if err != nil {
			return Found{}, err
		}
		f.add(r, p)
	}
	f.add(ref(b), last)
	return f, nil
}

func (f *Found) add(r ref, p *decodedPart) {
	if p.records > 0 {
		f.Pieces = append(f.Pieces, Piece{event.Position(r.seq), p.offset, p.records})
	}
}

// find reads one part; the message is decoded anew, which is rare enough.
func (j *Journal) find(ctx context.Context, r ref) (*decodedPart, error) {
	if r.seq < uint64(j.State().First) {
		return nil, ErrNotFound
	}
	m, err := j.read(ctx, r.seq)
	if errors.Is(err, errGone) || err == nil && int(r.part) >= len(m.parts) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("journal: reading position %d: %w", r.seq, err)
	}
	return &m.parts[r.part], nil
}
