// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrRunning says that a server holds the data folder.
var ErrRunning = errors.New("an observatory is running on this data folder")

// folder is the data folder, held by at most one process.
type folder struct {
	path string
	lock *os.File
}

// openFolder makes the folder where needed and takes hold of it.
func openFolder(path string) (*folder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w; choose another with --data", err)
	}
	f, err := os.OpenFile(filepath.Join(abs, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w; it must be writable", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s", ErrRunning, abs)
	}
	return &folder{path: abs, lock: f}, nil
}

func (f *folder) close() error { return f.lock.Close() }

func (f *folder) join(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// secret reads a key of n random bytes, making it on first use. It is written
// under another name first, so that a crash leaves a whole key or none.
func (f *folder) secret(name string, n int) ([]byte, error) {
	key, err := readKey(f.path, name)
	if err == nil {
		if len(key) != n {
			return nil, fmt.Errorf("key %s has %d bytes, not %d; restore it from a backup", name, len(key), n)
		}
		return key, nil
	}
	if !missing(err) {
		return nil, fmt.Errorf("key: %w", err)
	}
	key = make([]byte, n)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	return key, writeSynced(f.join("keys", name), key)
}

func writeSynced(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing left to remove after the rename
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
