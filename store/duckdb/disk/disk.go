// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Op is a step that changes the folder.
type Op string

// Steps.
const (
	OpCreate  Op = "create"
	OpWrite   Op = "write"
	OpSync    Op = "sync"
	OpRename  Op = "rename"
	OpSyncDir Op = "syncdir"
	OpRemove  Op = "remove"
)

// ErrUncertain says that a step may or may not have reached the disk.
var ErrUncertain = errors.New("it is uncertain what reached the disk")

// Dir is a folder of files.
type Dir struct {
	Path string
	// Hook is called before every step; when it fails the step is not done.
	Hook func(op Op, name string) error
}

func (d *Dir) step(op Op, name string) error {
	if d.Hook == nil {
		return nil
	}
	return d.Hook(op, name)
}

// Make creates the folder when it is missing.
func (d *Dir) Make() error {
	if err := os.MkdirAll(d.Path, 0o750); err != nil {
		return err
	}
	return syncDir(filepath.Dir(d.Path))
}

// String gives the folder's path.
func (d *Dir) String() string { return d.Path }

// Name gives the path of a file.
func (d *Dir) Name(name string) string { return filepath.Join(d.Path, name) }

// Create writes a new file by fill, syncs it and gives its size. On failure
// nothing is left of it. The folder is not synced: see Sync.
func (d *Dir) Create(name string, fill func(w io.Writer) error) (size int64, err error) {
	f, err := d.Begin(name)
	if err != nil {
		return 0, err
	}
	if err = fill(f); err == nil {
		err = f.Flush()
	}
	if err == nil {
		size, err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		// An orphan is removed at the next start at the latest.
		return 0, errors.Join(fmt.Errorf("%s: %w", name, err), d.Remove(name))
	}
	return size, nil
}

// Replace puts content under name, durably and in one step: all of it or the
// old file stays.
func (d *Dir) Replace(name string, content []byte) error {
	fresh := name + ".new"
	if err := os.Remove(d.Name(fresh)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	_, err := d.Create(fresh, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.step(OpRename, name); err != nil {
		return err
	}
	if err := os.Rename(d.Name(fresh), d.Name(name)); err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrUncertain, err)
	}
	return nil
}

// Sync makes the folder's entries durable.
func (d *Dir) Sync() error {
	if err := d.step(OpSyncDir, ""); err != nil {
		return err
	}
	return syncDir(d.Path)
}

// Remove deletes a file; one that is gone already is no error.
func (d *Dir) Remove(name string) error {
	if err := d.step(OpRemove, name); err != nil {
		return err
	}
	if err := os.Remove(d.Name(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Open opens a file for reading.
func (d *Dir) Open(name string) (*os.File, error) { return os.Open(d.Name(name)) }

// Read reads a whole file.
func (d *Dir) Read(name string) ([]byte, error) { return os.ReadFile(d.Name(name)) }

// Sizes lists the files of the folder.
func (d *Dir) Sizes() (map[string]int64, error) {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			out[e.Name()] = info.Size()
		}
	}
	return out, nil
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
