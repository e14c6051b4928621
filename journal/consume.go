// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"

	"haidang/event"
)

var errGone = errors.New("no such message")

const (
	readPause = 20 * time.Millisecond
	// readTries is how often a message that must be there is asked for; a
	// replica of an external log may lag behind its acknowledgement.
	readTries = 100
	// cacheBytes of messages are kept by a consumer, for batches that end in a
	// later one.
	cacheBytes = 16 << 20
)

// Consume delivers the chunks of all batches that end after a position, batch by
// batch in the order in which they ended, and then follows until ctx ends or fn
// fails; it returns why. A chunk's Data and Preamble belong to fn.
func (j *Journal) Consume(ctx context.Context, after event.Position, fn func(event.Chunk) error) error {
	if !j.ready.Load() {
		return ErrNotReady
	}
	c := consumer{j: j, fn: fn, cache: map[uint64]cached{}}
	for seq := uint64(after) + 1; ; seq++ {
		if err := j.applied.wait(ctx, seq, j.stop); err != nil {
			return err
		}
		m, err := c.load(ctx, seq)
		if errors.Is(err, errGone) {
			if seq, err = j.present(ctx, seq); err == nil {
				seq-- // the loop adds it again
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := c.message(ctx, seq, m); err != nil {
			return err
		}
	}
}

// present gives the first position from seq on that should hold a message. When
// that is seq itself, the message is lost: this is counted, and passed over.
func (j *Journal) present(ctx context.Context, seq uint64) (uint64, error) {
	j.refresh(ctx)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if first := uint64(j.State().First); first > seq {
		return first, nil
	}
	j.m.lost.Inc()
	j.log.Error("a journal message cannot be read; its batches are lost to the store", "position", seq)
	return seq + 1, nil
}

// read gets one message; errGone when it is not there or damaged.
func (j *Journal) read(ctx context.Context, seq uint64) (decoded, error) {
	payload, err := j.fetch(ctx, seq)
	if err != nil {
		return decoded{}, err
	}
	m, err := decode(payload)
	if err != nil {
		j.log.Error("a journal message is damaged", "position", seq, "err", err)
		return decoded{}, fmt.Errorf("%w: %w", errGone, err)
	}
	return m, nil
}

// fetch asks until it gets an answer: the log may be starting again.
func (j *Journal) fetch(ctx context.Context, seq uint64) ([]byte, error) {
	for missing := 0; ; {
		k := j.link.Load()
		ask, cancel := context.WithTimeout(ctx, requestTimeout)
		raw, err := k.stream.GetMsg(ask, seq)
		cancel()
		if err == nil {
			return raw.Data, nil
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			missing++
			if seq < uint64(j.State().First) || j.cfg.URL == "" || missing > readTries {
				return nil, errGone
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-j.stop:
			return nil, ErrStopped
		case <-time.After(readPause):
		}
	}
}

// consumer is one pass over the journal.
type consumer struct {
	j     *Journal
	fn    func(event.Chunk) error
	held  *event.Chunk // the newest chunk, kept back: it may be its message's last
	cache map[uint64]cached
	order []uint64 // cached messages, oldest first
	size  int
}

type cached struct {
	decoded
	size int
}

func (c *consumer) load(ctx context.Context, seq uint64) (decoded, error) {
	if m, ok := c.cache[seq]; ok {
		return m.decoded, nil
	}
	m, err := c.j.read(ctx, seq)
	if err != nil || !m.unfinished() {
		return m, err
	}
	size := 0
	for i := range m.parts {
		size += len(m.parts[i].body) + 256
	}
	c.cache[seq] = cached{m, size}
	c.order = append(c.order, seq)
	c.size += size
	for c.size > cacheBytes && len(c.order) > 1 {
		c.size -= c.cache[c.order[0]].size
		delete(c.cache, c.order[0])
		c.order = c.order[1:]
	}
	return m, nil
}

// unfinished reports whether a later message may need this one.
func (m *decoded) unfinished() bool {
	for i := range m.parts {
		if m.parts[i].flags&flagLast == 0 {
			return true
		}
	}
	return false
}

// message delivers the batches that end in a message.
func (c *consumer) message(ctx context.Context, seq uint64, m decoded) error {
	for i := range m.parts {
		p := &m.parts[i]
		if p.flags&flagLast == 0 {
			continue
		}
		var err error
		if p.flags&flagDup != 0 {
			err = c.duplicate(p, seq, m.at)
		} else {
			err = c.batch(ctx, ref{seq, uint16(i)}, p, m.at)
		}
		if err != nil {
			return err
		}
	}
	if c.held == nil {
		return nil
	}
	c.held.Through = event.Position(seq)
	return c.emit(nil)
}

// emit delivers the chunk kept back and keeps the next one.
func (c *consumer) emit(next *event.Chunk) error {
	held := c.held
	c.held = next
	if held == nil {
		return nil
	}
	return c.fn(*held)
}

func (c *consumer) duplicate(p *decodedPart, seq uint64, at event.Time) error {
	if p.total == 0 {
		return nil
	}
	return c.emit(&event.Chunk{
		Delivery: p.delivery, Batch: p.of.String(), Seq: event.Position(seq), Offset: p.offset,
		Dup: p.total, Ingested: at, Last: true,
	})
}

// batch delivers the pieces of a batch that ends at the part named.
func (c *consumer) batch(ctx context.Context, at ref, last *decodedPart, ingested event.Time) error {
	id := batchID(at).String()
	var chunk *event.Chunk
	var body []byte
	rawLen := uint32(0)
	for i := 0; i <= len(last.refs); i++ {
		p, r := last, at
		if i < len(last.refs) {
			r = last.refs[i]
			var err error
			if p, err = c.part(ctx, r, last.batch); err != nil {
				return err
			}
			if p == nil { // said and counted; what is left of the batch goes on
				chunk, body = nil, nil
				continue
			}
		}
		if chunk == nil {
			chunk = &event.Chunk{
				Delivery: last.delivery, Batch: id, Seq: event.Position(r.seq), Offset: p.offset,
				First: p.first, Records: p.records, Ingested: ingested,
				Preamble: append([]byte(nil), p.preamble...),
			}
			rawLen, body = p.rawLen, p.body
		} else {
			body = append(body[:len(body):len(body)], p.body...)
		}
		if p.flags&flagMore != 0 {
			continue
		}
		chunk.Last = i == len(last.refs)
		if err := c.unpack(chunk, body, rawLen); err != nil {
			return err
		}
		chunk = nil
	}
	return nil
}

// unpack fills a chunk and delivers it. A body that does not unpack passed its
// checksum, so this program wrote it wrongly; the chunk goes out empty.
func (c *consumer) unpack(chunk *event.Chunk, body []byte, rawLen uint32) error {
	if len(body) > 0 {
		n, err := s2.DecodedLen(body)
		if err == nil && n == int(rawLen) {
			chunk.Data, err = s2.Decode(make([]byte, n), body)
		}
		if err != nil || n != int(rawLen) {
			c.j.m.lost.Inc()
			c.j.log.Error("a piece of a batch cannot be unpacked", "batch", chunk.Batch, "position", chunk.Seq)
			chunk.Data = nil
		}
	}
	return c.emit(chunk)
}

// part finds an earlier part of a batch; nil when it is lost.
func (c *consumer) part(ctx context.Context, r ref, batch uint64) (*decodedPart, error) {
	m, err := c.load(ctx, r.seq)
	if err == nil && int(r.part) < len(m.parts) && m.parts[r.part].batch == batch {
		return &m.parts[r.part], nil
	}
	if err != nil && !errors.Is(err, errGone) {
		return nil, err
	}
	c.j.m.lost.Inc()
	c.j.log.Error("a piece of a batch is missing from the journal", "position", r.seq)
	return nil, nil
}
