// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"

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
	digest   hash.Hash // nil when none is needed
	kind     digestKind
	batch    uint64
	parts    uint32
	records  int64
	bytes    int64
	held     []*part // the last piece, kept back: it may end the batch
	holding  int64   // memory that this counts for
	entered  bool    // the queue counts it as open
	paced    int64   // bytes that were let in
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
	done func()  // the same, where it is the sender's; may be nil
	raw  *raw    // the same records as they came, for the consumer; may be nil
	size int     // in a message, estimated upwards
	cost int64   // memory that it holds, raw left out
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
	if j.queue.stopped() {
		j.ledger.release(t)
		return nil, ErrStopped
	}
	a := &Append{j: j, delivery: d, ticket: t, batch: rand.Uint64(), answers: make(chan answer, 1)}
	a.digest, a.kind = digestFor(t)
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

// Body takes the batch's body as it was decoded, in pieces of any size and
// before Commit, so that a repeat can be told from other bytes under the same
// key or number. It is nil when nobody will ever ask.
func (a *Append) Body() io.Writer {
	if a.digest == nil {
		return nil
	}
	return a.digest
}

// Write adds whole records, at most 1 MiB unless one record is longer. The
// data may be used again when it returns. It waits while too much is unwritten.
func (a *Append) Write(data []byte, records int, preamble []byte) error {
	return a.add(&given{data: data, records: records, preamble: preamble})
}

// Give is Write, but data is the journal's from now on, whatever is answered,
// so that it need not be copied for the consumer; release, when not nil, is
// called when nobody uses it any more.
func (a *Append) Give(data []byte, records int, preamble []byte, release func()) error {
	return a.add(&given{data: data, records: records, preamble: preamble, owned: true, release: release})
}

// Keep is Give for records that their sender packed: zstd holds frames
// (RFC 8878) that the caller has unpacked to just these bytes, and goes to disk
// as it is. It is the journal's too; done, when not nil, is called when nobody
// uses it any more.
func (a *Append) Keep(data []byte, records int, zstd []byte, release, done func()) error {
	return a.add(&given{data: data, records: records, owned: true, release: release, zstd: zstd, done: done})
}

// given is a piece as it was handed over. Whoever takes a buffer over takes its
// release or done; what is left of them is called.
type given struct {
	data, preamble, zstd []byte
	records              int
	owned                bool // release may be nil
	release, done        func()
}

func (g *given) settle() {
	if g.owned && g.release != nil {
		g.release()
	}
	if g.done != nil {
		g.done()
	}
	g.owned, g.release, g.done = false, nil, nil
}

func (a *Append) add(g *given) error {
	err := a.check(g.data, g.records, g.preamble)
	before := a.held
	if err == nil {
		first := a.records
		a.records += int64(g.records)
		a.bytes += int64(len(g.data))
		if a.ticket.known == nil { // else a duplicate or mismatch: the bytes are not needed
			a.held = a.pieces(g, first)
			a.retain(g)
		}
	}
	g.settle() // before there is any waiting for room
	if err != nil || a.ticket.known != nil {
		return err
	}
	if err = a.submit(before); err == nil {
		err = a.settleHeld()
	}
	return err
}

func (a *Append) check(data []byte, records int, preamble []byte) error {
	switch {
	case a.over:
		return errAborted
	case len(data) > maxPiece || len(preamble) > maxPreamble:
		return ErrTooLong
	case records < 0 || int64(records) > 1<<31:
		return fmt.Errorf("%w: %d records in one piece", ErrInvalid, records)
	}
	return a.enter()
}

// enter counts the batch in once there is something of it: whoever sends
// nothing holds nobody up.
func (a *Append) enter() error {
	if !a.entered && !a.j.queue.enter() {
		return ErrStopped
	}
	a.entered = true
	return nil
}

// retain keeps the piece just made as it came, where the consumer keeps up.
func (a *Append) retain(g *given) {
	if len(a.held) == 1 && len(g.data) > 0 { // a piece longer than a message is read back
		a.held[0].raw = a.j.handover.keep(g)
	}
}

// settleHeld keeps a piece back, since it may be the one that ends the batch. It
// hands it on all the same when many senders hold one back, so that slow ones
// cannot fill the memory; an empty part then ends the batch.
func (a *Append) settleHeld() error {
	switch {
	case a.parts > maxParts-1:
		return ErrTooLong
	case a.j.queue.hold(a):
		return nil
	}
	held := a.held
	a.held = nil
	return a.submit(held)
}

// submit hands a piece that was kept back to the committer.
func (a *Append) submit(piece []*part) error {
	a.j.queue.unhold(a)
	err := a.j.queue.put(a, piece)
	if err != nil {
		for _, p := range piece {
			p.recycle()
		}
	}
	return err
}

// Commit makes the batch count and returns when it is on disk. When ctx ends
// first, the batch may still come to count; its key stays taken until that is known.
func (a *Append) Commit(ctx context.Context) (event.Receipt, error) {
	if a.over {
		return event.Receipt{}, errAborted
	}
	a.over = true
	if a.digest != nil {
		a.digest.Sum(a.delivery.Digest[:0])
	}
	if known := a.ticket.known; known != nil && a.ticket.sure && known.digest != [16]byte(a.delivery.Digest[:16]) {
		a.j.queue.end(a, errAborted)
		a.j.m.refuse(ErrKeyMismatch)
		return event.Receipt{}, ErrKeyMismatch
	}
	if a.ticket.known == nil {
		a.j.pace.enter(ctx, a.delivery.Sensor, a.bytes)
		a.paced = a.bytes
	}
	err := a.enter()
	if len(a.held) == 0 {
		a.held = []*part{{app: a, head: head{batch: a.batch, part: a.parts, first: a.records}, size: 64}}
	}
	held := a.held
	a.held = nil
	a.close(held[len(held)-1])
	if err == nil {
		err = a.submit(held)
	}
	if err != nil {
		a.j.pace.refused(a.paced)
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
	if a.kind == digestXXH3 {
		p.flags |= flagXXH3
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
	a.j.queue.unhold(a)
	for _, p := range a.held {
		p.recycle()
	}
	a.held = nil
	a.j.queue.end(a, errAborted)
}
