// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"

	"haidang/event"
)

// textPage is how many bytes of text a page holds, give or take a row: what it
// is made from and what it becomes stay in the processor's cache, and a single
// row is read without unpacking much else.
const textPage = 1 << 20

func (e *encoder) text(v *Vector, rows int) error {
	for _, t := range v.parts() {
		if len(t.Data) > 0 {
			return e.textPages(v.parts())
		}
	}
	e.plainEncodings(format.Plain)
	return e.nullPages(rows)
}

// textPages writes DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
func (e *encoder) textPages(parts []*event.Text) error {
	e.plainEncodings(format.DeltaLengthByteArray)
	if e.effort == Quick {
		e.chunk.codec = format.Snappy
	}
	e.beginText()
	for _, t := range parts {
		if err := e.textPart(t); err != nil {
			return err
		}
	}
	return e.endText()
}

func (e *encoder) beginText() {
	e.levels, e.ints32, e.pieces, e.pieceBytes = e.levels[:0], e.ints32[:0], e.pieces[:0], 0
}

// textPart takes the rows of one part, writing pages that became full.
func (e *encoder) textPart(t *event.Text) error {
	begin, first := uint32(0), uint32(0)
	cut := func(end uint32) {
		if end > first {
			e.pieces = append(e.pieces, t.Data[first:end])
		}
		first = end
	}
	for _, end := range t.Ends {
		n := int(end - begin)
		if full := len(e.levels) == pageRows || e.pieceBytes > 0 && e.pieceBytes+n > textPage; full {
			cut(begin)
			if err := e.endText(); err != nil {
				return err
			}
			e.beginText()
		}
		begin = end
		if n == 0 {
			e.levels = append(e.levels, 0)
			continue
		}
		e.levels = append(e.levels, 1)
		e.ints32 = append(e.ints32, int32(n))
		e.pieceBytes += n
	}
	cut(begin)
	return nil
}

// endText writes the page that was gathered.
func (e *encoder) endText() error {
	rows := len(e.levels)
	if rows == 0 {
		return nil
	}
	if err := e.startPage(false, rows-len(e.ints32)); err != nil {
		return err
	}
	var enc delta.BinaryPackedEncoding
	var err error
	if e.part, err = enc.EncodeInt32(e.part, e.ints32); err != nil {
		return err
	}
	e.page = append(e.page, e.part...)
	if e.chunk.codec == format.Snappy {
		return e.snappyPage(rows)
	}
	for _, p := range e.pieces {
		e.page = append(e.page, p...)
	}
	clear(e.pieces) // they belong to others
	size := len(e.page)
	e.part = e.zstd.EncodeAll(e.page, e.part[:0])
	return e.packedPage(dataHeader(rows, format.DeltaLengthByteArray), size, e.part)
}

// alone is the size from which a piece of text is compressed where it lies.
const alone = 32 << 10

// snappyPage writes the page whose beginning stands in e.page and whose text in
// e.pieces. Elements of Snappy refer only to what came before in the same run of
// them, so that runs compressed apart may follow each other: large pieces need
// not be copied together.
func (e *encoder) snappyPage(rows int) error {
	size := len(e.page) + e.pieceBytes
	e.packed = binary.AppendUvarint(e.packed[:0], uint64(size))
	for _, p := range e.pieces {
		if len(p) < alone {
			e.page = append(e.page, p...)
			continue
		}
		e.packRun(e.page)
		e.packRun(p)
		e.page = e.page[:0]
	}
	e.packRun(e.page)
	clear(e.pieces) // they belong to others
	return e.packedPage(dataHeader(rows, format.DeltaLengthByteArray), size, e.packed)
}

// packRun compresses one run of bytes, without the length that Snappy begins with.
func (e *encoder) packRun(b []byte) {
	if len(b) == 0 {
		return
	}
	e.part = s2.EncodeSnappy(e.part[:cap(e.part)], b)
	_, n := binary.Uvarint(e.part)
	e.packed = append(e.packed, e.part[n:]...)
}
