// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is the part of plain files: everything below root but what skip names
// (paths from root, with slashes; a folder takes along what is in it). A large
// file that somebody writes to meanwhile is an error: it belongs into a part of
// its own. Files that go while the folder is read are left out.
func Folder(name, root string, skip func(path string) bool) Part {
	return Part{Name: name, Files: func(_ context.Context, put func(File) error) error {
		return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path != root {
				return nil
			}
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			switch {
			case rel == ".":
				return nil
			case skip(rel) && d.IsDir():
				return fs.SkipDir
			case skip(rel) || !d.Type().IsRegular():
				return nil
			}
			return putStable(path, rel, put)
		})
	}}
}

// Small files are read whole before they are handed over, again when somebody
// wrote to them meanwhile.
const (
	smallFile  = 4 << 20
	smallTries = 10
)

func putStable(path, name string, put func(File) error) error {
	for range smallTries {
		before, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if before.Size() > smallFile {
			return putLarge(path, name, before, put)
		}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if same(path, before) && int64(len(data)) == before.Size() {
			open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
			return put(File{Name: name, Size: before.Size(), Open: open})
		}
	}
	return fmt.Errorf("%s: %w", name, ErrChanged)
}

func putLarge(path, name string, before fs.FileInfo, put func(File) error) error {
	open := func(context.Context) (io.ReadCloser, error) { return os.Open(path) }
	if err := put(File{Name: name, Size: before.Size(), Open: open}); err != nil {
		return err
	}
	if !same(path, before) {
		return fmt.Errorf("%s: %w", name, ErrChanged)
	}
	return nil
}

// same reports whether nobody wrote to a file since.
func same(path string, before fs.FileInfo) bool {
	after, err := os.Stat(path)
	return err == nil && after.Size() == before.Size() && after.ModTime().Equal(before.ModTime())
}
