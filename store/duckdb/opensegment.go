// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"

	"haidang/event"
	"haidang/store/duckdb/disk"
	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/parquetfile"
)

// openSegment is the file that takes the records of the next commit. Until that names
// it, nobody reads it.
type openSegment struct {
	file  *disk.File
	rows  int64
	facts manifest.Facts
}

// mark is how far the open segment is written; the zero mark is of none.
type mark struct {
	openSegment
	writer parquetfile.Mark
}

// Append writes records ahead of their commit, or nothing of them.
func (s *Store) Append(ctx context.Context, batches []*event.Batch) error {
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	before := s.mark()
	if err := s.append(batches); err != nil {
		s.metrics.failed.Inc()
		return fmt.Errorf("store: %w", errors.Join(err, s.rewind(before)))
	}
	return nil
}

func (s *Store) mark() mark {
	if s.open == nil {
		return mark{}
	}
	return mark{*s.open, s.writer.Mark()}
}

// append writes records behind those of the open segment.
func (s *Store) append(batches []*event.Batch) error {
	rows, facts := factsOf(batches)
	if rows == 0 {
		return nil
	}
	if s.open == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	o := s.open
	if err := s.writer.Batches(batches); err != nil {
		return fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	if o.rows > 0 {
		facts = facts.Join(o.facts)
	}
	o.rows, o.facts = o.rows+rows, facts
	return o.file.Flush()
}

func (s *Store) begin() error {
	f, err := s.dir.Begin(s.unused(manifest.KindSegment))
	if err != nil {
		return err
	}
	s.open = &openSegment{file: f}
	return s.writer.Reset(f)
}

// rewind takes back what was written since a mark.
func (s *Store) rewind(m mark) error {
	switch {
	case s.open == nil:
		return nil
	case s.broken != nil: // the disk may hold a manifest that names the file
		s.close()
		return nil
	case m.rows == 0: // nothing lies before
		return s.drop()
	}
	*s.open = m.openSegment
	s.writer.Rewind(m.writer)
	if err := m.file.Cut(m.writer.Size); err != nil {
		s.broken = fmt.Errorf("store: %s could not be cut back; what it held is read from the journal again at the next start: %w", m.file.Name(), err)
		return s.broken
	}
	return nil
}

// drop gives the open segment up.
func (s *Store) drop() error {
	if s.open == nil {
		return nil
	}
	f := s.open.file
	s.open = nil
	return f.Drop()
}

// close leaves the open segment as it is.
func (s *Store) close() {
	if s.open == nil {
		return
	}
	if err := s.open.file.Close(); err != nil { // it was synced
		s.log.Warn("closing a segment", "file", s.open.file.Name(), "error", err)
	}
	s.open = nil
}

// finish ends the open segment, makes it durable and names it in next. The file
// stays open until the commit is.
func (s *Store) finish(next *manifest.Manifest, before mark) error {
	o := s.open
	if o == nil {
		return nil
	}
	if err := s.writer.Footer(); err != nil {
		return fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	if err := o.file.Flush(); err != nil {
		return fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	size, err := o.file.Sync()
	if err != nil {
		if before.rows > 0 {
			// The system may have forgotten pages that it could not write, and
			// nobody has those records any more but the journal.
			s.broken = fmt.Errorf("store: %s may not be on disk; what it held is read from the journal again at the next start: %w", o.file.Name(), err)
		}
		return fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	next.NextFile = max(next.NextFile, s.nextFile)
	next.Segments = append(next.Segments, manifest.Segment{
		File: manifest.File{Name: o.file.Name(), Size: size}, Rows: o.rows, Layout: manifest.Layout, Facts: o.facts,
	})
	return nil
}
