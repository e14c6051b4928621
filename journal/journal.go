// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"haidang/event"
)

// Journal is the durable log. Its methods may be called by any goroutine.
type Journal struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	free   func(string) (free, total uint64, err error)
	m      *metrics
	ledger *ledger
	queue  *queue
	pins   pins
	oldest written
	// pace, handover, places and backlog stand between the committer and the consumer.
	pace     pace
	handover handover
	places   places
	backlog  backlog

	link     atomic.Pointer[link]
	lock     *os.File
	ready    atomic.Bool
	stop     chan struct{}
	drained  chan struct{} // closed when the committer has ended
	watching sync.WaitGroup

	// last is the committer's: the sequence that the next message must follow.
	last   uint64
	lastAt event.Time

	state struct {
		sync.Mutex
		State
	}
	applied progress
}

// State is where the journal stands; it may be a second old.
type State struct {
	First, Last event.Position // of what is kept; Last < First when nothing is
	Messages    uint64
	Bytes       int64 // used, of
	Limit       int64
	Up          bool // takes batches, as far as the log itself goes
}

// New prepares a journal; nothing happens before Start.
func New(c Config, d Dependencies) (*Journal, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	j := &Journal{
		cfg: c, log: d.Log, now: d.Now, free: d.Free,
		ledger: newLedger(c.KeepKeys, c.MaxKeys),
		queue:  newQueue(c), pace: newPace(max(c.HandoverBytes, 0)/4*3, c.BurstBytes), handover: handover{limit: c.HandoverBytes}, backlog: backlog{limit: c.MaxBehind},
		stop: make(chan struct{}), drained: make(chan struct{}),
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	if j.now == nil {
		j.now = time.Now
	}
	if j.free == nil {
		j.free = diskFree
	}
	j.state.Limit = c.MaxBytes
	var err error
	j.m, err = newMetrics(d.Metrics, j)
	return j, err
}

// Start opens the log and checks that it keeps what an acknowledgement
// promises. Begin and Consume work after Recover.
func (j *Journal) Start(ctx context.Context) error {
	if j.cfg.URL == "" {
		if err := j.openFolder(); err != nil {
			return err
		}
	}
	k, err := openLink(ctx, j.cfg, j.log)
	if err != nil {
		return errors.Join(err, j.unlock())
	}
	j.link.Store(k)
	j.queue.message = k.limit
	j.refresh(ctx)
	return nil
}

func (j *Journal) openFolder() error {
	if err := os.MkdirAll(j.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := syncPath(filepath.Dir(filepath.Clean(j.cfg.Dir))); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	var err error
	j.lock, err = lockFolder(j.cfg.Dir)
	return err
}

func (j *Journal) unlock() error {
	if j.lock == nil {
		return nil
	}
	return j.lock.Close()
}

// Stop refuses new batches, writes what is being committed and closes the log.
func (j *Journal) Stop(ctx context.Context) error {
	if j.link.Load() == nil {
		return nil
	}
	if !j.queue.close() {
		return nil
	}
	var err error
	if j.ready.Load() {
		select {
		case <-j.drained:
		case <-ctx.Done():
			err = fmt.Errorf("journal: stopped before everything was written: %w", ctx.Err())
		}
	}
	close(j.stop)
	j.watching.Wait()
	j.link.Load().close()
	if j.ready.Load() {
		<-j.drained
	}
	return errors.Join(err, j.unlock())
}

// State tells where the journal stands.
func (j *Journal) State() State {
	j.state.Lock()
	defer j.state.Unlock()
	return j.state.State
}

// watch keeps State fresh until the journal stops.
func (j *Journal) watch() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-t.C:
			j.refresh(context.Background())
		}
	}
}

func (j *Journal) refresh(ctx context.Context) {
	k := j.link.Load()
	up := k.up()
	if up {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		info, err := k.stream.Info(ctx)
		if err == nil {
			j.state.Lock()
			defer j.state.Unlock()
			j.state.First = event.Position(info.State.FirstSeq)
			j.state.Last = max(j.state.Last, event.Position(info.State.LastSeq))
			j.state.Messages = info.State.Msgs
			j.state.Bytes = int64(info.State.Bytes)
			j.state.Up = true
			return
		}
	}
	j.state.Lock()
	defer j.state.Unlock()
	j.state.Up = false
}

// grown notes what a message added, between two looks at the log.
func (j *Journal) grown(seq uint64, bytes int) {
	j.state.Lock()
	defer j.state.Unlock()
	if j.state.Messages == 0 {
		j.state.First = event.Position(seq)
	}
	j.state.Last = max(j.state.Last, event.Position(seq))
	j.state.Bytes += int64(bytes)
	j.state.Messages++
}

// admit says whether a batch may begin.
func (j *Journal) admit() error {
	if !j.ready.Load() {
		return ErrNotReady
	}
	if err := j.space(); err != nil {
		return err
	}
	if !j.link.Load().up() {
		return j.downError()
	}
	if s := j.State(); s.Bytes+64<<10 > s.Limit {
		return j.backlog.refusal(j.now())
	}
	return j.backlog.check(j.now())
}

// space looks at the disk before anything is written to it.
func (j *Journal) space() error {
	if j.cfg.URL != "" {
		return nil
	}
	free, total, err := j.free(j.cfg.Dir)
	if err != nil {
		return fmt.Errorf("journal: asking for free space: %w", err)
	}
	low := j.cfg.MinFree > 0 && free < uint64(j.cfg.MinFree)
	if p := j.cfg.MinFreePercent; p > 0 && free < total/100*uint64(p) {
		low = true
	}
	if low {
		return ErrNoSpace
	}
	return nil
}

// progress is the sequence up to which everything is on disk and in the ledger;
// consumers wait for it.
type progress struct {
	mu   sync.Mutex
	seq  uint64
	more chan struct{}
}

func (p *progress) set(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = max(p.seq, seq)
	if p.more != nil {
		close(p.more)
		p.more = nil
	}
}

func (p *progress) wait(ctx context.Context, seq uint64, stop <-chan struct{}) error {
	for {
		p.mu.Lock()
		if p.seq >= seq {
			p.mu.Unlock()
			return nil
		}
		if p.more == nil {
			p.more = make(chan struct{})
		}
		more := p.more
		p.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return ErrStopped
		}
	}
}
