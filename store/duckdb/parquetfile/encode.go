// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/s2"
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

	suffixes   []byte
	pieces     [][]byte // of the text page under way
	pieceBytes int
	packed     []byte // the text page under way, compressed
	header     headerWriter
	chunk      chunk
	frames     framer
	effort     Effort
}

func newEncoder(effort Effort) (*encoder, error) {
	level := zstd.SpeedFastest
	if effort == Thorough {
		level = zstd.SpeedDefault
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	e := &encoder{zstd: z, effort: effort}
	e.header.init()
	return e, nil
}

// forget lets go of all memory but that of the compressor.
func (e *encoder) forget() {
	*e = encoder{zstd: e.zstd, header: e.header, effort: e.effort}
	e.header.init()
}

// encode gives the chunk of a column; it is valid until the next call.
func (e *encoder) encode(c *Column, v *Vector) (*chunk, error) {
	rows := v.rows(c)
	e.out = e.out[:0]
	e.chunk = chunk{codec: format.Zstd}
	var err error
	if v.uniform > 0 {
		err = e.uniform(c, v, rows)
		e.chunk.data = e.out
		return &e.chunk, err
	}
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
	return e.writePage(e.dictionaryHeader(n), plain)
}

// codePages writes data pages of dictionary codes: 0 is NULL, others one more
// than the index into the dictionary of n values.
func (e *encoder) codePages(codes []uint32, n int, required bool) error {
	e.chunk.firstData = int64(len(e.out))
	width := bits.Len(uint(max(n-1, 0)))
	enc := rle.Encoding{BitWidth: width}
	for from := 0; from < len(codes); from += pageRows {
		page := codes[from:min(from+pageRows, len(codes))]
		if constant(page) {
			if err := e.constantPage(page[0], len(page), width, required); err != nil {
				return err
			}
			continue
		}
		e.split(page)
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

// split puts the codes that are set into e.codes and says in e.levels which
// those are. It has no branches, since what comes next cannot be foreseen.
func (e *encoder) split(page []uint32) {
	e.codes = slices.Grow(e.codes[:0], len(page))[:len(page)]
	e.levels = slices.Grow(e.levels[:0], len(page))[:len(page)]
	codes, levels := e.codes, e.levels[:len(page)]
	n := 0
	for i, x := range page {
		codes[n] = int32(x - 1)
		set := int((uint64(x) + math.MaxUint32) >> 32) // 0 for 0, else 1
		levels[i] = uint8(set)
		n += set
	}
	e.codes = e.codes[:n]
}

// constant says whether all codes of a page are one, as in many columns they are.
func constant(codes []uint32) bool {
	first, differ := codes[0], uint32(0)
	for len(codes) > 64 && differ == 0 {
		for _, x := range codes[:64] {
			differ |= x ^ first
		}
		codes = codes[64:]
	}
	for _, x := range codes {
		differ |= x ^ first
	}
	return differ == 0
}

// constantPage writes a page of n rows of one code as one run.
func (e *encoder) constantPage(code uint32, n, width int, required bool) error {
	e.page = e.page[:0]
	if !required {
		e.oneLevel(n, min(code, 1))
	}
	e.page = append(e.page, byte(width))
	if code > 0 {
		e.page = binary.AppendUvarint(e.page, uint64(n)<<1)
		for i := 0; i < width; i += 8 {
			e.page = append(e.page, byte((code-1)>>i))
		}
	}
	return e.dataPage(n, format.RLEDictionary)
}

// oneLevel begins a page of n rows that are all set (1) or all not (0).
func (e *encoder) oneLevel(n int, level uint32) {
	e.page = append(e.page[:0], 0, 0, 0, 0)
	e.page = append(binary.AppendUvarint(e.page, uint64(n)<<1), byte(level))
	binary.LittleEndian.PutUint32(e.page, uint32(len(e.page)-4))
	if level == 0 {
		e.chunk.nulls += int64(n)
	}
}

// startPage begins a data page with its definition levels, those in e.levels.
func (e *encoder) startPage(required bool, nulls int) error {
	e.page = e.page[:0]
	if required {
		return nil
	}
	if nulls == 0 || nulls == len(e.levels) {
		e.oneLevel(len(e.levels), uint32(e.levels[0]))
		return nil
	}
	e.chunk.nulls += int64(nulls)
	e.page = append(e.page, 0, 0, 0, 0)
	enc := rle.Encoding{BitWidth: 1}
	var err error
	if e.part, err = enc.EncodeLevels(e.part, e.levels); err != nil {
		return err
	}
	e.page = append(e.page, e.part...)
	binary.LittleEndian.PutUint32(e.page, uint32(len(e.page)-4))
	return nil
}

func (e *encoder) dataPage(rows int, enc format.Encoding) error {
	return e.writePage(dataHeader(rows, enc), e.page)
}

func dataHeader(rows int, enc format.Encoding) *format.PageHeader {
	return &format.PageHeader{
		Type: format.DataPage,
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(rows), Encoding: enc,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		}),
	}
}

// writePage appends header and body. A chunk has one codec, so the first page
// decides: when it is tiny or gains nothing, so are the others.
func (e *encoder) writePage(h *format.PageHeader, body []byte) error {
	if len(body) > math.MaxInt32 {
		return fmt.Errorf("page of %d bytes is too large", len(body))
	}
	if len(e.out) == 0 && !e.chunk.dictionary {
		e.chunk.codec = e.codecOf(body)
	}
	size := len(body)
	switch e.chunk.codec {
	case format.Zstd:
		if len(body) >= minCompress && (e.effort == Thorough || h.Type == format.DictionaryPage) {
			e.part = e.zstd.EncodeAll(body, e.part[:0])
		} else {
			e.part = e.frames.pack(e.part[:0], body)
		}
		body = e.part
	case format.Snappy:
		if e.chunk.dictionary && h.Type != format.DictionaryPage {
			e.part = snappyLiteral(e.part[:0], body)
		} else {
			e.part = s2.EncodeSnappy(e.part[:cap(e.part)], body)
		}
		body = e.part
	}
	return e.packedPage(h, size, body)
}

// snappyLiteral appends bytes as they are, as Snappy frames them.
func snappyLiteral(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	if len(b) == 0 {
		return dst
	}
	n := uint32(len(b) - 1)
	return append(append(dst, 63<<2, byte(n), byte(n>>8), byte(n>>16), byte(n>>24)), b...)
}

// codecOf chooses how a chunk without a dictionary is packed, by its first page.
// What repeats in differences repeats often, and Snappy finds it.
func (e *encoder) codecOf(body []byte) format.CompressionCodec {
	if len(body) < minCompress {
		return format.Uncompressed
	}
	if e.effort == Thorough {
		return format.Zstd
	}
	if e.part = s2.EncodeSnappy(e.part[:cap(e.part)], body); len(e.part) > len(body)-len(body)/8 {
		return format.Uncompressed
	}
	return format.Snappy
}

// packedPage appends header and body, compressed from size bytes.
func (e *encoder) packedPage(h *format.PageHeader, size int, body []byte) error {
	h.UncompressedPageSize = int32(size)
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
