// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"haidang/event"
)

const settlePause = 250 * time.Millisecond

// settle finds out what became of a message whose acknowledgement did not come.
// It returns nil when the message is on disk. As long as nobody knows, those
// who wait are told to come again, their keys stay taken, and what arrives
// meanwhile is refused.
func (j *Journal) settle(msg *message, parts []*part) error {
	down := j.downError()
	for try := 0; ; try++ {
		if j.cfg.URL == "" && (!j.link.Load().up() || try > 2) {
			j.revive()
		}
		stored, err := j.probe(msg)
		if err == nil {
			if stored {
				return nil
			}
			return down
		}
		j.log.Warn("the log gave no answer to a write", "try", try, "err", err)
		down = j.downError()
		for _, p := range j.queue.drain() {
			p.refuse(down)
		}
		for _, p := range parts {
			if p.flags&flagLast != 0 {
				p.app.answer(answer{err: down})
			}
		}
		select {
		case <-j.stop:
			return ErrStopped
		case <-time.After(min(time.Duration(try+1)*settlePause, 8*settlePause)):
		}
	}
}

// downError says why nothing is taken at present.
func (j *Journal) downError() error {
	if j.cfg.URL != "" {
		return ErrUnavailable
	}
	free, _, err := j.free(j.cfg.Dir)
	if err == nil && free < uint64(4*j.cfg.MessageBytes) || errors.Is(j.space(), ErrNoSpace) {
		return ErrNoSpace
	}
	return ErrUnavailable
}

// probe looks whether the message lies where it was sent. When nothing lies
// there it puts an empty message in its place, so that it cannot arrive late.
func (j *Journal) probe(msg *message) (stored bool, err error) {
	k := j.link.Load()
	if !k.up() {
		return false, errors.New("the log is down")
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	info, err := k.stream.Info(ctx)
	if err != nil {
		return false, err
	}
	last := info.State.LastSeq
	switch {
	case last == j.last:
		var fence message
		fence.begin(rand.Uint64(), j.lastAt, 0)
		if err := j.publish(&fence); errors.Is(err, errUncertain) {
			return false, err
		} else if err == nil {
			j.grown(j.last, len(fence.buf))
			j.applied.set(j.last)
		}
		return false, nil
	case last < j.last:
		j.log.Error("the log lost messages that it had confirmed", "confirmed", j.last, "last", last)
		j.last = last
		return false, nil
	}
	raw, err := k.stream.GetMsg(ctx, j.last+1)
	if err != nil {
		return false, err
	}
	if m, err := decode(raw.Data); err != nil || m.nonce != msg.nonce || last > j.last+1 {
		j.log.Error("another process writes to this journal; stop one of the two", "position", last)
		j.last = last
		j.applied.set(last)
		return false, nil
	}
	if k.folder != nil {
		if _, _, err := k.folder.written(); err != nil {
			return false, err
		}
	}
	j.last = last
	return true, nil
}

// revive starts the embedded log again, once there is room. Only the committer
// calls it.
func (j *Journal) revive() {
	if j.space() != nil {
		return
	}
	old := j.link.Load()
	old.close()
	k, err := openLink(context.Background(), j.cfg, j.log)
	if err != nil {
		j.log.Error("the embedded log cannot be started again yet", "err", err)
		return
	}
	j.link.Store(k)
	j.m.restarts.Inc()
	j.log.Warn("the embedded log was started again")
	j.refresh(context.Background())
}

// Recover reads the journal after the position that the store committed, enters
// its batches into the ledger and opens the journal for Begin and Consume. It
// is called once, after LedgerLoad.
func (j *Journal) Recover(ctx context.Context, after event.Position) error {
	k := j.link.Load()
	if k == nil {
		return ErrStopped
	}
	info, err := k.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	first, last := info.State.FirstSeq, info.State.LastSeq
	if last < uint64(after) {
		if last, err = j.skipTo(ctx, k, last, uint64(after)); err != nil {
			return err
		}
		first = last + 1
	}
	for seq := max(first, uint64(after)+1); seq <= last; seq++ {
		m, err := j.read(ctx, seq)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return fmt.Errorf("journal: reading back position %d: %w", seq, err)
		}
		j.lastAt = max(j.lastAt, m.at)
		j.backlog.add(seq, m.size)
		j.recovered(m, seq)
	}
	j.last = last
	j.applied.set(last)
	j.watching.Go(j.watch)
	go j.run()
	j.ready.Store(true)
	return nil
}

func (j *Journal) recovered(m decoded, seq uint64) {
	for i := range m.parts {
		p := &m.parts[i]
		if p.flags&flagLast == 0 || p.flags&flagDup != 0 {
			continue
		}
		j.ledger.enter(&p.head, batchID{seq, uint16(i)}, m.at)
		if len(p.refs) > 0 {
			j.pins.recovered(p.batch, p.refs[0].seq, seq)
		}
	}
}

// skipTo follows a store that is ahead of the log, because the log was lost or
// an older copy of it was put back: positions must never be used twice.
func (j *Journal) skipTo(ctx context.Context, k *link, last, after uint64) (uint64, error) {
	j.log.Error("the journal ends before what the store already holds; going on after that", "journal", last, "store", after)
	if err := k.stream.Purge(ctx, purgeBelow(after+1)); err != nil {
		return 0, fmt.Errorf("journal: skipping to position %d: %w", after+1, err)
	}
	info, err := k.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	if info.State.LastSeq < after {
		return 0, fmt.Errorf("journal: the log stands at %d and cannot be moved past %d; remove the journal's folder and start again", info.State.LastSeq, after)
	}
	return info.State.LastSeq, nil
}
