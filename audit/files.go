// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"
)

// Names in the folder.
const (
	checkpointFile = "checkpoint"
	keysFile       = "public-keys"
	lockFile       = "lock"
	entriesDir     = "entries"
	hoursDir       = "checkpoints"
	rotationsDir   = "rotations"
	tilesDir       = "tile"
	freshSuffix    = ".new" // of a file that is not yet whole
)

const hourLayout = "2006-01-02T15"

func segmentName(first int64) string { return fmt.Sprintf("%s/%020d.jsonl", entriesDir, first) }

func rotationName(size int64) string { return fmt.Sprintf("%s/%020d.note", rotationsDir, size) }

// segment is one file of entries.
type segment struct {
	first int64 // number of its first entry
	size  int64 // bytes
}

// numbered lists a folder's files named by a number, in order.
func numbered(dir, suffix string) (out []int64, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if n, ok := number(e.Name(), suffix); ok {
			out = append(out, n)
		}
	}
	return out, nil // ReadDir sorts by name, and names have one length
}

func number(name, suffix string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n >= 0 && len(digits) == 20
}

// replace puts content under a name in one step, durably, making its folders.
func replace(root, name string, content []byte) error {
	path := filepath.Join(root, name)
	if err := makeDir(root, filepath.Dir(name)); err != nil {
		return err
	}
	return putBy(path+freshSuffix, path, content)
}

// putBy writes a file under another name first. Only a whole one that is on disk
// takes the place of what was there.
func putBy(fresh, path string, content []byte) error {
	if err := writeNew(fresh, content); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

// makeDir makes a folder below root and every folder on the way, durably.
func makeDir(root, dir string) error {
	path := filepath.Join(root, dir)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if dir != "." && dir != "" {
		if err := makeDir(root, filepath.Dir(dir)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// hold takes the log's lock.
func hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("audit: another process writes to %s", dir), f.Close())
	}
	return f, nil
}

// held reports whether a process writes to the log.
func held(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// readTile reads a finished tile.
func readTile(dir string) func(tile) ([]byte, error) {
	return func(t tile) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(dir, t.path()))
		if err == nil && len(data) != tileWidth*tlog.HashSize {
			err = fmt.Errorf("audit: %s has %d bytes, not %d", t.path(), len(data), tileWidth*tlog.HashSize)
		}
		return data, err
	}
}
