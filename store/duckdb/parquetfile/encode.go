// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// pageRows is how many rows a data page holds: few enough that a reader's
// unpacked page stays in its cache and that a single row can be read without
// unpacking much else; enough to compress well.
const pageRows = 1 << 15

// minCompress is the size below which a page is not worth a zstd frame.
const minCompress = 48

// chunk is one encoded column of a row group, offsets relative to its start.
type chunk struct {
	data         []byte
	codec        format.CompressionCodec
	encodings    []format.Encoding
	dictionary   bool
	firstData    int64
	uncompressed int64
	nulls        int64
	bounds       bounds
}

// encoder turns vectors into chunks, reusing its memory.
type encoder struct {
	zstd   *zstd.Encoder
	dict   interner
	levels []uint8
	codes  []int32
	ints   []int64
	ints32 []int32
	page   []byte
	part   []byte
	out    []byte

	suffixes []byte
	header   headerWriter
	chunk    chunk

	sizeBefore int64
}

func newEncoder(level zstd.EncoderLevel) (*encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	e := &encoder{zstd: z}
	e.header.init()
	return e, nil
}

// encode gives the chunk of a column; it is valid until the next call.
func (e *encoder) encode(c *Column, v *Vector) (*chunk, error) {
	rows := v.rows(c)
	e.out = e.out[:0]
	e.chunk = chunk{codec: format.Zstd}
	var err error
	switch c.Kind {
	case String:
		err = e.strings(v, rows)
	case Text:
		err = e.text(v, rows)
	case Bool:
		err = e.bools(v, rows)
	case UUID, Blob:
		err = e.fixed(c, v, rows)
	default:
		err = e.integers(c, v, rows)
	}
	e.chunk.data = e.out
	return &e.chunk, err
}

// dictionaryPage writes the dictionary, of n values in plain encoding.
func (e *encoder) dictionaryPage(plain []byte, n int) error {
	e.chunk.dictionary = true
	e.chunk.encodings = []format.Encoding{format.Plain, format.RLE, format.RLEDictionary}
	h := format.PageHeader{
		Type: format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
			NumValues: int32(n), Encoding: format.PlainDictionary,
		}),
	}
	return e.writePage(&h, plain)
}

// codePages writes data pages of dictionary codes: 0 is NULL, others one more
// than the index into the dictionary of n values.
func (e *encoder) codePages(codes []uint32, n int, required bool) error {
	e.chunk.firstData = int64(len(e.out))
	width := bits.Len(uint(max(n-1, 0)))
	enc := rle.Encoding{BitWidth: width}
	for from := 0; from < len(codes); from += pageRows {
		page := codes[from:min(from+pageRows, len(codes))]
		e.codes, e.levels = e.codes[:0], e.levels[:0]
		for _, x := range page {
			if x == 0 {
				e.levels = append(e.levels, 0)
				continue
			}
			e.levels = append(e.levels, 1)
			e.codes = append(e.codes, int32(x-1))
		}
		if err := e.startPage(required, len(page)-len(e.codes)); err != nil {
			return err
		}
		var err error
		if e.part, err = enc.EncodeInt32(e.part, e.codes); err != nil {
			return err
		}
		e.page = append(e.page, byte(width))
		e.page = append(e.page, e.part...)
		if err := e.dataPage(len(page), format.RLEDictionary); err != nil {
			return err
		}
	}
	return nil
}

// startPage begins a data page with its definition levels, those in e.levels.
func (e *encoder) startPage(required bool, nulls int) error {
	e.page = e.page[:0]
	if required {
		return nil
	}
	e.chunk.nulls += int64(nulls)
	e.page = append(e.page, 0, 0, 0, 0)
	switch nulls {
	case 0, len(e.levels):
		// One run, whatever its length.
		e.page = binary.AppendUvarint(e.page, uint64(len(e.levels))<<1)
		e.page = append(e.page, e.levels[0])
	default:
		enc := rle.Encoding{BitWidth: 1}
		var err error
		if e.part, err = enc.EncodeLevels(e.part, e.levels); err != nil {
			return err
		}
		e.page = append(e.page, e.part...)
	}
	binary.LittleEndian.PutUint32(e.page, uint32(len(e.page)-4))
	return nil
}

func (e *encoder) dataPage(rows int, enc format.Encoding) error {
	h := format.PageHeader{
		Type: format.DataPage,
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(rows), Encoding: enc,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		}),
	}
	return e.writePage(&h, e.page)
}

// writePage appends header and body. A chunk has one codec, so the first page
// decides: when it is tiny, so are the others.
func (e *encoder) writePage(h *format.PageHeader, body []byte) error {
	if len(body) > math.MaxInt32 {
		return fmt.Errorf("page of %d bytes is too large", len(body))
	}
	if len(e.out) == 0 && len(body) < minCompress && !e.chunk.dictionary {
		e.chunk.codec = format.Uncompressed
	}
	h.UncompressedPageSize = int32(len(body))
	if e.chunk.codec == format.Zstd {
		e.part = e.zstd.EncodeAll(body, e.part[:0])
		body = e.part
	}
	h.CompressedPageSize = int32(len(body))
	head, err := e.header.marshal(h)
	if err != nil {
		return err
	}
	e.out = append(e.out, head...)
	e.out = append(e.out, body...)
	e.chunk.uncompressed += int64(len(head)) + int64(h.UncompressedPageSize)
	return nil
}

func (e *encoder) plainEncodings(value format.Encoding) {
	e.chunk.encodings = []format.Encoding{format.RLE, value}
}

// deltaInts appends values as DELTA_BINARY_PACKED.
func (e *encoder) deltaInts(values []int64, wide bool) (err error) {
	var enc delta.BinaryPackedEncoding
	if wide {
		e.part, err = enc.EncodeInt64(e.part, values)
	} else {
		e.ints32 = e.ints32[:0]
		for _, x := range values {
			e.ints32 = append(e.ints32, int32(x))
		}
		e.part, err = enc.EncodeInt32(e.part, e.ints32)
	}
	e.page = append(e.page, e.part...)
	return err
}
