// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"haidang/pagecache"
)

// folder makes the log's files findable after a power loss: the server syncs
// what it writes into a block file, but not the folder entry of a new one.
type folder struct {
	root   string
	blocks string
	block  uint64 // highest block file whose entry is on disk
}

// open syncs every folder below root, and the last block files: after a kill
// they may hold messages that were written but not yet synced, and from now on
// the journal answers for them.
func (f *folder) open() error {
	if err := syncTree(f.root); err != nil {
		return err
	}
	highest, err := f.highest()
	if err != nil {
		return err
	}
	for i := range uint64(2) {
		if highest > i {
			if err := syncPath(f.name(highest - i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	f.block = highest
	return nil
}

func (f *folder) name(block uint64) string {
	return filepath.Join(f.blocks, fmt.Sprintf("%d.blk", block))
}

func (f *folder) highest() (uint64, error) {
	entries, err := os.ReadDir(f.blocks)
	if err != nil {
		return 0, err
	}
	var highest uint64
	for _, e := range entries {
		var n uint64
		if _, err := fmt.Sscanf(e.Name(), "%d.blk", &n); err == nil {
			highest = max(highest, n)
		}
	}
	return highest, nil
}

// written is called after each message and before its acknowledgement: it syncs
// the folder when a block file appeared. Blocks are numbered upwards, so one
// look at the next name is enough, and at the present one in case of a jump. It
// gives the block that is written to, and how long that is.
func (f *folder) written() (block uint64, size int64, err error) {
	_, next := os.Lstat(f.name(f.block + 1))
	if next != nil {
		if at, err := os.Lstat(f.name(f.block)); err == nil {
			return f.block, at.Size(), nil
		}
	}
	if err := syncPath(f.blocks); err != nil {
		return 0, 0, err
	}
	highest, err := f.highest()
	f.block = max(f.block, highest)
	if at, err := os.Lstat(f.name(f.block)); err == nil {
		size = at.Size()
	}
	return f.block, size, err
}

// forget lets the kernel use the memory that a block file takes in its cache.
func (f *folder) forget(block uint64) {
	file, err := os.Open(f.name(block))
	if err != nil {
		return // its messages were deleted
	}
	pagecache.Forget(file, 0, 0)
	_ = file.Close() // nothing was written
}

func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // the server removes files beside us
			return nil
		}
		if err != nil || !d.IsDir() {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	return errors.Join(err, f.Close())
}
