// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// errTorn says that what is left of a file is no whole line.
var errTorn = errors.New("no whole line")

// place is where a line lies.
type place struct {
	file   string // in the log's folder
	offset int64
}

// scanner reads lines in order, through all files.
type scanner struct {
	dir   string
	rest  []segment // not yet opened
	file  *os.File
	lines *bufio.Reader
	at    place // of the next line
}

// scanFrom begins at the line of an entry.
func scanFrom(dir string, segments []segment, index int64) (*scanner, error) {
	for len(segments) > 1 && segments[1].first <= index {
		segments = segments[1:]
	}
	s := &scanner{dir: dir, rest: segments}
	if len(segments) == 0 {
		return s, nil
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	offset, err := locate(s.file, segments[0].size, index)
	if err == nil {
		_, err = s.file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: %s: %w", s.at.file, err), s.close())
	}
	s.at.offset = offset
	s.lines.Reset(s.file)
	return s, nil
}

func (s *scanner) open() (err error) {
	if err := s.close(); err != nil {
		return err
	}
	s.at = place{file: segmentName(s.rest[0].first)}
	s.rest = s.rest[1:]
	if s.file, err = os.Open(filepath.Join(s.dir, s.at.file)); err != nil {
		return err
	}
	if s.lines == nil {
		s.lines = bufio.NewReaderSize(nil, maxLine+1)
	}
	s.lines.Reset(s.file)
	return nil
}

func (s *scanner) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// line gives the next line, which stays valid until the next call, and where it
// lies; io.EOF after the last, errTorn where something else than a line follows.
func (s *scanner) line() ([]byte, place, error) {
	for {
		if s.file == nil {
			if len(s.rest) == 0 {
				return nil, s.at, io.EOF
			}
			if err := s.open(); err != nil {
				return nil, s.at, err
			}
		}
		raw, err := s.lines.ReadSlice('\n')
		at := s.at
		switch {
		case err == nil:
			s.at.offset += int64(len(raw))
			return raw, at, nil
		case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF) && len(raw) > 0:
			return nil, at, errTorn
		case !errors.Is(err, io.EOF):
			return nil, at, err
		}
		if len(s.rest) == 0 {
			return nil, at, io.EOF
		}
		if err := s.open(); err != nil {
			return nil, at, err
		}
	}
}

const numberPrefix = `{"n":`

// numberOf reads an entry's number off the start of its line.
func numberOf(raw []byte) (int64, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(numberPrefix))
	digits, _, comma := bytes.Cut(rest, []byte(","))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if !ok || !comma || err != nil {
		return 0, errTorn
	}
	return n, nil
}

// locate finds where the line of an entry begins, by bisection: entries are in
// order and begin with their number. What is no line counts as behind all lines,
// so that a torn end does no harm; who reads on sees what it is. It gives the end
// when the entry would be the next one.
func locate(f io.ReaderAt, size, index int64) (int64, error) {
	lo, hi := int64(0), size // the line begins in [lo, hi]
	for hi-lo > maxLine/2 {
		mid := lo + (hi-lo)/2
		start, n, err := lineAfter(f, mid, size)
		if err != nil && !errors.Is(err, errTorn) {
			return 0, err
		}
		if err != nil || start >= hi || n > index {
			hi = mid
		} else {
			lo = start
		}
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, lo, size-lo), maxLine+1)
	for {
		raw, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
			return lo, nil
		}
		if err != nil {
			return 0, err
		}
		if n, err := numberOf(raw); err != nil || n >= index {
			return lo, nil
		}
		lo += int64(len(raw))
	}
}

// lineAfter finds the first line that begins after an offset; start is size
// when there is none, and errTorn says that it does not begin with its number.
func lineAfter(f io.ReaderAt, offset, size int64) (start, number int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, offset, size-offset), 4<<10)
	start = offset
	for {
		part, err := r.ReadSlice('\n')
		start += int64(len(part))
		if errors.Is(err, io.EOF) {
			return size, 0, nil
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return 0, 0, err
		}
	}
	head, err := r.Peek(len(numberPrefix) + 20)
	if len(head) == 0 {
		return size, 0, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	number, err = numberOf(head)
	return start, number, err
}
