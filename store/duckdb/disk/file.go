// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
)

// File is a new file that is being written.
type File struct {
	dir  *Dir
	name string
	file *os.File
	buf  *bufio.Writer
}

// buffers are those of files that are written no more: a commit writes four.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 256<<10) }}

// Begin makes a new file, which must not be there yet. What a crash leaves of
// it is an orphan, which the next start removes.
func (d *Dir) Begin(name string) (*File, error) {
	if err := d.step(OpCreate, name); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(d.Name(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return nil, err
	}
	buf := buffers.Get().(*bufio.Writer)
	buf.Reset(f)
	return &File{d, name, f, buf}, nil
}

// Name gives the file's name in its folder.
func (f *File) Name() string { return f.name }

// Write adds bytes, which Flush hands on.
func (f *File) Write(b []byte) (int, error) { return f.buf.Write(b) }

// Flush hands what was written to the system.
func (f *File) Flush() error {
	if err := f.dir.step(OpWrite, f.name); err != nil {
		return err
	}
	return f.buf.Flush()
}

// Sync makes what was flushed durable and gives the file's size.
func (f *File) Sync() (size int64, err error) {
	if err := f.dir.step(OpSync, f.name); err != nil {
		return 0, err
	}
	if err := f.file.Sync(); err != nil {
		return 0, err
	}
	return f.file.Seek(0, io.SeekCurrent)
}

// Cut goes back to a size that the file had after Flush: what was written since
// is gone, and what failed since may be tried again.
func (f *File) Cut(size int64) error {
	f.buf.Reset(f.file)
	if err := f.file.Truncate(size); err != nil {
		return err
	}
	_, err := f.file.Seek(size, io.SeekStart)
	return err
}

// Close ends writing; what was not flushed is lost. Nothing may follow.
func (f *File) Close() error {
	f.buf.Reset(nil)
	buffers.Put(f.buf)
	f.buf = nil
	return f.file.Close()
}

// Drop gives the file up and removes it.
func (f *File) Drop() error { return errors.Join(f.Close(), f.dir.Remove(f.name)) }
