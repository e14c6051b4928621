// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"io"

	"haidang/event"
)

const (
	smallBuffer = 64 << 10
	keepBeyond  = 3 // bytes kept of an over-long record beyond the limit, see doc.go
)

// cutSizes bounds chunks and the buffer they are cut in.
type cutSizes struct {
	ready int // a chunk is handed on once it holds this much
	most  int // and holds more only when one record does
	slack int // room to read into when a chunk or record fills the buffer
	// sample is how much is looked at before a body is believed to hold records
	sample int
}

var usual = cutSizes{ready: 512 << 10, most: 1 << 20, slack: smallBuffer, sample: sampleBytes}

// buffer is what the longest record needs, chunk what is enough for most bodies.
func (s cutSizes) buffer(maxRecord int) int { return max(maxRecord, s.ready) + s.slack }
func (s cutSizes) chunk() int               { return s.ready + s.slack }

// largeBuffer is the memory that cutting needs whatever the body holds.
func largeBuffer(maxRecord int) int { return usual.buffer(maxRecord) }

// Chunk is a run of whole records, valid until the next call of Next, unless
// Detach is called.
type Chunk struct {
	Data     []byte
	Records  int
	Preamble []byte // CSV: the header row
	Long     bool   // one record, cut short because it was longer than the limit
}

// Cutter cuts a stream into chunks of whole records. Its memory is bounded by
// the record limit, whatever the stream holds.
type Cutter struct {
	src      io.Reader
	framing  event.Framing
	limit    int
	sizes    cutSizes
	reserve  func(int) error // asked before the buffer grows; may be nil
	buf      []byte
	start    int // of the chunk being gathered
	cut      int // end of its last whole record
	scanned  int // no record that begins at cut ends before
	end      int // of what was read
	records  int // in buf[start:cut]
	row      rowState
	preamble []byte
	begun    bool
	last     []byte // data of the chunk handed out
	failed   error  // what the source ended with
	discard  int64
	whole    *whole // what the body was unpacked from at once; nil else
	length   int64  // of all that comes; 0 where that is not known
	read     int64
}

// NewCutter cuts what src gives by the framing; records longer than maxRecord
// bytes are cut short. reserve, if not nil, is asked for the bytes by which the
// buffer grows and may refuse.
func NewCutter(src io.Reader, framing event.Framing, maxRecord int, reserve func(int) error) *Cutter {
	return &Cutter{src: src, framing: framing, limit: maxRecord, sizes: usual, reserve: reserve, buf: getBuffer(smallBuffer)}
}

// Close gives the buffer back; chunks handed out are no longer valid.
func (c *Cutter) Close() {
	putBuffer(c.buf)
	c.forget()
	c.buf, c.last = nil, nil
}

// forget gives up what the body was packed in.
func (c *Cutter) forget() {
	if c.whole != nil {
		putBuffer(c.whole.buffer)
	}
	c.whole = nil
}

// Packed gives what the last chunk's data came in, if the chunk is the whole
// body and that was zstd; it is the caller's until done is called.
func (c *Cutter) Packed() (zstd []byte, done func(), ok bool) {
	w := c.whole
	if w == nil || len(c.last) != w.size {
		return nil, nil, false
	}
	c.whole = nil
	return w.packed, func() { putBuffer(w.buffer) }, true
}

// Detach makes the last chunk's data the caller's: it stays as it is until
// release is called, which may be nil. The cutter goes on in another buffer.
func (c *Cutter) Detach() (data []byte, release func()) {
	data = c.last
	if len(c.buf) <= smallBuffer || len(data) < len(c.buf)/4 {
		return bytes.Clone(data), nil // rather than keep a buffer for a little
	}
	old := c.buf
	c.buf = nil // nothing is left, and nothing comes
	if c.failed == nil || c.cut < c.end {
		c.buf = getBuffer(min(len(old), c.enough(c.end-c.cut, len(old))))
		copy(c.buf, old[c.cut:c.end])
	}
	c.end, c.scanned, c.start, c.cut = c.end-c.cut, c.scanned-c.cut, 0, 0
	return data, func() { putBuffer(old) }
}

// enough is the size of a buffer that holds n bytes and all that is to come,
// where that is known and less than size.
func (c *Cutter) enough(n, size int) int {
	left := c.length - c.read
	if c.length == 0 || left < 0 || left >= int64(size-n) {
		return size
	}
	return bufferFor(n + int(left) + 1) // room to read the end in
}

// Discarded gives the bytes of over-long records that were not handed on.
func (c *Cutter) Discarded() int64 { return c.discard }

// Next gives the next chunk, io.EOF at the end, or what the source failed with.
// A body without a readable record boundary is a Problem.
func (c *Cutter) Next() (Chunk, error) {
	ch, err := c.next()
	c.last = ch.Data
	return ch, err
}

func (c *Cutter) next() (Chunk, error) {
	if !c.begun {
		if err := c.begin(); err != nil {
			return Chunk{}, err
		}
		c.begun = true
	}
	c.start, c.records = c.cut, 0
	for {
		full, long := c.scan()
		if full || long && c.cut > c.start {
			if c.records > 0 {
				return c.emit(), nil
			}
			c.start = c.cut // empty lines alone are nothing to journal
			continue
		}
		if long {
			return c.emitLong()
		}
		if c.failed != nil {
			return c.finish()
		}
		if !c.room() {
			if c.records > 0 {
				return c.emit(), nil
			}
			c.start = c.cut
		}
		if err := c.fill(); err != nil {
			return Chunk{}, err
		}
	}
}

func (c *Cutter) emit() Chunk {
	return Chunk{Data: c.buf[c.start:c.cut], Records: c.records, Preamble: c.preamble}
}

// scan takes records into the chunk until it is full, the next one is
// over-long, or no further end is in the buffer.
func (c *Cutter) scan() (full, long bool) {
	for c.cut-c.start < c.sizes.ready {
		e := c.recordEnd()
		if e == 0 {
			return false, c.end-c.cut > c.limit+keepBeyond
		}
		n := contentLen(c.buf[c.cut:e])
		if n > c.limit {
			return false, true
		}
		if e-c.start > c.sizes.most && c.records > 0 {
			return true, false
		}
		if n > 0 {
			c.records++
		}
		c.take(e)
	}
	return true, false
}

// take moves the cut behind a record.
func (c *Cutter) take(end int) { c.cut, c.scanned, c.row = end, end, fieldStart }

// contentLen is a record's length without its line break.
func contentLen(rec []byte) int {
	n := len(rec)
	if n > 0 && rec[n-1] == '\n' {
		n--
	}
	if n > 0 && rec[n-1] == '\r' {
		n--
	}
	return n
}

// emitLong hands on the first bytes of an over-long record and drops the rest.
func (c *Cutter) emitLong() (Chunk, error) {
	c.forget() // the record is cut short
	c.compact()
	for len(c.buf) < c.sizes.buffer(c.limit) {
		if err := c.grow(); err != nil {
			return Chunk{}, err
		}
	}
	e, dropped, err := c.longEnd()
	if err != nil {
		return Chunk{}, err
	}
	from, n := c.cut, c.limit+keepBeyond
	if whole := contentLen(c.buf[from:e]); !dropped && whole <= n {
		n = whole
	} else {
		c.discard += int64(max(0, whole-n))
	}
	c.take(e)
	long := Chunk{Data: c.buf[from:e], Records: 1, Preamble: c.preamble, Long: true}
	if from+n < e || dropped {
		c.buf[from+n] = '\n' // over bytes that were dropped, or its own line break
		long.Data = c.buf[from : from+n+1]
	}
	return long, nil
}

// longEnd reads on until an over-long record ends, keeping its first bytes only.
func (c *Cutter) longEnd() (end int, dropped bool, err error) {
	keep := c.cut + c.limit + keepBeyond
	for {
		if e := c.recordEnd(); e > 0 {
			return e, dropped, nil
		}
		if c.end > keep {
			c.discard += int64(c.end - keep)
			c.end, c.scanned, dropped = keep, keep, true
		}
		if c.failed == io.EOF {
			return c.end, dropped, nil
		}
		if c.failed != nil {
			return 0, false, c.failed
		}
		if err := c.fill(); err != nil {
			return 0, false, err
		}
	}
}

// finish hands on what is left at the end of the body: whole records, and a
// last one without a line break.
func (c *Cutter) finish() (Chunk, error) {
	if c.failed != io.EOF {
		return Chunk{}, c.failed
	}
	n := contentLen(c.buf[c.cut:c.end])
	if (n > c.limit || c.end-c.start > c.sizes.most) && c.records > 0 {
		return c.emit(), nil // the last one goes alone
	}
	if n > c.limit {
		c.start = c.cut
		return c.emitLong()
	}
	if n > 0 {
		c.records++
		c.take(c.end)
	}
	if c.records == 0 {
		return Chunk{}, io.EOF
	}
	return c.emit(), nil
}

// compact moves what is not yet handed on to the front of the buffer.
func (c *Cutter) compact() {
	if c.start == 0 {
		return
	}
	n := c.start
	c.end = copy(c.buf, c.buf[n:c.end])
	c.start, c.cut, c.scanned = 0, c.cut-n, c.scanned-n
}

// room reports whether more can be read before a chunk has to go out.
func (c *Cutter) room() bool {
	return c.end-c.start < len(c.buf) || len(c.buf) < c.sizes.chunk() || c.cut == c.start
}

// fill reads once, making the buffer larger where it must.
func (c *Cutter) fill() error {
	if c.end == len(c.buf) {
		c.compact()
	}
	if c.end == len(c.buf) {
		if err := c.grow(); err != nil {
			return err
		}
	}
	for range 100 {
		n, err := c.src.Read(c.buf[c.end:])
		c.end += n
		c.read += int64(n)
		c.failed = err
		if n > 0 || err != nil {
			return nil
		}
	}
	c.failed = io.ErrNoProgress
	return nil
}

// grow makes the buffer as large as most bodies need, then as the longest record does.
func (c *Cutter) grow() error {
	size := c.sizes.chunk()
	if len(c.buf) >= size {
		size = c.sizes.buffer(c.limit)
	} else if less := c.enough(c.end, size); less > len(c.buf) {
		size = less
	}
	if c.reserve != nil {
		if err := c.reserve(size - len(c.buf)); err != nil {
			return err
		}
	}
	b := getBuffer(size)
	copy(b, c.buf[:c.end])
	putBuffer(c.buf)
	c.buf = b
	return nil
}
