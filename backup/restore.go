// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Restore makes the folder into of an archive; into must not exist or be empty.
// When all hashes agree, finish (which may be nil) makes of the files what a
// server needs, still under another name; then everything is synced and the
// folder gets its name. After an error there is no trace of the archive.
func Restore(ctx context.Context, r io.Reader, identities []age.Identity, into string, finish func(dir string, m Manifest) error) (m Manifest, err error) {
	into, err = filepath.Abs(into)
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := checkEmpty(into); err != nil {
		return m, err
	}
	if err := os.MkdirAll(filepath.Dir(into), 0o700); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(into), filepath.Base(into)+".restoring-")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if m, err = unpack(ctx, r, identities, dir); err != nil {
		return m, err
	}
	if finish != nil {
		if err := finish(dir, m); err != nil {
			return m, err
		}
	}
	if err := syncTree(dir); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := os.Remove(into); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%w: %w", ErrNotEmpty, err)
	}
	if err := os.Rename(dir, into); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := syncPath(filepath.Dir(into)); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, nil
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: %s holds %s", ErrNotEmpty, dir, entries[0].Name())
	}
	return nil
}

func unpack(ctx context.Context, r io.Reader, identities []age.Identity, dir string) (Manifest, error) {
	plain, err := age.Decrypt(r, identities...)
	if err != nil {
		var wrong *age.NoIdentityMatchError
		if errors.As(err, &wrong) {
			return Manifest{}, fmt.Errorf("%w: %w", ErrWrongKey, err)
		}
		return Manifest{}, damaged("%w", err)
	}
	unpacked, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return Manifest{}, damaged("%w", err)
	}
	defer unpacked.Close()
	a := &reader{ctx: ctx, dir: dir, tar: tar.NewReader(unpacked), sums: map[string]string{}}
	if err := a.all(); err != nil {
		return a.m, err
	}
	// The end of the stream is where age says that nothing was cut off.
	if n, err := io.Copy(io.Discard, unpacked); err != nil {
		return a.m, damaged("%w", err)
	} else if n > 0 {
		return a.m, damaged("%d bytes behind its end", n)
	}
	if n, err := io.Copy(io.Discard, plain); err != nil || n > 0 {
		return a.m, damaged("%d bytes behind its end, %v", n, err)
	}
	return a.m, nil
}

type reader struct {
	ctx  context.Context
	dir  string
	tar  *tar.Reader
	m    Manifest
	sums map[string]string // of the files that were read
	open *os.File          // of a file that lies in several pieces
	name string
	sum  hash.Hash
}

func (a *reader) all() error {
	if err := a.manifest(); err != nil {
		return err
	}
	for {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		h, err := a.tar.Next()
		if err != nil {
			return damaged("it ends without its list of hashes: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			return damaged("%q is no file", h.Name)
		}
		if h.Name == sumsName {
			return a.compare()
		}
		if err := a.file(h); err != nil {
			return err
		}
	}
}

func (a *reader) manifest() error {
	h, err := a.tar.Next()
	if err != nil {
		return damaged("it has no manifest: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(a.tar, maxManifest))
	if err != nil || h.Name != manifestName {
		return damaged("it begins with %q, not with its manifest: %v", h.Name, err)
	}
	if err := json.Unmarshal(raw, &a.m); err != nil {
		return damaged("manifest: %w", err)
	}
	if a.m.Version > Version {
		return fmt.Errorf("%w: version %d, this program reads up to %d", ErrVersion, a.m.Version, Version)
	}
	if a.m.Version < 1 {
		return damaged("manifest: version is %d", a.m.Version)
	}
	return nil
}

// file takes one file or one piece of it.
func (a *reader) file(h *tar.Header) error {
	name, ok := strings.CutPrefix(h.Name, dataPrefix)
	if !ok || !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
		return damaged("%q is no name for a file", h.Name)
	}
	if a.open != nil && name != a.name {
		return errors.Join(damaged("the end of %q is missing", a.name), a.open.Close())
	}
	if a.open == nil {
		if err := a.begin(name); err != nil {
			return err
		}
	}
	n, err := io.Copy(io.MultiWriter(a.open, a.sum), a.tar)
	a.m.Bytes += n
	if err != nil {
		err = a.judge(err)
	}
	if err == nil && h.PAXRecords[moreRecord] != "" {
		return nil
	}
	err = errors.Join(err, a.open.Close())
	a.open = nil
	a.sums[name] = hex.EncodeToString(a.sum.Sum(nil))
	a.m.Files++
	return err
}

// judge tells a disk that takes no more from an archive that is damaged.
func (a *reader) judge(err error) error {
	var disk *fs.PathError
	if errors.As(err, &disk) {
		return fmt.Errorf("backup: %w", err)
	}
	return damaged("%s: %w", a.name, err)
}

func (a *reader) begin(name string) error {
	path := filepath.Join(a.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return damaged("%q comes twice", name)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	a.open, a.name, a.sum = f, name, sha256.New()
	return nil
}

// compare holds the files against the list of hashes, the archive's last entry.
func (a *reader) compare() error {
	if a.open != nil {
		return errors.Join(damaged("the end of %q is missing", a.name), a.open.Close())
	}
	raw, err := io.ReadAll(io.LimitReader(a.tar, maxSums))
	if err != nil {
		return damaged("%w", err)
	}
	for line := range bytes.Lines(raw) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), "  ")
		if have := a.sums[name]; !ok || have != sum {
			return damaged("%q: SHA-256 is %s, it was %s", name, have, sum)
		}
		delete(a.sums, name)
	}
	for name := range a.sums {
		return damaged("%q has no hash", name)
	}
	if _, err := a.tar.Next(); !errors.Is(err, io.EOF) {
		return damaged("something follows the list of hashes: %v", err)
	}
	return nil
}

// syncTree makes every file and folder durable.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
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
	return errors.Join(f.Sync(), f.Close())
}
