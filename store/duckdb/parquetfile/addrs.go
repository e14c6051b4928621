// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Nearly all addresses are of IPv4: they are told apart by their four bytes,
// and stand first in the dictionary, so that the others' twelve cost nothing.

// other marks the code of a value that is none of IPv4 until their number is known.
const other = 1 << 31

// addrs is how many values the dictionary of internAddrs holds.
func (t *interner) addrs() int { return (len(t.four) + len(t.fixed)/4) / 4 }

// internAddrs is internFixed for nullable values of 16 bytes; those of IPv4 go
// to t.four, others to t.fixed, which come after them.
func (t *interner) internAddrs(values []byte, limit int) bool {
	rows := len(values) / 16
	t.reset(rows)
	t.resetFour(rows)
	t.codes = slices.Grow(t.codes, rows)[:rows]
	codes := t.codes
	for i := range codes {
		x := values[i*16 : i*16+16]
		high, low := binary.LittleEndian.Uint64(x), binary.LittleEndian.Uint64(x[8:])
		switch {
		case high == 0 && uint32(low) == 0xFFFF0000:
			codes[i] = t.internFour(uint32(low >> 32))
		case high|low == 0:
			codes[i] = 0
		default:
			codes[i] = t.internPair(high, low) | other
		}
		if t.addrs() > limit {
			return false
		}
	}
	if len(t.fixed) > 0 {
		fours := uint32(len(t.four) / 4)
		for i, c := range codes {
			codes[i] = c&^other + c>>31*fours
		}
	}
	return true
}

func (t *interner) resetFour(rows int) {
	size := 256
	for size < rows/4 {
		size *= 2
	}
	if cap(t.fours) < size {
		t.fours = make([]uint64, size)
	}
	t.fours, t.four = t.fours[:size], t.four[:0]
	clear(t.fours)
}

// internFour gives the code of four bytes. A slot of the table holds both.
func (t *interner) internFour(x uint32) uint32 {
	shift := 64 - bits.TrailingZeros(uint(len(t.fours)))
	mask := uint64(len(t.fours) - 1)
	for at := uint64(x) * intSeed >> shift; ; at = (at + 1) & mask {
		slot := t.fours[at]
		if slot == 0 {
			t.four = binary.LittleEndian.AppendUint32(t.four, x)
			code := uint32(len(t.four) / 4)
			t.fours[at] = uint64(x)<<32 | uint64(code)
			if 2*int(code) > len(t.fours) {
				t.growFour()
			}
			return code
		}
		if uint32(slot>>32) == x {
			return uint32(slot)
		}
	}
}

func (t *interner) growFour() {
	old := t.fours
	t.fours = make([]uint64, 2*len(old))
	shift := 64 - bits.TrailingZeros(uint(len(t.fours)))
	mask := uint64(len(t.fours) - 1)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		at := slot >> 32 * intSeed >> shift
		for t.fours[at] != 0 {
			at = (at + 1) & mask
		}
		t.fours[at] = slot
	}
}

// addrDictionary writes the dictionary of internAddrs.
func (e *encoder) addrDictionary() error {
	e.addrBounds()
	size := 16 * e.dict.addrs()
	e.part = beginFrame(e.part[:0], size)
	if rest := e.dict.fixed; len(rest) > 0 {
		e.part = rawBlocks(mappedAddrs.blocks(e.part, e.dict.four, false), rest, true)
	} else {
		e.part = mappedAddrs.blocks(e.part, e.dict.four, true)
	}
	return e.packedPage(e.dictionaryHeader(e.dict.addrs()), size, e.part)
}

// addrBounds follows from the dictionary: an address counts as sixteen bytes.
func (e *encoder) addrBounds() {
	r := boundsOfFixed(e.dict.fixed, 16, true)
	if len(e.dict.four) > 0 {
		low, high := uint32(1<<32-1), uint32(0)
		for at := 0; at < len(e.dict.four); at += 4 {
			x := binary.BigEndian.Uint32(e.dict.four[at:])
			low, high = min(low, x), max(high, x)
		}
		least := mappedAddrs.value(nil, binary.BigEndian.AppendUint32(nil, low))
		most := mappedAddrs.value(nil, binary.BigEndian.AppendUint32(nil, high))
		if r.min == nil || bytes.Compare(least, r.min) < 0 {
			r.min = least
		}
		if r.max == nil || bytes.Compare(most, r.max) > 0 {
			r.max = most
		}
	}
	e.chunk.bounds = r
}

// halfPages writes keys as they are, without second halves where those are
// zero in all of them.
func (e *encoder) halfPages(c *Column, v *Vector, rows int) error {
	for at := 8; at < len(v.Fixed); at += 16 {
		if binary.LittleEndian.Uint64(v.Fixed[at:]) != 0 {
			return e.randomPages(c, v, rows)
		}
	}
	e.plainEncodings(format.Plain)
	e.chunk.bounds = boundsOfFixed(v.Fixed, c.Width, c.Required)
	for from := 0; from < rows; from += pageRows {
		to := min(from+pageRows, rows)
		e.levels = slices.Grow(e.levels[:0], to-from)[:to-from]
		e.suffixes = slices.Grow(e.suffixes[:0], 8*(to-from)+8)[:8*(to-from)+8]
		set := 0
		for i := range e.levels {
			key := binary.LittleEndian.Uint64(v.Fixed[(from+i)*16:])
			binary.LittleEndian.PutUint64(e.suffixes[8*set:], key)
			level := (key | -key) >> 63 // 0 for 0, else 1
			e.levels[i] = uint8(level)
			set += int(level)
		}
		if err := e.startPage(c.Required, to-from-set); err != nil {
			return err
		}
		size := len(e.page) + 16*set
		e.packed = rawBlocks(beginFrame(e.packed[:0], size), e.page, set == 0)
		if set > 0 {
			e.packed = halfKeys.blocks(e.packed, e.suffixes[:8*set], true)
		}
		if err := e.packedPage(dataHeader(to-from, format.Plain), size, e.packed); err != nil {
			return err
		}
	}
	return nil
}

// dictionaryHeader begins a chunk with a dictionary of n values.
func (e *encoder) dictionaryHeader(n int) *format.PageHeader {
	e.chunk.dictionary = true
	e.chunk.encodings = []format.Encoding{format.Plain, format.RLE, format.RLEDictionary}
	return &format.PageHeader{
		Type: format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
			NumValues: int32(n), Encoding: format.Plain,
		}),
	}
}
