// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"strconv"

	"github.com/klauspost/compress/flate"
)

// gzipHeader begins every compressed answer (RFC 1952 section 2.3): deflate,
// no name, no time, unknown system. Its trailer is never reached.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

// chunk is one message in both encodings. first marks a whole state: the
// compressor forgot everything before it, so that any reader may begin there.
type chunk struct {
	first         bool
	plain, packed []byte
}

func (c *chunk) bytes(packed bool) []byte {
	if packed {
		return c.packed
	}
	return c.plain
}

// stream writes messages once, plain and as deflate blocks that end on byte
// boundaries. An epoch is a whole state and the differences after it; within
// it the compressor keeps its window, which all readers share because all
// begin at its start.
type stream struct {
	id     uint64
	packer *flate.Writer
	buf    bytes.Buffer
	epoch  chunk // everything since the last whole state
}

func newStream() (*stream, error) {
	s := &stream{}
	var err error
	s.packer, err = flate.NewWriter(&s.buf, 6)
	return s, err
}

// whole begins an epoch.
func (s *stream) whole(data []byte) (chunk, error) {
	s.packer.Reset(&s.buf)
	c, err := s.message('s', data)
	c.first = true
	s.epoch = chunk{first: true, plain: bytes.Clone(c.plain), packed: bytes.Clone(c.packed)}
	return c, err
}

// difference adds to the epoch.
func (s *stream) difference(data []byte) (chunk, error) {
	c, err := s.message('d', data)
	s.epoch.plain = append(s.epoch.plain, c.plain...)
	s.epoch.packed = append(s.epoch.packed, c.packed...)
	return c, err
}

func (s *stream) message(sort byte, data []byte) (chunk, error) {
	s.id++
	var m []byte
	if sort == 's' {
		m = append(m, "retry: 2000\n"...)
	}
	m = append(append(m, "event: "...), sort)
	m = strconv.AppendUint(append(m, "\nid: "...), s.id, 10)
	m = append(append(append(m, "\ndata: "...), data...), "\n\n"...)
	return s.pack(m)
}

func (s *stream) pack(m []byte) (chunk, error) {
	s.buf.Reset()
	if _, err := s.packer.Write(m); err != nil {
		return chunk{}, err
	}
	if err := s.packer.Flush(); err != nil {
		return chunk{}, err
	}
	return chunk{plain: m, packed: bytes.Clone(s.buf.Bytes())}, nil
}

// sofar gives the epoch as it is now; later appends do not show in it.
func (s *stream) sofar() chunk {
	e := s.epoch
	e.plain, e.packed = e.plain[:len(e.plain):len(e.plain)], e.packed[:len(e.packed):len(e.packed)]
	return e
}
