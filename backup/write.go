// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Write writes an archive that each of the recipients can restore. What it gives
// back is the manifest with files and bytes counted. After an error the archive
// is worth nothing, and Restore says so.
func Write(ctx context.Context, w io.Writer, s Sources, recipients []age.Recipient) (Manifest, error) {
	if len(recipients) == 0 {
		return Manifest{}, ErrNoRecipient
	}
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	a := &writer{tar: tar.NewWriter(packed), names: map[string]bool{}, m: s.Manifest}
	a.m.Version = Version
	if err := a.all(ctx, s.Parts); err != nil {
		return Manifest{}, err
	}
	if err := errors.Join(a.tar.Close(), packed.Close(), sealed.Close()); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	return a.m, nil
}

type writer struct {
	tar   *tar.Writer
	m     Manifest
	names map[string]bool
	sums  bytes.Buffer
	piece []byte
}

func (a *writer) all(ctx context.Context, parts []Part) error {
	head, err := json.MarshalIndent(a.m, "", "  ")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := a.entry(manifestName, head, false); err != nil {
		return err
	}
	for _, p := range parts {
		err := p.Files(ctx, func(f File) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return a.file(ctx, f)
		})
		if err != nil {
			return fmt.Errorf("backup: %s: %w", p.Name, err)
		}
	}
	return a.entry(sumsName, a.sums.Bytes(), false)
}

// entry writes a small file, or one piece of a large one.
func (a *writer) entry(name string, data []byte, more bool) error {
	h := header(name, int64(len(data)))
	if more {
		h.PAXRecords = map[string]string{moreRecord: "1"}
	}
	if err := a.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := a.tar.Write(data)
	return err
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, Format: tar.FormatPAX,
		ModTime: time.Unix(0, 0),
	}
}

func (a *writer) file(ctx context.Context, f File) error {
	if !fs.ValidPath(f.Name) || f.Name == "." || strings.ContainsAny(f.Name, "\n\\") || a.names[f.Name] {
		return fmt.Errorf("%q is no name for a file, or comes twice", f.Name)
	}
	a.names[f.Name] = true
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	sum := sha256.New()
	var n int64
	if f.Size >= 0 {
		n, err = a.whole(f, io.TeeReader(r, sum))
	} else {
		n, err = a.pieces(f, r, sum)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	a.m.Files++
	a.m.Bytes += n
	fmt.Fprintf(&a.sums, "%x  %s\n", sum.Sum(nil), f.Name)
	return nil
}

func (a *writer) whole(f File, r io.Reader) (int64, error) {
	if err := a.tar.WriteHeader(header(dataPrefix+f.Name, f.Size)); err != nil {
		return 0, err
	}
	n, err := io.Copy(a.tar, io.LimitReader(r, f.Size))
	if err == nil && n != f.Size {
		err = fmt.Errorf("%w: it has %d bytes instead of %d", ErrChanged, n, f.Size)
	}
	return n, err
}

// pieces writes a file of unknown size: tar wants sizes beforehand.
func (a *writer) pieces(f File, r io.Reader, sum hash.Hash) (total int64, err error) {
	if a.piece == nil {
		a.piece = make([]byte, pieceSize)
	}
	for {
		n, err := io.ReadFull(r, a.piece)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return total, err
		}
		sum.Write(a.piece[:n])
		if err := a.entry(dataPrefix+f.Name, a.piece[:n], !end); err != nil {
			return total, err
		}
		total += int64(n)
		if end {
			return total, nil
		}
	}
}
