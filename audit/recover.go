// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// recovered says what a start found behind the checkpoint.
type recovered struct {
	adopted int64 // whole entries, written but never answered
	cut     int64 // bytes of a torn one
}

// recover reads the tree, compares it with the checkpoint and takes in what
// lies behind it.
func (l *Log) recover(c Checkpoint) (r recovered, err error) {
	segments, err := listSegments(l.cfg.Dir)
	if err != nil {
		return r, err
	}
	t, err := fromTiles(l.cfg.Dir, segments, c.Size)
	if err == nil {
		var root tlog.Hash
		if root, err = t.root(); err == nil && root != c.Root {
			err = errors.New("the tiles give another root than the checkpoint")
		}
	}
	if err != nil {
		l.log.Warn("reading the whole audit log again", "reason", err)
		if t, err = l.rebuild(segments, c); err != nil {
			return r, err
		}
	}
	l.state.tree, l.state.segments = t, segments
	return l.tail(c.Size)
}

// listSegments lists the files of entries with their sizes.
func listSegments(dir string) ([]segment, error) {
	firsts, err := numbered(filepath.Join(dir, entriesDir), ".jsonl")
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	var out []segment
	for _, first := range firsts {
		info, err := os.Stat(filepath.Join(dir, segmentName(first)))
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		out = append(out, segment{first, info.Size()})
	}
	return out, nil
}

// fromTiles makes the right edge of a tree out of finished tiles and the entries
// behind the last of them.
func fromTiles(dir string, segments []segment, size int64) (*tree, error) {
	t := &tree{size: size}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		t.edge = append(t.edge, make([]tlog.Hash, 0, tileWidth))
		if level == 0 {
			continue
		}
		end := size >> (tileHeight * level)
		for n := end / tileWidth * tileWidth; n < end; n++ {
			data, err := readTile(dir)(tile{level: level - 1, n: n})
			if err != nil {
				return nil, err
			}
			t.edge[level] = append(t.edge[level], fold(unpack(data)))
		}
	}
	if size == 0 {
		return t, nil
	}
	s, err := scanFrom(dir, segments, size/tileWidth*tileWidth)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for n := size / tileWidth * tileWidth; n < size; n++ {
		raw, at, err := s.line()
		if err != nil {
			return nil, fmt.Errorf("entry %d, %s at byte %d: %w", n, at.file, at.offset, err)
		}
		t.edge[0] = append(t.edge[0], tlog.RecordHash(raw))
	}
	return t, nil
}

// rebuild hashes every entry and writes tiles that are missing or damaged anew:
// they are made of the entries, and the checkpoint says whether these are good.
func (l *Log) rebuild(segments []segment, c Checkpoint) (*tree, error) {
	s := &scanner{dir: l.cfg.Dir, rest: segments}
	defer s.close()
	t := new(tree)
	var tiles []tile
	for t.size < c.Size {
		raw, at, err := s.line()
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d is missing, %s at byte %d (%w); run `haidang audit verify`, then restore the log from a backup",
				ErrTampered, t.size, at.file, at.offset, err)
		}
		tiles = append(tiles, t.add(tlog.RecordHash(raw))...)
	}
	if root, err := t.root(); err != nil || root != c.Root {
		return nil, fmt.Errorf("%w: its %d entries give another root than the checkpoint; run `haidang audit verify`, then restore the log from a backup", ErrTampered, c.Size)
	}
	for _, f := range tiles {
		have, err := readTile(l.cfg.Dir)(f)
		if err == nil && bytes.Equal(have, f.data) {
			continue
		}
		l.log.Warn("a tile of the audit log is made again from the entries", "file", f.path())
		if err := replace(l.cfg.Dir, f.path(), f.data); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
	}
	return t, nil
}

// tail takes in whole entries behind the checkpoint and cuts off what is torn.
func (l *Log) tail(size int64) (r recovered, err error) {
	segments := l.state.segments
	if len(segments) == 0 {
		return r, nil
	}
	s, err := scanFrom(l.cfg.Dir, segments, size)
	if err != nil {
		return r, err
	}
	defer s.close()
	for {
		raw, at, err := s.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errTorn) {
			return r, fmt.Errorf("audit: %w", err)
		}
		if err == nil {
			var e Entry
			if e, err = Parse(raw); err == nil && e.Index == l.state.tree.size {
				l.unsaved = append(l.unsaved, l.state.tree.add(tlog.RecordHash(raw))...)
				r.adopted++
				continue
			}
		}
		r.cut, err = l.cutAt(at)
		if err != nil {
			return r, err
		}
		break
	}
	return r, l.openLast()
}

// cutAt removes everything from a place on.
func (l *Log) cutAt(at place) (cut int64, err error) {
	for i := len(l.state.segments) - 1; i >= 0; i-- {
		s := &l.state.segments[i]
		name := segmentName(s.first)
		keep := int64(0)
		if name == at.file {
			keep = at.offset
		}
		cut += s.size - keep
		if err := os.Truncate(filepath.Join(l.cfg.Dir, name), keep); err != nil {
			return cut, fmt.Errorf("audit: %w", err)
		}
		s.size = keep
		if name == at.file {
			break
		}
	}
	return cut, nil
}

// openLast opens the last file with entries for writing, syncs it, and removes
// empty ones behind it.
func (l *Log) openLast() error {
	segments := l.state.segments
	for len(segments) > 0 && segments[len(segments)-1].size == 0 {
		if err := os.Remove(filepath.Join(l.cfg.Dir, segmentName(segments[len(segments)-1].first))); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		segments = segments[:len(segments)-1]
	}
	l.state.segments = segments
	if len(segments) == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(l.cfg.Dir, segmentName(segments[len(segments)-1].first)), os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.file = f
	if err := errors.Join(f.Sync(), syncPath(filepath.Join(l.cfg.Dir, entriesDir))); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
