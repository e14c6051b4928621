// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

// mostLine is how much of a line is sent: more than an observatory takes, so
// that it can tell that the line is too long.
const mostLine = 2 << 20

// tail is one file that is being read. What was read but is not in a batch yet
// is read again: nothing is kept but the place.
type tail struct {
	place
	f       *os.File
	size    int64     // when it was looked at last
	changed time.Time // when it grew last, or was rotated away
	renewed bool      // its path is another file's now
	tried   int64     // size at which only half a line was left
}

// records are whole lines for a batch.
type records struct {
	raw []byte
	n   int // lines that are not empty
}

func (r *records) add(lines []byte) {
	r.raw = append(r.raw, lines...)
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n')
		if end > 1 || end == 1 && lines[0] != '\r' {
			r.n++
		}
		lines = lines[end+1:]
	}
}

// look notes how large the file is now. It reports whether the file was
// truncated or written anew under us.
func (t *tail) look(now time.Time) (truncated bool, err error) {
	info, err := t.f.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() != t.size {
		t.changed = now
	}
	t.size = info.Size()
	return t.size < t.Offset || t.size > t.Offset && !t.begins(t.f), nil
}

// read adds whole lines to r until it holds about most bytes, and moves on.
// window is scratch memory of at least mostLine bytes. It reports whether the
// batch should be closed: it is full, or the next line has no room in it.
func (t *tail) read(r *records, most int, window []byte) (full bool, err error) {
	for t.size > t.Offset && t.size != t.tried {
		if t.Skip {
			if err := t.skip(window); err != nil || t.Skip {
				return false, err
			}
			continue
		}
		room := most - len(r.raw)
		if room <= 0 {
			return true, nil
		}
		if len(r.raw) == 0 {
			room = len(window)
		}
		n, err := t.f.ReadAt(window[:min(int64(room), t.size-t.Offset)], t.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		got := window[:n]
		end := bytes.LastIndexByte(got, '\n') + 1
		if len(r.raw) == 0 && end > most {
			// The window is larger than a batch only for the sake of one line.
			if end = bytes.LastIndexByte(got[:most], '\n') + 1; end == 0 {
				end = bytes.IndexByte(got, '\n') + 1
			}
		}
		switch {
		case end > 0:
			r.add(got[:end])
			t.Offset += int64(end)
		case n == len(window):
			r.add(append(got[:n-1], '\n')) // cut short: longer than anybody takes
			t.Offset += int64(n)
			t.Skip = true
		case n == room && len(r.raw) > 0:
			return true, nil
		default:
			t.tried = t.size
			return false, nil // half a line
		}
		t.note(t.f)
	}
	return len(r.raw) >= most, nil
}

// skip goes behind the end of a line that is not wanted, as far as it is there.
func (t *tail) skip(window []byte) error {
	for t.size > t.Offset {
		n, err := t.f.ReadAt(window[:min(int64(len(window)), t.size-t.Offset)], t.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if i := bytes.IndexByte(window[:n], '\n'); i >= 0 {
			t.Offset += int64(i) + 1
			t.Skip = false
			t.note(t.f)
			return nil
		}
		if n == 0 {
			return nil
		}
		t.Offset += int64(n)
	}
	return nil
}

// rest takes what stands behind the last line break of a file that nobody
// writes any more.
func (t *tail) rest(r *records, window []byte) error {
	n, err := t.f.ReadAt(window[:min(int64(len(window)), max(0, t.size-t.Offset))], t.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n > 0 && !t.Skip {
		r.add(append(window[:n:n], '\n'))
	}
	t.Offset += int64(n)
	return nil
}
