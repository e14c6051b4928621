// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// notes are the two files that the newest checkpoint is written into by turns:
// the one that bears its name, and a spare. A new note overwrites the spare, is
// synced, and the two change names. So no file is made or removed on the way of
// an answer, which costs several times what a sync does; and one of the two is
// whole whatever happens, as only the older is ever written to. The names need no
// sync: a start takes the newer note of the two.
type notes struct {
	dir   string
	files [2]*os.File // the newest, the spare; none where names cannot be exchanged
}

// openNotes begins with a note, which is put on disk under the newest's name.
func openNotes(dir string, note []byte) (*notes, error) {
	n := &notes{dir: dir}
	// The spare may be the only whole one: it is written over when the note is safe.
	if err := putBy(n.newest()+".start"+freshSuffix, n.newest(), note); err != nil {
		return nil, err
	}
	if err := writeNew(n.spare(), note); err != nil {
		return nil, err
	}
	if exchange(n.spare(), n.newest()) != nil { // the file system cannot
		return n, errors.Join(os.Remove(n.spare()), syncPath(dir))
	}
	for i, name := range []string{n.newest(), n.spare()} {
		f, err := os.OpenFile(name, os.O_RDWR, 0o600)
		if err != nil {
			return nil, errors.Join(err, n.close())
		}
		n.files[i] = f
	}
	return n, syncPath(dir)
}

func (n *notes) newest() string { return filepath.Join(n.dir, checkpointFile) }

func (n *notes) spare() string { return n.newest() + freshSuffix }

// write puts a note on disk, not yet under the newest's name.
func (n *notes) write(note []byte) error {
	f := n.files[1]
	if f == nil {
		return writeNew(n.spare(), note)
	}
	if _, err := f.WriteAt(note, 0); err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() != int64(len(note)) {
		if err = errors.Join(err, f.Truncate(int64(len(note)))); err != nil {
			return err
		}
	}
	return f.Sync()
}

// publish gives the note that was written the newest's name.
func (n *notes) publish() error {
	if n.files[1] == nil {
		return errors.Join(os.Rename(n.spare(), n.newest()), syncPath(n.dir))
	}
	if err := exchange(n.spare(), n.newest()); err != nil {
		return err
	}
	n.files[0], n.files[1] = n.files[1], n.files[0]
	return nil
}

// close leaves the newest note alone in the folder.
func (n *notes) close() error {
	if n == nil {
		return nil
	}
	both := n.files[1] != nil
	var err error
	for _, f := range n.files {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	n.files = [2]*os.File{}
	if err != nil || !both {
		return err
	}
	// The names first: until they are on disk the spare's may be the newest note's.
	if err := syncPath(n.dir); err != nil {
		return err
	}
	if err := os.Remove(n.spare()); err != nil {
		return err
	}
	return syncPath(n.dir)
}

// readNotes gives what a folder holds of the two, the newest's name first. A
// crash may have left the spare behind, and it may be the newer.
func readNotes(dir string) (list [][]byte, err error) {
	n := &notes{dir: dir}
	newest, err := os.ReadFile(n.newest())
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	list = [][]byte{newest}
	if spare, err := os.ReadFile(n.spare()); err == nil {
		list = append(list, spare)
	}
	return list, nil
}

// Newest reads the newest checkpoint in a log's folder, also while a server
// writes; one of the keys (verifier keys) must have signed it.
func Newest(dir string, keys ...string) (Checkpoint, error) {
	return readNewest(dir, func(data []byte) (Checkpoint, error) { return ParseCheckpoint(data, keys...) })
}

// readNewest reads again what a server wrote over while it was read.
func readNewest(dir string, parse func([]byte) (Checkpoint, error)) (c Checkpoint, err error) {
	for range 10 {
		data, fault := os.ReadFile(filepath.Join(dir, checkpointFile))
		if fault != nil {
			return c, fmt.Errorf("audit: %w; name the audit folder of a data folder", fault)
		}
		if c, err = parse(data); err == nil || !held(dir) {
			break
		}
	}
	return c, err
}
