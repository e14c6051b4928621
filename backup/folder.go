// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is the part of plain files: everything below root but what skip names
// (paths from root, with slashes; a folder takes along what is in it). A file
// that somebody writes to meanwhile is an error: it belongs into a part of its
// own. Files that go while the folder is read are left out.
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

func putStable(path, name string, put func(File) error) error {
	before, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = put(File{Name: name, Size: before.Size(), Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }})
	if err != nil {
		return err
	}
	after, err := os.Stat(path)
	if err != nil {
		return err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return fmt.Errorf("%s: %w", name, ErrChanged)
	}
	return nil
}
