// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"

	"haidang/event"
)

// largeDictionary is from how many bytes on the strings of a dictionary weigh
// more than what its codes could gain: Snappy takes a fifth of the time of zstd,
// but has nothing for codes.
const largeDictionary = 16 << 10

func (e *encoder) strings(v *Vector, rows int) error {
	values := v.Dict.Values
	if n := len(values) - 1; n > 1024 && n > rows*2/3 {
		var t event.Text
		for row := range rows {
			t.Append(v.Dict.At(row))
		}
		return e.textPages([]*event.Text{&t})
	}
	if len(values) <= 1 { // nothing but "not set"
		e.chunk.encodings = []format.Encoding{format.RLE, format.Plain}
		return e.nullPages(rows)
	}
	plain := make([]byte, 0, 16*len(values))
	all := make([][]byte, 0, len(values)-1)
	for _, s := range values[1:] {
		plain = appendString(plain, s)
		all = append(all, plain[len(plain)-len(s):])
	}
	e.chunk.bounds = boundsOfBytes(all)
	if e.effort == Quick && len(plain) > largeDictionary {
		e.chunk.codec = format.Snappy
	}
	if err := e.dictionaryPage(plain, len(values)-1); err != nil {
		return err
	}
	return e.codePages(v.Dict.Codes, len(values)-1, false)
}

// appendString appends a value in Parquet's plain encoding.
func appendString(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
}

// nullPages writes a column in which no row is set.
func (e *encoder) nullPages(rows int) error {
	for from := 0; from < rows; from += pageRows {
		n := min(pageRows, rows-from)
		e.oneLevel(n, 0)
		if err := e.dataPage(n, format.Plain); err != nil {
			return err
		}
	}
	return nil
}

// bools are stored plain, one bit a row, the first row lowest.
func (e *encoder) bools(v *Vector, rows int) error {
	e.plainEncodings(format.Plain)
	for from := 0; from < rows; from += pageRows {
		to := min(from+pageRows, rows)
		e.page = append(e.page[:0], make([]byte, (to-from+7)/8)...)
		for i, x := range v.Ints[from:to] {
			e.page[i/8] |= byte(x&1) << (i % 8)
		}
		if err := e.dataPage(to-from, format.Plain); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) fixed(c *Column, v *Vector, rows int) error {
	switch {
	case !c.Required && isZero(v.Fixed):
		e.plainEncodings(format.Plain)
		return e.nullPages(rows)
	case c.Random:
		return e.randomPages(c, v, rows)
	case c.Halves:
		return e.halfPages(c, v, rows)
	case c.Growing:
		return e.fixedPages(c, v, rows)
	case c.Width == 16 && !c.Required && e.dict.internAddrs(v.Fixed, max(64, rows*3/4)):
		if err := e.addrDictionary(); err != nil {
			return err
		}
		return e.codePages(e.dict.codes, e.dict.addrs(), false)
	case c.Width != 16 && e.dict.internFixed(v.Fixed, c.Width, !c.Required, max(64, rows*3/4)):
		n := len(e.dict.fixed) / c.Width
		e.chunk.bounds = boundsOfFixed(e.dict.fixed, c.Width, true)
		if err := e.dictionaryPage(e.dict.fixed, n); err != nil {
			return err
		}
		return e.codePages(e.dict.codes, n, c.Required)
	}
	return e.fixedPages(c, v, rows)
}

// randomPages writes values as they are.
func (e *encoder) randomPages(c *Column, v *Vector, rows int) error {
	e.plainEncodings(format.Plain)
	e.chunk.codec = format.Uncompressed
	e.chunk.bounds = boundsOfFixed(v.Fixed, c.Width, c.Required)
	for from := 0; from < rows; from += pageRows {
		to := min(from+pageRows, rows)
		page := v.Fixed[from*c.Width : to*c.Width]
		if !c.Required && isZero(page) {
			e.oneLevel(to-from, 0)
			if err := e.dataPage(to-from, format.Plain); err != nil {
				return err
			}
			continue
		}
		nulls := e.pick(page, c.Width, c.Required)
		if err := e.startPage(c.Required, nulls); err != nil {
			return err
		}
		e.page = append(e.page, e.suffixes...)
		if err := e.dataPage(to-from, format.Plain); err != nil {
			return err
		}
	}
	return nil
}

// pick puts the values that are set into e.suffixes, says in e.levels which
// those are, and gives the number of others.
func (e *encoder) pick(page []byte, width int, required bool) (nulls int) {
	e.levels, e.suffixes = e.levels[:0], e.suffixes[:0]
	for ; len(page) > 0; page = page[width:] {
		x := page[:width]
		if !required && isZero(x) {
			e.levels = append(e.levels, 0)
			nulls++
			continue
		}
		e.levels = append(e.levels, 1)
		e.suffixes = append(e.suffixes, x...)
	}
	return nulls
}

// fixedPages writes values that do not repeat as DELTA_BYTE_ARRAY: how much each
// shares with the one before it, and the rest. Identifiers begin with a time.
func (e *encoder) fixedPages(c *Column, v *Vector, rows int) error {
	e.plainEncodings(format.DeltaByteArray)
	e.chunk.bounds = boundsOfFixed(v.Fixed, c.Width, c.Required)
	for from := 0; from < rows; from += pageRows {
		to := min(from+pageRows, rows)
		e.levels, e.codes = e.levels[:0], e.codes[:0]
		for row := from; row < to; row++ {
			if !c.Required && isZero(v.Fixed[row*c.Width:(row+1)*c.Width]) {
				e.levels = append(e.levels, 0)
				continue
			}
			e.levels = append(e.levels, 1)
			e.codes = append(e.codes, int32(row))
		}
		if err := e.startPage(c.Required, to-from-len(e.codes)); err != nil {
			return err
		}
		if err := e.deltaBytes(c, v); err != nil {
			return err
		}
		if err := e.dataPage(to-from, format.DeltaByteArray); err != nil {
			return err
		}
	}
	return nil
}

// sharedPrefix is how many bytes a begins with as b does, which is empty or as
// long.
func sharedPrefix(a, b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// deltaBytes appends the rows in e.codes to the page.
func (e *encoder) deltaBytes(c *Column, v *Vector) error {
	var enc delta.BinaryPackedEncoding
	e.ints32 = e.ints32[:0]
	e.suffixes = e.suffixes[:0]
	var last []byte
	for _, row := range e.codes {
		x := v.Fixed[int(row)*c.Width : (int(row)+1)*c.Width]
		shared := sharedPrefix(x, last)
		e.ints32 = append(e.ints32, int32(shared))
		e.suffixes = append(e.suffixes, x[shared:]...)
		last = x
	}
	var err error
	if e.part, err = enc.EncodeInt32(e.part, e.ints32); err != nil {
		return err
	}
	e.page = append(e.page, e.part...)
	for i := range e.ints32 {
		e.ints32[i] = int32(c.Width) - e.ints32[i]
	}
	if e.part, err = enc.EncodeInt32(e.part, e.ints32); err != nil {
		return err
	}
	e.page = append(e.page, e.part...)
	e.page = append(e.page, e.suffixes...)
	return nil
}

func (e *encoder) integers(c *Column, v *Vector, rows int) error {
	if !c.Delta && e.dict.internInts(v.Ints, c.bits(), c.unset(), !c.Required, c.worthCoding(rows)) {
		n := len(e.dict.ints)
		if n == 0 {
			e.plainEncodings(format.Plain)
			return e.nullPages(rows)
		}
		e.chunk.bounds = c.intBounds(e.dict.ints)
		plain := c.plainInts(make([]byte, 0, 8*n), e.dict.ints)
		if err := e.dictionaryPage(plain, n); err != nil {
			return err
		}
		return e.codePages(e.dict.codes, n, c.Required)
	}
	enc := format.Plain
	if c.Delta || c.bits() <= 16 {
		enc = format.DeltaBinaryPacked
	}
	e.plainEncodings(enc)
	return e.intPages(c, v, rows, enc)
}

func (e *encoder) intPages(c *Column, v *Vector, rows int, enc format.Encoding) error {
	var bound intBounds
	unset := c.unset()
	for from := 0; from < rows; from += pageRows {
		to := min(from+pageRows, rows)
		e.levels, e.ints = e.levels[:0], e.ints[:0]
		for _, x := range v.Ints[from:to] {
			if x == unset && !c.Required {
				e.levels = append(e.levels, 0)
				continue
			}
			e.levels = append(e.levels, 1)
			e.ints = append(e.ints, x)
		}
		if err := e.startPage(c.Required, to-from-len(e.ints)); err != nil {
			return err
		}
		bound.add(c, e.ints)
		switch {
		case len(e.ints) == 0 && enc == format.DeltaBinaryPacked:
			// An empty sequence still has a header.
			fallthrough
		case enc == format.DeltaBinaryPacked:
			if err := e.deltaInts(e.ints, c.Kind != Int32); err != nil {
				return err
			}
		default:
			e.page = c.plainInts(e.page, e.ints)
		}
		if err := e.dataPage(to-from, enc); err != nil {
			return err
		}
	}
	e.chunk.bounds = bound.bounds(c)
	return nil
}
