// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// MaxRecord is how much of a record is kept: far more than an observatory
// takes, so that it can tell that the record is too long.
const MaxRecord = 16 << 20

// Unpack gives the file's text: it takes gzip or zstd away, if the first bytes
// say so.
func Unpack(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 256<<10)
	head, err := b.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		return z.IOReadCloser(), nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xfd7zX")), bytes.HasPrefix(head, []byte("BZh")):
		return nil, errors.New("this kind of archive is not read; unpack it first (gzip and zstd are read as they are)")
	}
	return io.NopCloser(b), nil
}

// Records are a file's records, in order.
type Records struct {
	in     *bufio.Reader
	csv    bool
	header []byte
	array  bool // within a JSON array
	lines  bool // a record that is a line was met: no array begins any more
	begun  bool
	line   int64 // of the next byte
	rec    []byte
	failed error
}

// New reads records from text; csv says that they are rows below a header row.
func New(text io.Reader, csv bool) *Records {
	return &Records{in: bufio.NewReaderSize(text, 256<<10), csv: csv, line: 1}
}

// Header gives the header row of a CSV file, with its line break, once Next was
// called.
func (r *Records) Header() []byte { return r.header }

// Next gives the next record, without a line break at its end, and the line it
// begins on. The record is valid until the next call. At the end, err is io.EOF.
func (r *Records) Next() (record []byte, line int64, err error) {
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			return nil, r.line, err
		}
	}
	for {
		line, err = r.read()
		if len(r.rec) > 0 {
			return r.rec, line, nil
		}
		if err != nil {
			return nil, r.line, err
		}
	}
}

func (r *Records) begin() error {
	if head, _ := r.in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = r.in.Discard(3) // they were there
	}
	if !r.csv {
		return nil
	}
	for {
		_, err := r.row()
		if len(r.rec) > 0 {
			r.header = append(bytes.Clone(r.rec), '\n')
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// read puts the next record into rec; it may be empty. An error comes with what
// there was before it, and again at the next call.
func (r *Records) read() (line int64, err error) {
	if r.failed != nil {
		r.rec = r.rec[:0]
		return r.line, r.failed
	}
	switch {
	case r.csv:
		return r.row()
	case r.array:
		return r.element()
	}
	if _, err := r.skipSpace(); err != nil {
		return r.line, err
	}
	if err := r.in.UnreadByte(); err != nil {
		return r.line, err
	}
	if !r.lines && r.arrayBegins() {
		r.array = true
		_, _ = r.in.Discard(1) // the bracket, which was seen
		return r.element()
	}
	r.lines = true
	return r.textLine()
}

// arrayBegins tells an array of objects from a line that begins with a bracket,
// as those of many logs do.
func (r *Records) arrayBegins() bool {
	for n := 64; ; n *= 8 {
		head, err := r.in.Peek(min(n, r.in.Size()))
		if len(head) == 0 || head[0] != '[' {
			return false
		}
		text := bytes.TrimLeft(head[1:], " \t\r\n")
		if len(text) > 0 {
			return text[0] == '{' || text[0] == ']'
		}
		if err != nil || n >= r.in.Size() {
			return false
		}
	}
}

// byte gives the next byte and counts lines.
func (r *Records) byte() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		r.failed = err
	}
	if b == '\n' && err == nil {
		r.line++
	}
	return b, err
}

func (r *Records) keep(b byte) {
	if len(r.rec) < MaxRecord {
		r.rec = append(r.rec, b)
	}
}

// skipSpace gives the first byte that is no white space.
func (r *Records) skipSpace() (byte, error) {
	r.rec = r.rec[:0]
	for {
		b, err := r.byte()
		if err != nil || b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b, err
		}
	}
}

// textLine reads to the end of the line.
func (r *Records) textLine() (int64, error) {
	line := r.line
	r.rec = r.rec[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil {
			r.line++
		}
		whole := err != bufio.ErrBufferFull
		if room := MaxRecord - len(r.rec); room > 0 {
			r.rec = append(r.rec, part[:min(room, len(part))]...)
		}
		if whole {
			if err != nil {
				r.failed = err
			}
			r.rec = bytes.TrimSuffix(bytes.TrimSuffix(r.rec, []byte("\n")), []byte("\r"))
			return line, err
		}
	}
}
