// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/parquetfile"
)

// fan is how many neighbours of one level become one of the next: enough that
// a record is rewritten seldom, few enough that files stay few.
const fan = 8

// wantSegments is the number of live segments that merging aims below.
const wantSegments = 200

func (s *Store) wakeMerge() {
	select {
	case s.wake <- struct{}{}:
	default: // somebody did already
	}
}

// startsFirst is how long after the store's start what a stop left unmerged waits:
// the start of others reads from the same disk, by the same processors, and what
// is kept for them cannot be looked up while parts of it are moved.
const startsFirst = 5 * time.Second

// A burst is not held up by merging, within bounds: while commits are large, as
// those are that come as fast as records can be taken in, files are merged when
// three times as many wait, or none came for some time.
const (
	burstRows = 1 << 16
	burstFan  = 3 * fan
	burstOver = 2 * time.Second
)

// inBurst says that merging can wait.
func inBurst(m *manifest.Manifest) bool {
	n := len(m.Segments)
	young := 0
	for young < n && m.Segments[n-1-young].Level == 0 {
		young++
	}
	return young > 0 && young < burstFan && m.Segments[n-1].Rows >= burstRows
}

// mergeLoop merges one group of files at a time, whenever a commit may have
// given reason to, and once after the start.
func (s *Store) mergeLoop(ctx context.Context) {
	rest := time.NewTimer(startsFirst)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			if inBurst(s.states.manifest()) {
				rest.Reset(burstOver)
				continue
			}
		case <-rest.C:
		}
		for {
			more, err := s.mergeOnce(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Error("merging failed; it is tried again after the next commit", "error", err)
			}
			if err != nil || !more {
				break
			}
		}
	}
}

// mergeOnce does one merge of each kind that is due.
func (s *Store) mergeOnce(ctx context.Context) (more bool, err error) {
	segments, err := s.mergeSegments(ctx)
	if err != nil {
		return false, err
	}
	packs, err := s.mergePacks(ctx)
	if err != nil {
		return false, err
	}
	rejects, err := s.mergeRejects(ctx)
	return segments || packs || rejects, err
}

// run is a run of neighbours, by index: from inclusive, to exclusive.
type run struct{ from, to int }

// due finds the first run of at least fan neighbours of one level, the lowest
// level first. fits says whether a run may still grow by element i.
func due(n int, level func(i int) int, fits func(r run, i int) bool) (run, bool) {
	best, found := run{}, false
	for i := 0; i < n; {
		r := run{i, i + 1}
		for r.to < n && r.to-r.from < fan && level(r.to) == level(i) && fits(r, r.to) {
			r.to++
		}
		full := r.to-r.from == fan || r.to < n && r.to-r.from > 1 && level(r.to) == level(i)
		if full && (!found || level(i) < level(best.from)) {
			best, found = r, true
		}
		if i++; r.to-r.from > 1 {
			i = r.to
		}
	}
	return best, found
}

// dueSegments finds segments to merge. Those of the full size are left alone;
// the full size grows with what is kept, so that segments stay few.
func (s *Store) dueSegments(m *manifest.Manifest) (run, bool) {
	var total int64
	for _, g := range m.Segments {
		total += g.Rows
	}
	full := max(s.cfg.SegmentRows, 2*total/wantSegments)
	size := func(r run) (rows int64) {
		for _, g := range m.Segments[r.from:r.to] {
			rows += g.Rows
		}
		return rows
	}
	return due(len(m.Segments),
		func(i int) int { return m.Segments[i].Level },
		func(r run, i int) bool { return size(r)+m.Segments[i].Rows <= full })
}

func (s *Store) mergeSegments(ctx context.Context) (bool, error) {
	state, release, err := s.states.pin()
	if err != nil {
		return false, nil
	}
	defer release()
	r, ok := s.dueSegments(state.Manifest)
	if !ok {
		return false, nil
	}
	old := state.Segments[r.from:r.to]
	merged := manifest.Segment{File: manifest.File{Level: old[0].Level + 1}, Layout: manifest.Layout, Facts: old[0].Facts}
	for i, g := range old {
		merged.Rows += g.Rows
		if i > 0 {
			merged.Facts = merged.Join(g.Facts)
		}
	}
	merged.Name = s.reserve(manifest.KindSegment)
	if merged.Size, err = s.dir.Create(merged.Name, func(w io.Writer) error { return s.rewrite(ctx, w, old) }); err != nil {
		return false, err
	}
	ok, err = s.replaceSegments(old, merged)
	if !ok || err != nil {
		return false, errors.Join(err, s.forgo(merged.Name))
	}
	s.metrics.merges.Inc()
	s.metrics.mergedRows.Add(float64(merged.Rows))
	return true, nil
}

// reserve gives a name for a file that is written while commits go on.
func (s *Store) reserve(kind string) string {
	s.commit.Lock()
	defer s.commit.Unlock()
	return s.unused(kind)
}

// unused gives a name that no file has or had.
func (s *Store) unused(kind string) string {
	n := max(s.nextFile, s.states.manifest().NextFile)
	s.nextFile = n + 1
	return manifest.FileNameOf(kind, n)
}

// forgo removes a merged file that did not make it into a state.
func (s *Store) forgo(name string) error {
	s.commit.Lock()
	defer s.commit.Unlock()
	if s.broken != nil {
		return nil // the disk may hold a manifest that names it
	}
	return s.dir.Remove(name)
}

// replaceSegments puts merged in the place of old. Commits only append, but
// segments may have expired meanwhile: then nothing is done.
func (s *Store) replaceSegments(old []manifest.Segment, merged manifest.Segment) (bool, error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	if s.broken != nil {
		return false, s.broken
	}
	next := s.next()
	at := -1
	for i := range next.Segments {
		if next.Segments[i].Name == old[0].Name {
			at = i
		}
	}
	if at < 0 || at+len(old) > len(next.Segments) {
		return false, nil
	}
	for i, g := range old {
		if next.Segments[at+i].Name != g.Name {
			return false, nil
		}
	}
	tail := append([]manifest.Segment{merged}, next.Segments[at+len(old):]...)
	next.Segments = append(next.Segments[:at], tail...)
	return true, s.publish(next, func() {})
}

// rewrite writes the records of segments as one file, column by column, so that
// memory is bounded by one column of one row group.
func (s *Store) rewrite(ctx context.Context, w io.Writer, old []manifest.Segment) error {
	var sources []parquetfile.Source
	defer func() {
		for _, o := range sources {
			o.Reader.Close()
			o.File.Close()
		}
	}()
	for _, g := range old {
		f, err := s.dir.Open(g.Name)
		if err != nil {
			return err
		}
		r, err := parquetfile.Open(f, g.Size)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", g.Name, err), f.Close())
		}
		sources = append(sources, parquetfile.Source{Reader: r, File: f})
	}
	// Its memory goes with it: merges are far apart, and their columns large.
	merger, err := parquetfile.NewWriter(parquetfile.Thorough)
	if err != nil {
		return err
	}
	return merger.Merge(ctx, w, sources)
}
