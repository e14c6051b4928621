// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
// fails; it returns why. A chunk's Data and Preamble belong to fn; see
// event.Chunk for Release. The consumer that follows is handed in memory what
// was just written; a second one at the same time reads all from the log.
func (j *Journal) Consume(ctx context.Context, after event.Position, fn func(event.Chunk) error) error {
	if !j.ready.Load() {
		return ErrNotReady
	}
	c := consumer{j: j, fn: fn, cache: map[uint64]*cached{}, follows: j.handover.follow()}
	c.blocks.usual = j.link.Load().limit
	defer c.close()
	if c.follows {
		j.pace.follow(true)
	}
	for seq := uint64(after) + 1; ; seq++ {
		if err := j.applied.wait(ctx, seq, j.stop); err != nil {
			return err
		}
		m, err := c.load(ctx, seq)
		if errors.Is(err, errGone) {
			if seq, err = j.present(ctx, seq); err == nil {
				j.handover.forget(seq)
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
		if c.follows {
			j.pace.took(seq)
		}
		c.reuse()
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
	j       *Journal
	fn      func(event.Chunk) error
	follows bool
	passes  bool         // over what is no longer kept, without a word
	held    *event.Chunk // the newest chunk, kept back: it may be its message's last
	cache   map[uint64]*cached
	order   []uint64 // cached messages, oldest first; some are gone
	size    int64
	blocks  blockReader // where it follows
	left    uint64      // first block file that the kernel may still have in its cache
	spent   [][]byte    // payloads that are used until this message is delivered
}

// cached is a message with pieces of batches that end in a later one.
type cached struct {
	decoded
	size int64
	left int // such pieces
}

// close gives up what was not delivered.
func (c *consumer) close() {
	for seq := range c.cache {
		c.forget(seq)
	}
	c.blocks.close()
	if c.follows {
		c.j.pace.follow(false)
		c.j.handover.leave()
	}
}

// load gives a message: one that came before, one handed over, or from the log.
func (c *consumer) load(ctx context.Context, seq uint64) (decoded, error) {
	if m, ok := c.cache[seq]; ok {
		return m.decoded, nil
	}
	m, ok := c.near(seq)
	if !ok {
		var err error
		if m, err = c.j.read(ctx, seq); err != nil {
			return m, err
		}
		c.j.m.readBack.Inc()
	}
	c.remember(seq, m)
	return m, nil
}

// remember keeps a message that a later one may need, within cacheBytes.
func (c *consumer) remember(seq uint64, m decoded) {
	n := cached{decoded: m}
	for i := range m.parts {
		if p := &m.parts[i]; p.flags&flagLast == 0 {
			n.left++
			n.size += p.cost()
		}
	}
	if n.left == 0 {
		c.spent = append(c.spent, m.payload)
		return
	}
	c.cache[seq] = &n
	c.order = append(c.order, seq)
	c.size += n.size
	for c.size > cacheBytes && len(c.cache) > 1 {
		c.forget(c.order[0])
		c.order = c.order[1:]
	}
	if len(c.order) > 2*len(c.cache)+64 {
		c.order = slices.DeleteFunc(c.order, func(seq uint64) bool { return c.cache[seq] == nil })
	}
}

// forget gives up a message's pieces of batches that did not end yet; who needs
// one reads the message from the log.
func (c *consumer) forget(seq uint64) {
	m := c.cache[seq]
	if m == nil {
		return
	}
	delete(c.cache, seq)
	c.size -= m.size
	c.spent = append(c.spent, m.payload)
	m.free(func(p *decodedPart) bool { return p.flags&flagLast == 0 })
}

// used notes that a cached piece was delivered.
func (c *consumer) used(seq uint64, cost int64) {
	m := c.cache[seq]
	if m == nil {
		return
	}
	m.left--
	m.size -= cost
	c.size -= cost
	if m.left == 0 {
		c.forget(seq)
	}
}

// cost is the memory of a piece that waits for the end of its batch.
func (p *decodedPart) cost() int64 {
	if p.raw != nil {
		return p.raw.size + 256
	}
	return int64(len(p.body)) + 256
}

// message delivers the batches that end in a message.
func (c *consumer) message(ctx context.Context, seq uint64, m decoded) error {
	defer m.free(func(p *decodedPart) bool { return p.flags&flagLast != 0 }) // what an error kept from being delivered
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
	var u unpacker
	for i := 0; i <= len(last.refs); i++ {
		p, r := last, at
		if i < len(last.refs) {
			r = last.refs[i]
			var err error
			if p, err = c.part(ctx, r, last.batch); err != nil {
				return err
			}
			if p == nil { // said and counted; what is left of the batch goes on
				u = unpacker{}
				continue
			}
		}
		if u.chunk == nil {
			u.chunk = &event.Chunk{
				Delivery: last.delivery, Batch: id, Seq: event.Position(r.seq), Offset: p.offset,
				First: p.first, Records: p.records, Ingested: ingested,
				Preamble: append([]byte(nil), p.preamble...),
			}
		}
		cost := p.cost()
		u.add(p)
		if i < len(last.refs) {
			c.used(r.seq, cost)
		}
		if p.flags&flagMore != 0 {
			continue
		}
		u.chunk.Last = i == len(last.refs)
		if err := u.unpack(); err != nil {
			c.j.m.lost.Inc()
			c.j.log.Error("a piece of a batch cannot be unpacked", "batch", id, "position", u.chunk.Seq, "err", err)
		}
		if err := c.emit(u.chunk); err != nil {
			return err
		}
		u = unpacker{}
	}
	return nil
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
	if c.passes {
		return nil, nil
	}
	c.j.m.lost.Inc()
	c.j.log.Error("a piece of a batch is missing from the journal", "position", r.seq)
	return nil, nil
}
