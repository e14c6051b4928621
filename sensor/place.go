// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// place is where reading a file goes on, and how to know the file again.
type place struct {
	Path   string `json:"path"`
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
	Offset int64  `json:"offset"`         // of the first byte not yet in a batch
	Head   int    `json:"head"`           // bytes at the file's begin that Print is made of
	Print  []byte `json:"print"`          // their SHA-256
	Skip   bool   `json:"skip,omitempty"` // within a line that was too long, or begun before us
	Gone   bool   `json:"gone,omitempty"` // rotated away; to be read to its end
}

const (
	// mostHead is how much of a file's begin identifies it.
	mostHead = 1024
	// sureHead is how much must be equal for a file to be known by its begin
	// alone, when its inode differs (copied, restored).
	sureHead = 256
)

func inodeOf(info fs.FileInfo) (device, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev), s.Ino
	}
	return 0, 0
}

// headOf gives the SHA-256 of the file's first n bytes, fewer if it is shorter.
func headOf(f io.ReaderAt, n int) (print []byte, got int, err error) {
	buf := make([]byte, n)
	got, err = f.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	sum := sha256.Sum256(buf[:got])
	return sum[:], got, nil
}

// begins tells whether the file begins as the one of this place did.
func (p *place) begins(f io.ReaderAt) bool {
	print, n, err := headOf(f, p.Head)
	return err == nil && n == p.Head && bytes.Equal(print, p.Print)
}

// is tells whether the file is the one of this place: the same inode and begin,
// or, elsewhere, so much of the same begin that it can be no other.
func (p *place) is(f *os.File, info fs.FileInfo) bool {
	device, inode := inodeOf(info)
	sameInode := device == p.Device && inode == p.Inode
	if !sameInode && p.Head < sureHead || info.Size() < int64(p.Head) {
		return false
	}
	return p.begins(f) && (sameInode || info.Size() >= p.Offset)
}

// note takes down more of the file's begin as it grows, up to what was read.
func (p *place) note(f io.ReaderAt) {
	want := int(min(p.Offset, mostHead))
	if p.Head >= want {
		return
	}
	if print, n, err := headOf(f, want); err == nil && n == want {
		p.Print, p.Head = print, n
	}
}
