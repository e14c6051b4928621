// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// trusted is the size of a page for which memory is taken before it is unpacked.
const trusted = 16 << 20

// maxHeader is more than a page header of ours takes.
const maxHeader = 256

// Pick appends single rows of column i to v: rows counts from the start of the
// row group and rises. Only the pages that hold them are unpacked.
func (r *Reader) Pick(group, i int, rows []int, v *Vector) error {
	c := &Columns[i]
	m, err := r.chunk(group, i)
	if err != nil {
		return err
	}
	if m == nil {
		v.AppendUnset(c, len(rows))
		return nil
	}
	if r.pickConstant(c, m, len(rows), v) {
		return nil
	}
	if err := r.pick(c, m, rows, v); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	return nil
}

// pickConstant answers out of the footer where all rows of a chunk hold one
// value, as in many columns they do.
func (r *Reader) pickConstant(c *Column, m *format.ColumnMetaData, n int, v *Vector) bool {
	s := &m.Statistics
	switch {
	case m.NumValues > 0 && s.NullCount == m.NumValues:
		v.AppendUnset(c, n)
		return true
	case s.NullCount != 0 || len(s.MinValue) == 0 || !bytes.Equal(s.MinValue, s.MaxValue):
		return false
	}
	for range n {
		switch c.Kind {
		case String:
			v.Dict.Append(string(s.MinValue))
		case Int32, Int64, Time:
			var err error
			if v.Ints, err = c.readPlain(v.Ints, s.MinValue, 1); err != nil {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (r *Reader) pick(c *Column, m *format.ColumnMetaData, rows []int, v *Vector) error {
	at := m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		at = m.DictionaryPageOffset
	}
	end := at + m.TotalCompressedSize
	if at < 0 || end < at || end > r.size {
		return errShort
	}
	var dict pickDictionary
	for first := 0; len(rows) > 0; {
		h, size, err := r.headerAt(at, end)
		if err != nil {
			return err
		}
		body := at + size
		at = body + int64(h.CompressedPageSize)
		if h.Type == format.DictionaryPage {
			dict = pickDictionary{at: body, header: h}
			continue
		}
		n := int(h.DataPageHeader.V.NumValues)
		if n <= 0 {
			return errShort
		}
		here := 0
		for here < len(rows) && rows[here] < first+n {
			here++
		}
		if here > 0 {
			if err := r.pickPage(c, m, h, body, &dict, first, rows[:here], v); err != nil {
				return err
			}
		}
		rows, first = rows[here:], first+n
	}
	return nil
}

// headerAt reads a page header at an offset of the file.
func (r *Reader) headerAt(at, end int64) (*format.PageHeader, int64, error) {
	buf := make([]byte, min(maxHeader, max(0, end-at)))
	if _, err := r.src.ReadAt(buf, at); err != nil {
		return nil, 0, err
	}
	var h format.PageHeader
	var p thrift.CompactProtocol
	in := p.NewReaderFromBytes(buf)
	if err := thrift.NewDecoder(in).Decode(&h); err != nil {
		return nil, 0, fmt.Errorf("page header: %w", err)
	}
	size := int64(in.BytesRead())
	if h.CompressedPageSize < 0 || at+size+int64(h.CompressedPageSize) > end {
		return nil, 0, errShort
	}
	return &h, size, nil
}

// body reads and unpacks the body of a page into dst.
func (r *Reader) body(m *format.ColumnMetaData, h *format.PageHeader, at int64, dst []byte) ([]byte, error) {
	if cap(r.buf) < int(h.CompressedPageSize) {
		r.buf = make([]byte, h.CompressedPageSize)
	}
	r.raw = r.buf[:h.CompressedPageSize]
	if _, err := r.src.ReadAt(r.raw, at); err != nil {
		return nil, err
	}
	if m.Codec == format.Uncompressed {
		return append(dst[:0], r.raw...), nil
	}
	if want := int(h.UncompressedPageSize); cap(dst) < want && want < trusted {
		dst = make([]byte, 0, want)
	}
	return r.unpack(m.Codec, r.raw, dst)
}

// pickDictionary is a dictionary page, unpacked when first needed.
type pickDictionary struct {
	at     int64
	header *format.PageHeader
	data   []byte
	starts []uint32 // strings: where each begins in data; one more than there are
}

func (d *pickDictionary) load(r *Reader, c *Column, m *format.ColumnMetaData) (err error) {
	if d.data != nil {
		return nil
	}
	if d.header == nil {
		return fmt.Errorf("codes without a dictionary")
	}
	if d.data, err = r.body(m, d.header, d.at, nil); err != nil || c.Kind != String {
		return err
	}
	at := 0
	for at+4 <= len(d.data) {
		d.starts = append(d.starts, uint32(at))
		at += 4 + int(binary.LittleEndian.Uint32(d.data[at:]))
	}
	if at != len(d.data) {
		return errShort
	}
	d.starts = append(d.starts, uint32(at))
	return nil
}

// pickPage appends rows of one data page, which begins at row first.
func (r *Reader) pickPage(c *Column, m *format.ColumnMetaData, h *format.PageHeader, at int64, dict *pickDictionary, first int, rows []int, v *Vector) error {
	var err error
	if r.page, err = r.body(m, h, at, r.page); err != nil {
		return err
	}
	body := r.page
	n, enc := int(h.DataPageHeader.V.NumValues), h.DataPageHeader.V.Encoding
	set, body, err := r.ranksOf(c, n, body, first, rows)
	if err != nil {
		return err
	}
	switch {
	case set == 0 && !c.Required:
		v.AppendUnset(c, len(rows))
		return nil
	case enc != format.RLEDictionary:
		return r.pickValues(c, enc, set, body, v)
	}
	if err := dict.load(r, c, m); err != nil {
		return err
	}
	if len(body) == 0 || body[0] > 31 || c.Kind == Text || c.Kind == Bool {
		return errShort
	}
	codes := seeker{rest: body[1:], width: int(body[0])}
	return r.eachRank(c, v, func(rank int) error {
		code, err := codes.at(rank)
		if err != nil {
			return err
		}
		return dict.append(c, int(code), v)
	})
}

// eachRank calls value with the place of each row among those that are set, or
// appends "not set".
func (r *Reader) eachRank(c *Column, v *Vector, value func(rank int) error) error {
	for _, rank := range r.ranks {
		if rank == unsetRank {
			v.AppendUnset(c, 1)
			continue
		}
		if err := value(rank); err != nil {
			return err
		}
	}
	return nil
}

func (d *pickDictionary) append(c *Column, code int, v *Vector) error {
	switch c.Kind {
	case String:
		if code < 0 || code+1 >= len(d.starts) {
			return errShort
		}
		v.Dict.Append(string(d.data[d.starts[code]+4 : d.starts[code+1]]))
	case UUID, Blob:
		if code < 0 || (code+1)*c.Width > len(d.data) {
			return errShort
		}
		v.Fixed = append(v.Fixed, d.data[code*c.Width:(code+1)*c.Width]...)
	default:
		size := 8
		if c.Kind == Int32 {
			size = 4
		}
		if code < 0 || (code+1)*size > len(d.data) {
			return errShort
		}
		var err error
		v.Ints, err = c.readPlain(v.Ints, d.data[code*size:], 1)
		return err
	}
	return nil
}

// pickValues reads rows of a page without dictionary.
func (r *Reader) pickValues(c *Column, enc format.Encoding, set int, body []byte, v *Vector) error {
	switch {
	case c.Width > 0:
		return r.pickFixed(c, enc, set, body, v)
	case enc == format.DeltaLengthByteArray:
		return r.pickText(c, set, body, v)
	}
	if err := r.decodeInts(c, enc, set, body); err != nil {
		return err
	}
	return r.eachRank(c, v, func(rank int) error {
		v.Ints = append(v.Ints, r.ints[rank])
		return nil
	})
}

// pickFixed reads values of one width. Those that build on each other are put
// together up to the last one wanted, in one place.
func (r *Reader) pickFixed(c *Column, enc format.Encoding, set int, body []byte, v *Vector) error {
	if enc == format.Plain {
		if len(body) < set*c.Width {
			return errShort
		}
		return r.eachRank(c, v, func(rank int) error {
			v.Fixed = append(v.Fixed, body[rank*c.Width:(rank+1)*c.Width]...)
			return nil
		})
	}
	if enc != format.DeltaByteArray {
		return fmt.Errorf("encoding %s is not ours", enc)
	}
	section, body, err := deltaSection(body, set, 32)
	if err != nil {
		return err
	}
	var shared delta.BinaryPackedEncoding
	if r.codes, err = shared.DecodeInt32(r.codes, section); err != nil {
		return err
	}
	lengths, data, err := r.lengths(set, body)
	if err != nil {
		return err
	}
	value, done := make([]byte, c.Width), 0
	return r.eachRank(c, v, func(rank int) error {
		for ; done <= rank; done++ {
			common, n := int(r.codes[done]), int(lengths[done])
			if common < 0 || common+n != c.Width || done == 0 && common > 0 {
				return errShort
			}
			copy(value[common:], data[:n])
			data = data[n:]
		}
		v.Fixed = append(v.Fixed, value...)
		return nil
	})
}

func (r *Reader) pickText(c *Column, set int, body []byte, v *Vector) error {
	lengths, data, err := r.lengths(set, body)
	if err != nil {
		return err
	}
	at, done := 0, 0
	return r.eachRank(c, v, func(rank int) error {
		for ; done < rank; done++ {
			at += int(lengths[done])
		}
		s := data[at : at+int(lengths[rank])]
		if c.Kind == Text {
			v.Text.AppendBytes(s)
		} else {
			v.Dict.Append(string(s))
		}
		return nil
	})
}

// Permute puts the rows of a vector into the given order.
func (v *Vector) Permute(c *Column, order []uint32) {
	var spare Vector
	v.permute(c, order, &spare)
}
