// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is that of the archive's layout.
const Version = 1

// Names in the archive.
const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
	dataPrefix   = "data/"
	// moreRecord marks a piece of a file that goes on in the next entry.
	moreRecord = "HAIDANG.more"
)

// Bounds of what Restore takes into memory.
const (
	maxManifest = 1 << 20
	maxSums     = 1 << 30
	pieceSize   = 1 << 20 // of a file whose size is not known
)

// Manifest says what an archive holds.
type Manifest struct {
	Version    int       `json:"version"`
	Program    string    `json:"program"` // version of the program that wrote it
	Created    time.Time `json:"created"`
	Position   uint64    `json:"journal_position"` // up to which the store has everything
	Checkpoint string    `json:"audit_checkpoint"` // signed note
	// Files and Bytes are counted while writing or reading; they are not in the archive.
	Files int64 `json:"-"`
	Bytes int64 `json:"-"`
}

// File is one file of a part.
type File struct {
	Name string // in the data folder, with slashes
	Size int64  // its first Size bytes are taken; -1 takes what Open gives
	Open func(context.Context) (io.ReadCloser, error)
}

// Part hands over the files that belong together.
type Part struct {
	Name  string // for messages
	Files func(ctx context.Context, put func(File) error) error
}

// Sources is everything that goes into an archive, in this order.
type Sources struct {
	Manifest Manifest // Version is filled in
	Parts    []Part
}

// Errors of Write and Restore.
var (
	ErrNoRecipient = errors.New("backup: no recipient; name the public key of who may restore, as in age1…")
	ErrNotEmpty    = errors.New("backup: the target is not empty; name a folder that does not exist yet")
	ErrWrongKey    = errors.New("backup: none of the identities opens this archive; give the key file of one of its recipients")
	ErrDamaged     = errors.New("backup: the archive is cut off or changed; fetch it again, or take another one")
	ErrVersion     = errors.New("backup: the archive was written by a newer program; restore it with that")
	ErrChanged     = errors.New("backup: the file changes while it is read")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w (%w)", ErrDamaged, fmt.Errorf(format, args...))
}
