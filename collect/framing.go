// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"io"
	"iter"
	"unicode/utf8"

	"haidang/event"
)

// sampleBytes is how much of a body is looked at before it is believed to hold
// records.
const sampleBytes = 16 << 10

// maxHeader bounds a CSV body's header row, which every chunk carries.
const maxHeader = 64 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// begin looks whether the body can hold records at all and, for CSV, takes the
// header row.
func (c *Cutter) begin() error {
	for c.end < max(c.sizes.sample, len(byteOrderMark)) && c.failed == nil {
		if err := c.fill(); err != nil {
			return err
		}
	}
	if c.failed != nil && c.failed != io.EOF {
		return c.failed
	}
	if p, bad := unreadable(c.buf[:c.end]); bad && c.sizes.sample > 0 {
		return p
	}
	if c.framing != event.FramingCSV {
		return nil
	}
	if bytes.HasPrefix(c.buf[:c.end], byteOrderMark) {
		c.take(len(byteOrderMark))
		c.start = c.cut
	}
	return c.takeHeader()
}

func (c *Cutter) takeHeader() error {
	limit := min(maxHeader, c.limit)
	for {
		e := c.recordEnd()
		if e == 0 && c.failed == io.EOF {
			e = c.end
		}
		switch {
		case e == 0 && c.failed != nil:
			return c.failed
		case e == 0 && c.end-c.cut > limit+1, e > 0 && contentLen(c.buf[c.cut:e]) > limit:
			return problem(400, "header-too-long", "The header row is too long",
				"The first row of a CSV body names its columns and may have %d bytes; send the report as it was published.", limit)
		case e > 0 && e == c.cut:
			return io.EOF
		case e > 0:
			header := c.buf[c.cut:e]
			c.take(e)
			c.start = e
			if contentLen(header) > 0 {
				c.preamble = bytes.Clone(header)
				return nil
			}
		default:
			if err := c.fill(); err != nil {
				return err
			}
		}
	}
}

// rowState is where in a CSV row the scan stands.
type rowState uint8

const (
	fieldStart rowState = iota
	unquoted
	quoted
	quoteInQuoted // a quote within quotes: half of a doubled one, or the end
)

// recordEnd finds the end of the record that begins at cut, its line break
// included; 0 when it is not in the buffer.
func (c *Cutter) recordEnd() int {
	if c.framing == event.FramingCSV {
		return c.rowEnd()
	}
	return c.lineEnd(c.scanned)
}

func (c *Cutter) lineEnd(from int) int {
	if i := bytes.IndexByte(c.buf[from:c.end], '\n'); i >= 0 {
		return from + i + 1
	}
	c.scanned = c.end
	return 0
}

func (c *Cutter) rowEnd() int {
	if c.scanned == c.cut {
		// Most rows hold no quote: the next line break ends them.
		if i := bytes.IndexByte(c.buf[c.cut:c.end], '\n'); i >= 0 && bytes.IndexByte(c.buf[c.cut:c.cut+i], '"') < 0 {
			return c.cut + i + 1
		}
	}
	beyond := c.cut + c.limit + keepBeyond // from here any line break ends it
	stop := min(c.end, beyond)
	i, row := c.scanned, c.row
	for ; i < stop; i++ {
		if b := c.buf[i]; b == '\n' && row != quoted {
			return i + 1 // scanned and row stay: the row may be asked for again
		} else if b == '"' || b == ',' || row != unquoted {
			row = row.after(b)
		}
		if row == quoted {
			n := bytes.IndexByte(c.buf[i+1:stop], '"')
			if n < 0 {
				i = stop
				break
			}
			i += n // the loop steps onto the quote
		}
	}
	c.scanned, c.row = i, row
	if i < beyond {
		return 0
	}
	return c.lineEnd(i)
}

// after is the state behind one more byte.
func (s rowState) after(b byte) rowState {
	switch {
	case s == quoted && b == '"':
		return quoteInQuoted
	case s == quoted, b == '"' && (s == fieldStart || s == quoteInQuoted):
		return quoted
	case b == ',':
		return fieldStart
	}
	return unquoted
}

// Lines gives the records of a chunk cut by lines, without their line breaks.
func Lines(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			n := bytes.IndexByte(data, '\n') + 1
			if n == 0 {
				n = len(data)
			}
			line := data[:n]
			data = data[n:]
			if k := contentLen(line); k > 0 && !yield(line[:k]) {
				return
			}
		}
	}
}

// containers are files that senders forget to name or to unpack.
var containers = []struct{ magic, remedy string }{
	{"\x1f\x8b", "It is gzip: send the header Content-Encoding: gzip."},
	{"\x28\xb5\x2f\xfd", "It is zstd: send the header Content-Encoding: zstd."},
	{"\xff\x06\x00\x00", "It is s2 or snappy: send the header Content-Encoding: s2."},
	{"PK\x03\x04", "It is a zip archive: send the files within it, one request each."},
	{"\xfd7zXZ\x00", "It is xz: unpack it, or pack it with gzip or zstd."},
	{"BZh", "It is bzip2: unpack it, or pack it with gzip or zstd."},
	{"\xff\xfe", "It is UTF-16: convert it to UTF-8."},
	{"\xfe\xff", "It is UTF-16: convert it to UTF-8."},
}

// unreadable tells whether the beginning of a body cannot be records: a known
// container, mostly control characters, or no line break in a long run of bytes
// that are no text. What begins like a JSON record is never refused here: a
// broken record is quarantined, where the sender can see it.
func unreadable(head []byte) (Problem, bool) {
	bad := func(remedy string) (Problem, bool) {
		return problem(400, "no-record-boundary", "No records can be found in the body",
			"The body is no text of one record a line or row. %s", remedy), true
	}
	for _, c := range containers {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return bad(c.remedy)
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	if len(text) == 0 || text[0] == '{' {
		return Problem{}, false
	}
	binary, nul := 0, bytes.IndexByte(text, 0) >= 0
	for rest := text; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		cutOff := r == utf8.RuneError && n == 1 && len(rest) < utf8.UTFMax && len(head) >= sampleBytes
		if r == utf8.RuneError && n == 1 && !cutOff || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			binary++
		}
		rest = rest[n:]
	}
	noBreak := bytes.IndexByte(text, '\n') < 0
	if binary*10 > len(text)*3 || noBreak && (nul || binary > 0) {
		return bad("Check what is sent and its format.")
	}
	return Problem{}, false
}
