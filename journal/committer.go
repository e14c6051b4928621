// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"haidang/event"
)

// publishTimeout bounds one write; what happened after it has to be found out.
const publishTimeout = 5 * time.Second

var (
	errUncertain = errors.New("the log gave no answer")
	errForeign   = errors.New("somebody else writes to this journal")
)

// run is the committer: the only goroutine that writes to the log.
func (j *Journal) run() {
	defer close(j.drained)
	idle := time.NewTicker(time.Second)
	defer idle.Stop()
	var msg message
	var scratch []byte
	for {
		parts, more := j.queue.next(idle.C)
		if !more {
			return
		}
		if parts = j.living(parts); len(parts) > 0 {
			scratch = j.group(&msg, parts, scratch)
		} else if !j.link.Load().up() && j.cfg.URL == "" {
			j.revive()
		}
	}
}

// living drops parts of batches that were given up or failed.
func (j *Journal) living(parts []*part) []*part {
	out := parts[:0]
	for _, p := range parts {
		if err := j.queue.failed(p.app); err != nil {
			p.refuse(err)
			continue
		}
		out = append(out, p)
	}
	return out
}

// refuse answers a batch whose last part this is; its claim is released.
func (p *part) refuse(err error) {
	p.recycle()
	j := p.app.j
	j.queue.fail(p.app, err)
	if p.flags&flagLast != 0 {
		j.pace.refused(p.app.paced)
		j.m.refuse(err)
		p.app.answer(answer{err: err})
		j.pins.drop(p.app.batch)
		j.ledger.release(p.app.ticket)
	}
}

// answer is given once; whoever waits takes the first.
func (a *Append) answer(r answer) {
	select {
	case a.answers <- r:
	default:
	}
}

// group writes parts as one message and answers everybody who waits for it.
func (j *Journal) group(msg *message, parts []*part, scratch []byte) []byte {
	at := max(event.TimeOf(j.now()), j.lastAt)
	j.lastAt = at
	msg.begin(rand.Uint64(), at, len(parts))
	for i, p := range parts {
		if p.flags&flagLast == 0 {
			// Its place is known before it is written: the log takes the
			// message as this number or not at all.
			j.placed(p, ref{j.last + 1, uint16(i)})
		} else {
			p.refs = p.app.refs
		}
		scratch = msg.add(&p.head, p.body, scratch)
	}
	seq := j.last + 1
	err := j.publish(msg)
	if errors.Is(err, errUncertain) {
		err = j.settle(msg, parts)
	}
	if err != nil {
		for _, p := range parts {
			p.refuse(err)
		}
		return scratch
	}
	j.stored(parts, seq, at, len(msg.buf))
	return scratch
}

func (j *Journal) placed(p *part, r ref) {
	p.app.refs = append(p.app.refs, r)
	if len(p.app.refs) == 1 {
		j.pins.add(p.app, r.seq, time.Now())
	}
}

// stored enters what is now on disk into the ledger, lets consumers see it and
// only then answers.
func (j *Journal) stored(parts []*part, seq uint64, at event.Time, size int) {
	j.grown(seq, size)
	j.m.message(size, len(parts))
	var bytes int64
	for i, p := range parts {
		if p.flags&flagLast == 0 {
			continue
		}
		bytes += p.app.paced
		id := batchID{seq, uint16(i)}
		if p.flags&flagDup == 0 {
			j.ledger.enter(&p.head, id, at)
		}
		j.pins.end(p.app.batch, seq)
	}
	j.handover.offer(seq, at, parts)
	j.backlog.add(seq, size)
	j.pace.wrote(seq, bytes)
	j.applied.set(seq)
	for i, p := range parts {
		if p.flags&flagLast != 0 {
			p.app.answer(answer{receipt: p.receipt(batchID{seq, uint16(i)})})
			j.m.batch(&p.head)
		}
		p.recycle()
	}
}

func (p *part) receipt(id batchID) event.Receipt {
	if p.flags&flagDup == 0 {
		return event.Receipt{Batch: id.String(), Bytes: p.bytes, Records: p.total}
	}
	return event.Receipt{Batch: p.of.String(), Bytes: p.bytes, Records: p.total, Duplicate: true}
}

// publish writes the message as the next one. Its error is definite, or wraps
// errUncertain.
func (j *Journal) publish(msg *message) error {
	k := j.link.Load()
	ctx, cancel := context.WithTimeout(k.alive, publishTimeout)
	defer cancel()
	begun := time.Now()
	ack, err := k.js.PublishMsg(ctx, &nats.Msg{Subject: j.cfg.subject(), Data: msg.buf},
		jetstream.WithExpectLastSequence(j.last), jetstream.WithRetryAttempts(0))
	if err == nil && ack.Sequence != j.last+1 {
		return errors.Join(errUncertain, errForeign)
	}
	if err == nil && k.folder != nil {
		at := place{seq: j.last + 1, nonce: msg.nonce, size: len(msg.buf)}
		if at.block, at.end, err = k.folder.written(); err == nil {
			j.places.add(at)
		}
	}
	if err == nil {
		j.m.commit.Observe(time.Since(begun).Seconds())
		j.last++
		return nil
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && strings.Contains(api.Description, "maximum bytes exceeded") {
		j.full()
		return j.backlog.refusal(j.now())
	}
	return errors.Join(errUncertain, err)
}

// full makes Begin refuse until the next look at the log.
func (j *Journal) full() {
	j.state.Lock()
	defer j.state.Unlock()
	j.state.Bytes = max(j.state.Bytes, j.state.Limit)
}
