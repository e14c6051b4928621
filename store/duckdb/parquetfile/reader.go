// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"

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
	byAt [][]int // row group, column of Columns → its place in the file, -1 when absent

	zstd   *zstd.Decoder
	raw    []byte
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
	var tail [8]byte
	if size < int64(len(tail)) {
		return nil, fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := src.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != magic || n > maxFooter || n > size-8 {
		return nil, fmt.Errorf("no Parquet footer at the end of the file")
	}
	footer := make([]byte, n)
	if _, err := src.ReadAt(footer, size-8-n); err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return nil, err
	}
	r := &Reader{src: src, size: size, zstd: z}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &r.meta); err != nil {
		return nil, fmt.Errorf("footer of the Parquet file: %w", err)
	}
	return r, r.bind()
}

// Close frees the decoder; the file stays open.
func (r *Reader) Close() { r.zstd.Close() }

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

// Column appends column i of a row group to v.
func (r *Reader) Column(group, i int, v *Vector) error {
	c := &Columns[i]
	rows := r.Rows(group)
	before := v.rows(c)
	k := r.byAt[group][i]
	if k < 0 {
		v.AppendUnset(c, rows)
		return nil
	}
	m := &r.meta.RowGroups[group].Columns[k].MetaData
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

func (r *Reader) load(m *format.ColumnMetaData) error {
	start := m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		start = m.DictionaryPageOffset
	}
	if start < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > r.size-start {
		return fmt.Errorf("a chunk of %d bytes at %d is larger than its file", m.TotalCompressedSize, start)
	}
	if int64(cap(r.raw)) < m.TotalCompressedSize {
		r.raw = make([]byte, m.TotalCompressedSize)
	}
	r.raw = r.raw[:m.TotalCompressedSize]
	_, err := r.src.ReadAt(r.raw, start)
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
