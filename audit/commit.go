// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// run is the committer: the only goroutine that writes. While one group is
// being synced the next gathers, so nobody waits for company.
func (l *Log) run() {
	defer close(l.done)
	group := make([]*pending, 0, l.cfg.Group)
	for p := range l.queue {
		group = l.gather(append(group[:0], p))
		began := time.Now()
		first, err := l.commit(group)
		for i, p := range group {
			p.answer <- answer{first + int64(i), err}
		}
		if err != nil {
			l.log.Error("audit entries were not written", "entries", len(group), "error", err)
			continue
		}
		l.m.groups.Inc()
		l.m.commit.Observe(time.Since(began).Seconds())
	}
}

func (l *Log) gather(group []*pending) []*pending {
	for len(group) < l.cfg.Group {
		select {
		case p, ok := <-l.queue:
			if !ok {
				return group
			}
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit writes a group: entries, finished tiles and the new checkpoint, all
// synced at once because they share the disk's work. The checkpoint takes its
// name only when everything that it covers is on disk.
func (l *Log) commit(group []*pending) (first int64, err error) {
	if l.broken != nil {
		return 0, l.broken
	}
	next := l.state.tree.clone()
	first = next.size
	var buf []byte
	var finished []tile
	for i, p := range group {
		start := len(buf)
		buf = appendNumbered(buf, first+int64(i), p.body)
		finished = append(finished, next.add(tlog.RecordHash(buf[start:]))...)
	}
	c, err := l.signed(next)
	if err != nil {
		return 0, err
	}
	if err := l.write(buf, first); err != nil {
		return 0, err
	}
	l.unsaved = append(l.unsaved, finished...)
	var rest error
	var beside sync.WaitGroup
	beside.Go(func() { rest = l.prepareCheckpoint(c) })
	entries := l.file.Sync()
	beside.Wait()
	if entries != nil {
		l.broken = fmt.Errorf("%w: %w", ErrBroken, entries)
		return 0, l.broken
	}
	l.state.Lock()
	l.state.tree = next
	l.state.segments[len(l.state.segments)-1].size += int64(len(buf))
	l.state.Unlock()
	if rest != nil {
		return 0, rest
	}
	return first, l.publish(c)
}

// write appends to the last segment, or a new one. When it fails the file is cut
// back to what it was; when that fails too, nobody knows what is on disk and
// nothing may follow.
func (l *Log) write(buf []byte, first int64) error {
	n := len(l.state.segments)
	if n == 0 || l.state.segments[n-1].size >= l.cfg.SegmentBytes {
		if err := l.newSegment(first); err != nil {
			return err
		}
		n = len(l.state.segments)
	}
	size := l.state.segments[n-1].size
	if _, err := l.file.WriteAt(buf, size); err != nil {
		if cut := errors.Join(l.file.Truncate(size), l.file.Sync()); cut != nil {
			l.broken = fmt.Errorf("%w: %w", ErrBroken, cut)
		}
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

func (l *Log) newSegment(first int64) error {
	if err := makeDir(l.cfg.Dir, entriesDir); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	path := filepath.Join(l.cfg.Dir, segmentName(first))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := syncPath(filepath.Dir(path)); err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), f.Close())
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			l.log.Warn("closing a full audit file", "error", err)
		}
	}
	l.file = f
	l.state.Lock()
	l.state.segments = append(l.state.segments, segment{first: first})
	l.state.Unlock()
	return nil
}

// signed makes the checkpoint of a tree.
func (l *Log) signed(t *tree) (Checkpoint, error) {
	root, err := t.root()
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Origin: l.origin, Size: t.size, Root: root, Time: l.now().UTC().Truncate(time.Second)}
	return c, c.sign(l.signer)
}

// checkpoint signs what is on disk when the log is opened.
func (l *Log) checkpoint() error {
	c, err := l.signed(l.state.tree)
	if err != nil {
		return err
	}
	if err = l.saveTiles(); err == nil {
		l.head, err = openNotes(l.cfg.Dir, c.Note)
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.announce(c)
	return nil
}

// prepareCheckpoint puts on disk what a checkpoint needs beside the entries: the
// tiles that wait, and its own bytes.
func (l *Log) prepareCheckpoint(c Checkpoint) error {
	err := l.saveTiles()
	if err == nil {
		err = l.head.write(c.Note)
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

func (l *Log) saveTiles() error {
	for len(l.unsaved) > 0 {
		t := l.unsaved[0]
		if err := replace(l.cfg.Dir, t.path(), t.data); err != nil {
			return err
		}
		l.unsaved = l.unsaved[1:]
	}
	return nil
}

// publish gives a checkpoint its name.
func (l *Log) publish(c Checkpoint) error {
	if err := l.head.publish(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.announce(c)
	return nil
}

// announce shows a checkpoint to all and, first in its hour, keeps a copy of it.
func (l *Log) announce(c Checkpoint) {
	l.state.Lock()
	l.state.checkpoint = c
	l.state.Unlock()
	hour := c.Time.Format(hourLayout)
	if hour == l.lastHour {
		return
	}
	name := filepath.Join(hoursDir, hour+".note")
	if _, err := os.Lstat(filepath.Join(l.cfg.Dir, name)); errors.Is(err, os.ErrNotExist) {
		if err := replace(l.cfg.Dir, name, c.Note); err != nil {
			l.log.Warn("an hourly checkpoint of the audit log could not be kept", "error", err)
			return
		}
	}
	l.lastHour = hour
}
