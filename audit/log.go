// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Log is the audit log. Its methods may be called by any goroutine.
type Log struct {
	cfg Config
	dep Dependencies
	log *slog.Logger
	now func() time.Time
	m   *metrics

	life    sync.RWMutex // held for reading while an append is put into the queue
	running bool
	queue   chan *pending
	done    chan struct{} // closed when the committer has ended

	// The committer's alone, after Start.
	lock     *os.File
	file     *os.File // of the last segment
	origin   string
	signer   note.Signer
	keys     []string // verifier keys, oldest first
	unsaved  []tile   // finished, but not yet on disk
	head     *notes   // the newest checkpoint on disk
	lastHour string
	broken   error

	// What is known to all.
	state struct {
		sync.RWMutex
		checkpoint Checkpoint // what it covers everybody may see
		tree       *tree      // may be ahead of the checkpoint when that could not be written
		segments   []segment
	}
}

// New prepares a log; nothing happens before Start.
func New(c Config, d Dependencies) (*Log, error) {
	if c.Dir == "" {
		return nil, errors.New("audit: dir is empty; name a folder")
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	l := &Log{cfg: c.withDefaults(), dep: d, log: d.Log, now: d.Now, done: make(chan struct{})}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.queue = make(chan *pending, l.cfg.Queue)
	var err error
	l.m, err = newMetrics(d.Metrics, l)
	return l, err
}

// Start opens the log, compares its end with the checkpoint, and puts right
// what a crash left: whole entries behind the checkpoint are taken in, a torn
// one is cut off, and both are told in an entry of their own.
func (l *Log) Start(ctx context.Context) error {
	if err := os.MkdirAll(l.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := syncPath(filepath.Dir(filepath.Clean(l.cfg.Dir))); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	var err error
	if l.lock, err = hold(l.cfg.Dir); err != nil {
		return err
	}
	first, err := l.open()
	if err != nil {
		return errors.Join(err, l.close())
	}
	l.life.Lock()
	l.running = true
	l.life.Unlock()
	go l.run()
	for _, e := range first {
		if _, err := l.Append(ctx, e); err != nil {
			return errors.Join(err, l.Stop(ctx))
		}
	}
	return nil
}

// Stop writes what waits and closes the log.
func (l *Log) Stop(ctx context.Context) error {
	l.life.Lock()
	was := l.running
	l.running = false
	if was {
		close(l.queue)
	}
	l.life.Unlock()
	if !was {
		return nil
	}
	select {
	case <-l.done:
		return l.close()
	case <-ctx.Done():
		return fmt.Errorf("audit: stopped before everything was written: %w", ctx.Err())
	}
}

func (l *Log) close() error {
	errs := []error{l.head.close()}
	for _, f := range []*os.File{l.file, l.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	l.file, l.lock, l.head = nil, nil, nil
	return errors.Join(errs...)
}

// Pseudonym gives the name under which this log knows a person.
func (l *Log) Pseudonym(id string) Actor { return Pseudonym(l.dep.Pseudonyms, id) }

// Checkpoint gives the newest one.
func (l *Log) Checkpoint() Checkpoint {
	l.state.RLock()
	defer l.state.RUnlock()
	return l.state.checkpoint
}

// PublicKeys gives the verifier keys, oldest first; the last one signs.
func (l *Log) PublicKeys() []string { return append([]string(nil), l.keys...) }
