// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"haidang/event"
	"haidang/store"
)

const magic = "PAR1"

// keptRows is up to how many rows of a file a writer keeps its memory for the
// next one.
const keptRows = 1 << 18

// MaxRowGroup is the most rows that a row group may have.
const MaxRowGroup = 1 << 20

// Writer writes one segment at a time, row group by row group. Its memory is
// reused from file to file; it is not for concurrent use.
type Writer struct {
	enc    *encoder
	fill   filler
	vec    Vector
	copied []byte // on their way from one file to another

	out    io.Writer
	offset int64
	rows   int64
	groups []format.RowGroup
}

// Effort says how hard a writer compresses.
type Effort int

// Efforts.
const (
	// Quick is for commits, where somebody waits: long texts in Snappy, which
	// takes a third of the processor time of zstd and twice the room.
	Quick Effort = iota
	// Thorough is for what is written anew in the background.
	Thorough
)

// NewWriter makes a writer; Reset gives it a file.
func NewWriter(effort Effort) (*Writer, error) {
	enc, err := newEncoder(effort)
	if err != nil {
		return nil, err
	}
	return &Writer{enc: enc}, nil
}

// Reset begins a file.
func (w *Writer) Reset(out io.Writer) error {
	w.out, w.offset, w.rows, w.groups = out, 0, 0, nil
	return w.write([]byte(magic))
}

func (w *Writer) write(b []byte) error {
	n, err := w.out.Write(b)
	w.offset += int64(n)
	return err
}

// Mark is how far a file was written.
type Mark struct {
	Size   int64 // of the file
	out    io.Writer
	rows   int64
	groups []format.RowGroup
}

// Mark says how far the file is written.
func (w *Writer) Mark() Mark { return Mark{w.offset, w.out, w.rows, w.groups} }

// Rewind goes on from a mark of the same file, which has been cut there.
func (w *Writer) Rewind(m Mark) { w.offset, w.out, w.rows, w.groups = m.Size, m.out, m.rows, m.groups }

// Batches writes the rows of all batches, in their order, as row groups that
// hold whole batches: about store.GroupRows each, and none much smaller where
// there are as many. It may be called again for more of them.
func (w *Writer) Batches(batches []*event.Batch) error {
	for len(batches) > 0 {
		n, rows := 0, 0
		for n < len(batches) && (n == 0 || rows+batches[n].Rows() <= 2*store.GroupRows) {
			rows += batches[n].Rows()
			n++
		}
		group := batches[:n]
		batches = batches[n:]
		if rows == 0 {
			continue
		}
		err := w.RowGroup(rows, func(i int, v *Vector) error {
			if w.fill.fillUniform(v, &Columns[i], group, rows) {
				return nil
			}
			for _, b := range group {
				w.fill.fill(v, &Columns[i], b)
			}
			return nil
		})
		clear(w.fill.follows)
		if err != nil {
			return err
		}
	}
	return nil
}

// RowGroup writes one row group; column fills the empty vector with a column.
func (w *Writer) RowGroup(rows int, column func(i int, v *Vector) error) error {
	g := format.RowGroup{NumRows: int64(rows), FileOffset: w.offset, Ordinal: int16(len(w.groups))}
	for i := range Columns {
		c := &Columns[i]
		w.vec.reset()
		if err := column(i, &w.vec); err != nil {
			return err
		}
		if n := w.vec.rows(c); n != rows {
			return fmt.Errorf("column %s has %d rows, want %d", c.Name, n, rows)
		}
		k, err := w.enc.encode(c, &w.vec)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		g.Columns = append(g.Columns, w.columnChunk(c, k, rows))
		g.TotalByteSize += k.uncompressed
		g.TotalCompressedSize += int64(len(k.data))
		if err := w.write(k.data); err != nil {
			return err
		}
	}
	w.rows += int64(rows)
	w.groups = append(w.groups, g)
	return nil
}

func (w *Writer) columnChunk(c *Column, k *chunk, rows int) format.ColumnChunk {
	m := format.ColumnMetaData{
		Type:                  c.physical(),
		Encoding:              k.encodings,
		PathInSchema:          []string{c.Name},
		Codec:                 k.codec,
		NumValues:             int64(rows),
		TotalUncompressedSize: k.uncompressed,
		TotalCompressedSize:   int64(len(k.data)),
		DataPageOffset:        w.offset + k.firstData,
		Statistics:            format.Statistics{NullCount: k.nulls, MinValue: k.bounds.min, MaxValue: k.bounds.max},
	}
	if k.dictionary {
		m.DictionaryPageOffset = w.offset
	}
	return format.ColumnChunk{MetaData: m}
}

// Footer ends the file, which is whole then; it may be rewound to a mark before
// all the same.
func (w *Writer) Footer() error {
	meta := format.FileMetaData{
		Version: 2, Schema: schema(), NumRows: w.rows, RowGroups: w.groups, CreatedBy: "haidang",
	}
	for range Columns {
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return err
	}
	n := uint32(len(footer))
	footer = append(footer, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	return w.write(append(footer, magic...))
}

// Close ends the file and gives its size and rows. The file itself stays open:
// whoever opened it syncs and closes it.
func (w *Writer) Close() (size, rows int64, err error) {
	if err := w.Footer(); err != nil {
		return 0, 0, err
	}
	w.out, w.groups = nil, nil
	if w.rows > keptRows {
		w.vec, w.fill = Vector{}, filler{}
		w.enc.forget()
	}
	return w.offset, w.rows, nil
}

func schema() []format.SchemaElement {
	out := []format.SchemaElement{{Name: "event", NumChildren: thrift.New(int32(len(Columns)))}}
	for i := range Columns {
		c := &Columns[i]
		e := format.SchemaElement{
			Name: c.Name, Type: thrift.New(c.physical()), RepetitionType: thrift.New(format.Optional),
			LogicalType: format.LogicalType{Value: c.logical()},
		}
		if c.Required {
			e.RepetitionType = thrift.New(format.Required)
		}
		if c.Width > 0 {
			e.TypeLength = thrift.New(int32(c.Width))
		}
		if old, ok := c.converted(); ok {
			e.ConvertedType = thrift.New(old)
		}
		out = append(out, e)
	}
	return out
}

func (c *Column) physical() format.Type {
	switch c.Kind {
	case Int32:
		return format.Int32
	case Int64, Time:
		return format.Int64
	case Bool:
		return format.Boolean
	case UUID, Blob:
		return format.FixedLenByteArray
	default:
		return format.ByteArray
	}
}

// converted is the older way to say the logical type, the only one that some
// readers look at.
func (c *Column) converted() (deprecated.ConvertedType, bool) {
	switch {
	case c.Kind == String || c.Kind == Text:
		return deprecated.UTF8, true
	case c.Kind == Int64:
		return deprecated.Uint64, true
	case c.Kind == Int32 && c.Bits == 8:
		return deprecated.Uint8, true
	case c.Kind == Int32 && c.Bits == 16:
		return deprecated.Uint16, true
	case c.Kind == Int32:
		return deprecated.Uint32, true
	}
	return 0, false
}

func (c *Column) logical() format.LogicalTypeValue {
	switch c.Kind {
	case Int32:
		return &format.IntType{BitWidth: int8(c.Bits)}
	case Int64:
		return &format.IntType{BitWidth: 64}
	case Time:
		// All times are UTC. They are not marked as "adjusted to UTC" since
		// DuckDB then cuts them to microseconds.
		return &format.TimestampType{Unit: format.TimeUnit{Value: &format.NanoSeconds{}}}
	case UUID:
		return &format.UUIDType{}
	case String, Text:
		return &format.StringType{}
	}
	return nil
}
