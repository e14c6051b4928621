// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/klauspost/compress/s2"

	"haidang/event"
)

const (
	maxPiece    = 128 << 20 // one Write: room for the longest single record
	maxPreamble = 64 << 10
)

// Append is one batch on its way into the journal. It belongs to one goroutine;
// it ends by Commit or Abort, and Abort after either does nothing, so it may be
// deferred.
type Append struct {
	j        *Journal
	delivery event.Delivery
	ticket   ticket
	batch    uint64
	parts    uint32
	records  int64
	bytes    int64
	held     []*part // the last piece, kept back: it may end the batch
	over     bool    // Commit or Abort was called

	// Below: under the queue's lock.
	err     error
	ended   bool
	refs    []ref // parts on disk
	answers chan answer
}

type answer struct {
	receipt event.Receipt
	err     error
}

// part is one piece of compressed records, or a fragment of a piece.
type part struct {
	app *Append
	head
	body []byte
	pool *[]byte // body's buffer, given back when written
	size int     // in a message, estimated upwards
	at   int64   // when it was queued, ns of the queue's clock
}

// Begin opens a batch. It answers ErrKeyBusy at once, ErrNoSpace and ErrBehind
// before any byte is read.
func (j *Journal) Begin(d event.Delivery) (*Append, error) {
	if err := checkDelivery(&d); err != nil {
		return nil, err
	}
	if err := j.admit(); err != nil {
		j.m.refuse(err)
		return nil, err
	}
	t, err := j.ledger.begin(&d, event.TimeOf(j.now()))
	if err != nil {
		j.m.refuse(err)
		return nil, err
	}
	a := &Append{j: j, delivery: d, ticket: t, batch: rand.Uint64(), answers: make(chan answer, 1)}
	if !j.queue.enter() {
		j.ledger.release(t)
		return nil, ErrStopped
	}
	return a, nil
}

func checkDelivery(d *event.Delivery) error {
	for _, f := range []struct {
		name, value string
		max         int
		must        bool
	}{
		{"sensor", d.Sensor, 128, true}, {"door", d.Door, 64, true}, {"format", d.Format, 64, true},
		{"idempotency key", d.Key, 256, false}, {"spool", d.Spool, 128, false},
	} {
		if f.must && f.value == "" {
			return fmt.Errorf("%w: %s is empty", ErrInvalid, f.name)
		}
		if len(f.value) > f.max {
			return fmt.Errorf("%w: %s is longer than %d bytes", ErrInvalid, f.name, f.max)
		}
	}
	return nil
}

// Write adds whole records, at most 1 MiB unless one record is longer. The
// data may be used again when it returns. It waits while too much is unwritten.
func (a *Append) Write(data []byte, records int, preamble []byte) error {
	switch {
	case a.over:
		return errAborted
	case len(data) > maxPiece || len(preamble) > maxPreamble:
		return ErrTooLong
	case records < 0 || int64(records) > 1<<31:
		return fmt.Errorf("%w: %d records in one piece", ErrInvalid, records)
	}
	first := a.records
	a.records += int64(records)
	a.bytes += int64(len(data))
	if a.ticket.known != nil { // duplicate or mismatch: the bytes are not needed
		return nil
	}
	if err := a.submit(); err != nil {
		return err
	}
	a.held = a.pieces(data, records, first, preamble)
	if a.parts > maxParts-1 {
		return ErrTooLong
	}
	return nil
}

// submit hands the piece that was kept back to the committer.
func (a *Append) submit() error {
	held := a.held
	a.held = nil
	return a.j.queue.put(a, held)
}

// pieces compresses data into one part, or several when it is longer than a
// message. All but the last say that the body goes on.
func (a *Append) pieces(data []byte, records int, first int64, preamble []byte) []*part {
	body, pool := compress(data)
	fragment := a.j.link.Load().limit * 3 / 4
	h := head{batch: a.batch, records: uint32(records), first: first, rawLen: uint32(len(data))}
	if len(preamble) > 0 {
		h.flags = flagPreamble
		h.preamble = append([]byte(nil), preamble...)
	}
	var out []*part
	for {
		n := min(len(body), fragment)
		p := &part{app: a, head: h, body: body[:n:n]}
		p.part = a.parts
		p.size = n + len(h.preamble) + 64
		a.parts++
		out = append(out, p)
		if body = body[n:]; len(body) == 0 {
			p.pool = pool
			return out
		}
		p.flags |= flagMore
		h = head{batch: a.batch, first: first + int64(records)}
	}
}

// Commit makes the batch count and returns when it is on disk. When ctx ends
// first, the batch may still come to count; its key stays taken until that is known.
func (a *Append) Commit(ctx context.Context, digest [32]byte) (event.Receipt, error) {
	if a.over {
		return event.Receipt{}, errAborted
	}
	a.over = true
	a.delivery.Digest = digest
	if known := a.ticket.known; known != nil && a.ticket.sure && known.digest != [16]byte(digest[:16]) {
		a.j.queue.end(a, errAborted)
		a.j.m.refuse(ErrKeyMismatch)
		return event.Receipt{}, ErrKeyMismatch
	}
	if len(a.held) == 0 {
		a.held = []*part{{app: a, head: head{batch: a.batch, part: a.parts, first: a.records}, size: 64}}
	}
	a.close(a.held[len(a.held)-1])
	if err := a.submit(); err != nil {
		a.j.m.refuse(err)
		a.j.queue.end(a, err)
		return event.Receipt{}, err
	}
	select {
	case r := <-a.answers:
		return r.receipt, r.err
	case <-ctx.Done():
		return event.Receipt{}, ctx.Err()
	}
}

// close makes p the part that ends the batch.
func (a *Append) close(p *part) {
	p.flags |= flagLast
	if a.delivery.Replay {
		p.flags |= flagReplay
	}
	p.delivery = a.delivery
	p.bytes, p.total = a.bytes, a.records
	if known := a.ticket.known; known != nil {
		p.flags |= flagDup
		p.of = known.id
	}
	d := &a.delivery
	p.size += 160 + len(d.Sensor) + len(d.Door) + len(d.Format) + len(d.Key) + len(d.Spool)
}

// Abort gives the batch up; what of it was written will never be delivered.
func (a *Append) Abort() {
	if a.over {
		return
	}
	a.over = true
	a.held = nil
	a.j.queue.end(a, errAborted)
}

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, s2.MaxEncodedLen(1<<20)); return &b }}

// compress gives one s2 block. Large ones lie in a pooled buffer.
func compress(data []byte) ([]byte, *[]byte) {
	if len(data) < 64<<10 || len(data) > 1<<20 {
		return s2.Encode(nil, data), nil
	}
	pool := bodies.Get().(*[]byte)
	return s2.Encode((*pool)[:cap(*pool)], data), pool
}
