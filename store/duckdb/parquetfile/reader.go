// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Limits of what a file may ask of the reader's memory.
const (
	maxFooter = 64 << 20
	maxPage   = 1 << 30
)

// Reader reads a segment column by column.
type Reader struct {
	src  io.ReaderAt
	size int64
	meta format.FileMetaData
	byAt [][]int // row group, column of Columns → its place in meta, -1 when absent

	zstd   *zstd.Decoder
	buf    []byte
	raw    []byte // what is left of the chunk in buf
	page   []byte
	fixed  []byte
	codes  []int32
	levels []uint8
	ranks  []int
	ints   []int64
	ints32 []int32
}

// Open reads the footer of a segment of the given size.
func Open(src io.ReaderAt, size int64) (*Reader, error) {
	r, footer, err := open(src, size)
	if err != nil {
		return nil, err
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &r.meta); err != nil {
		return nil, fmt.Errorf("footer of the Parquet file: %w", err)
	}
	return r, r.bind()
}

// OpenColumns is Open for a reader of some columns only: wanted is as long as
// Columns. Others cannot be read.
func OpenColumns(src io.ReaderAt, size int64, wanted []bool) (*Reader, error) {
	r, footer, err := open(src, size)
	if err != nil {
		return nil, err
	}
	if err := r.readFooter(footer, wanted); err != nil {
		return nil, fmt.Errorf("footer of the Parquet file: %w", err)
	}
	return r, nil
}

// open gives the bytes of a segment's footer.
func open(src io.ReaderAt, size int64) (*Reader, []byte, error) {
	var tail [8]byte
	if size < int64(len(tail)) {
		return nil, nil, fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := src.ReadAt(tail[:], size-8); err != nil {
		return nil, nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != magic || n > maxFooter || n > size-8 {
		return nil, nil, fmt.Errorf("no Parquet footer at the end of the file")
	}
	footer := make([]byte, n)
	if _, err := src.ReadAt(footer, size-8-n); err != nil {
		return nil, nil, err
	}
	return &Reader{src: src, size: size}, footer, nil
}

// decoders are those of readers that were closed: to make one takes longer than to
// unpack a page.
var decoders = sync.Pool{New: func() any {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		panic(err) // only wrong options are refused
	}
	return z
}}

// Close gives the decoder back; the file stays open.
func (r *Reader) Close() {
	if r.zstd != nil {
		decoders.Put(r.zstd)
		r.zstd = nil
	}
}

// bind finds our columns in the file by name and checks their types. A column
// that an older file does not have reads as "not set".
func (r *Reader) bind() error {
	for g := range r.meta.RowGroups {
		at := make([]int, len(Columns))
		for i := range at {
			at[i] = -1
		}
		for k := range r.meta.RowGroups[g].Columns {
			m := &r.meta.RowGroups[g].Columns[k].MetaData
			for i := range Columns {
				if len(m.PathInSchema) != 1 || m.PathInSchema[0] != Columns[i].Name {
					continue
				}
				if m.Type != Columns[i].physical() {
					return fmt.Errorf("column %s is stored as %s, want %s", Columns[i].Name, m.Type, Columns[i].physical())
				}
				at[i] = k
			}
		}
		r.byAt = append(r.byAt, at)
	}
	return nil
}

// Groups gives the number of row groups, Rows the rows of one.
func (r *Reader) Groups() int { return len(r.meta.RowGroups) }

// Rows gives the number of rows of a row group.
func (r *Reader) Rows(group int) int { return int(r.meta.RowGroups[group].NumRows) }

// chunk gives what the footer says of a column in a row group; nil where the file
// does not have it.
func (r *Reader) chunk(group, i int) (*format.ColumnMetaData, error) {
	switch k := r.byAt[group][i]; k {
	case -1:
		return nil, nil
	case unread:
		return nil, fmt.Errorf("column %s was not wanted when the file was opened", Columns[i].Name)
	default:
		return &r.meta.RowGroups[group].Columns[k].MetaData, nil
	}
}

// Column appends column i of a row group to v.
func (r *Reader) Column(group, i int, v *Vector) error {
	c := &Columns[i]
	rows := r.Rows(group)
	before := v.rows(c)
	m, err := r.chunk(group, i)
	if err != nil {
		return err
	}
	if m == nil {
		v.AppendUnset(c, rows)
		return nil
	}
	if err := r.load(m); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	if err := r.pages(c, m, rows, v); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	if n := v.rows(c) - before; n != rows {
		return fmt.Errorf("column %s has %d rows, want %d", c.Name, n, rows)
	}
	return nil
}

// startOf gives where the bytes of a column chunk begin; they lie within the file.
func (r *Reader) startOf(m *format.ColumnMetaData) (start int64, err error) {
	start = m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		start = m.DictionaryPageOffset
	}
	if start < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > r.size-start {
		return 0, fmt.Errorf("a chunk of %d bytes at %d is larger than its file", m.TotalCompressedSize, start)
	}
	return start, nil
}

func (r *Reader) load(m *format.ColumnMetaData) error {
	start, err := r.startOf(m)
	if err != nil {
		return err
	}
	if int64(cap(r.buf)) < m.TotalCompressedSize {
		r.buf = make([]byte, m.TotalCompressedSize)
	}
	r.raw = r.buf[:m.TotalCompressedSize]
	_, err = r.src.ReadAt(r.raw, start)
	return err
}

// next cuts a page off the chunk: its header and unpacked body.
func (r *Reader) next(codec format.CompressionCodec) (*format.PageHeader, []byte, error) {
	var h format.PageHeader
	var p thrift.CompactProtocol
	in := p.NewReaderFromBytes(r.raw)
	if err := thrift.NewDecoder(in).Decode(&h); err != nil {
		return nil, nil, fmt.Errorf("page header: %w", err)
	}
	rest := r.raw[in.BytesRead():]
	if h.CompressedPageSize < 0 || int(h.CompressedPageSize) > len(rest) {
		return nil, nil, fmt.Errorf("a page of %d bytes ends after its chunk", h.CompressedPageSize)
	}
	body := rest[:h.CompressedPageSize]
	r.raw = rest[h.CompressedPageSize:]
	if codec != format.Uncompressed {
		var err error
		if r.page, err = r.unpack(codec, body, r.page); err != nil {
			return nil, nil, err
		}
		body = r.page
	}
	if len(body) != int(h.UncompressedPageSize) {
		return nil, nil, fmt.Errorf("a page has %d bytes, its header says %d", len(body), h.UncompressedPageSize)
	}
	return &h, body, nil
}

// unpack gives what body holds, using the memory of dst.
func (r *Reader) unpack(codec format.CompressionCodec, body, dst []byte) ([]byte, error) {
	switch codec {
	case format.Zstd:
		if r.zstd == nil {
			r.zstd = decoders.Get().(*zstd.Decoder)
		}
		return r.zstd.DecodeAll(body, dst[:0])
	case format.Snappy:
		// What a damaged page claims must not cost more memory than Snappy
		// can have made of it.
		if n, err := s2.DecodedLen(body); err != nil || n > maxPage || n > maxSnappy*len(body) {
			return nil, fmt.Errorf("a damaged page: %w", cmp.Or(err, s2.ErrCorrupt))
		}
		return s2.Decode(dst[:cap(dst)], body)
	}
	return nil, fmt.Errorf("compression %s is not ours", codec)
}

// maxSnappy is more than the ratio that Snappy reaches: a copy of 64 bytes takes
// three.
const maxSnappy = 32
