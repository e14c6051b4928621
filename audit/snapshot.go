// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// File is one file of a snapshot: its first Size bytes, which never change.
type File struct {
	Name string // in the log's folder, with slashes
	Size int64
	Open func() (io.ReadCloser, error)
}

// Snapshot gives the newest checkpoint and the files of the log as it was then,
// while the log goes on growing.
func (l *Log) Snapshot() (Checkpoint, []File, error) {
	l.state.RLock()
	c, ahead := l.state.checkpoint, l.state.tree.size > l.state.checkpoint.Size
	segments := append([]segment(nil), l.state.segments...)
	l.state.RUnlock()
	out := []File{
		inline(checkpointFile, c.Note),
	}
	keys, err := os.ReadFile(filepath.Join(l.cfg.Dir, keysFile))
	if err != nil {
		return c, nil, fmt.Errorf("audit: %w", err)
	}
	out = append(out, inline(keysFile, keys))
	for _, s := range segments {
		if s.first >= c.Size {
			break
		}
		f := l.plainFile(segmentName(s.first), s.size)
		if ahead {
			if f.Size, err = l.endOf(s, c.Size); err != nil {
				return c, nil, err
			}
		}
		out = append(out, f)
	}
	out = append(out, l.tiles(c.Size)...)
	notes, err := l.notes(c.Size)
	return c, append(out, notes...), err
}

func inline(name string, data []byte) File {
	return File{name, int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

func (l *Log) plainFile(name string, size int64) File {
	return File{name, size, func() (io.ReadCloser, error) { return os.Open(filepath.Join(l.cfg.Dir, name)) }}
}

// endOf is where the entries below size end in a segment.
func (l *Log) endOf(s segment, size int64) (int64, error) {
	f, err := os.Open(filepath.Join(l.cfg.Dir, segmentName(s.first)))
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	end, err := locate(f, s.size, size)
	return end, errors.Join(err, f.Close())
}

// tiles lists the finished tiles of a tree.
func (l *Log) tiles(size int64) (out []File) {
	for level := 0; size>>(tileHeight*(level+1)) > 0; level++ {
		for n := range size >> (tileHeight * (level + 1)) {
			out = append(out, l.plainFile(tile{level: level, n: n}.path(), tileWidth*tlog.HashSize))
		}
	}
	return out
}

// notes lists the kept checkpoints up to a size.
func (l *Log) notes(size int64) (out []File, err error) {
	for _, dir := range []string{hoursDir, rotationsDir} {
		entries, err := os.ReadDir(filepath.Join(l.cfg.Dir, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("audit: %w", err)
		}
		for _, e := range entries {
			name := dir + "/" + e.Name()
			if filepath.Ext(name) != ".note" {
				continue
			}
			data, err := os.ReadFile(filepath.Join(l.cfg.Dir, name))
			if err != nil {
				return nil, fmt.Errorf("audit: %w", err)
			}
			if c, err := ParseCheckpoint(data, l.keys...); err == nil && c.Size > size {
				continue // signed since
			}
			out = append(out, inline(name, data))
		}
	}
	return out, nil
}
