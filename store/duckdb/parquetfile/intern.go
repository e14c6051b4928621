// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"slices"
)

var (
	fixedSeed = maphash.MakeSeed()
	intSeed   = rand.Uint64() | 1
)

// interner builds a dictionary of integers or of fixed-width values: one code a
// row, 0 for "not set", else one more than the index of the value.
type interner struct {
	table []uint32 // open addressing, 0 is free
	small []uint32 // code of each number of up to 16 bits
	codes []uint32
	ints  []int64
	fixed []byte
	fours []uint64 // open addressing over four: four bytes and their code
	four  []byte   // values of four bytes
}

func (t *interner) reset(rows int) {
	size := 256
	for size < rows/8 {
		size *= 2
	}
	if cap(t.table) < size {
		t.table = make([]uint32, size)
	}
	t.table = t.table[:size]
	clear(t.table)
	t.codes, t.ints, t.fixed = t.codes[:0], t.ints[:0], t.fixed[:0]
}

func hashInt(x int64) uint64 {
	h := uint64(x) * intSeed
	return h ^ h>>29
}

func (t *interner) grow(n int, hash func(i int) uint64) {
	t.table = make([]uint32, 2*len(t.table))
	mask := uint64(len(t.table) - 1)
	for i := range n {
		at := hash(i) & mask
		for t.table[at] != 0 {
			at = (at + 1) & mask
		}
		t.table[at] = uint32(i) + 1
	}
}

// manyRows is from how many rows on a table of all 16-bit numbers is worth
// clearing.
const manyRows = 1 << 12

// internSmall is internInts for numbers below size, 0 being "not set".
func (t *interner) internSmall(values []int64, nullable bool, size, limit int) bool {
	if t.small == nil {
		t.small = make([]uint32, 1<<16)
	}
	table := t.small[:size]
	clear(table)
	if nullable {
		table[0] = unmapped // so that it is asked for apart
	}
	t.codes = slices.Grow(t.codes, len(values))[:len(values)]
	codes := t.codes
	for i, x := range values {
		if i == manyRows && len(t.ints) > limit/2 {
			return false // as good as random, like ports of clients
		}
		code := table[x&int64(size-1)]
		if code == 0 {
			t.ints = append(t.ints, x)
			code = uint32(len(t.ints))
			table[x&int64(size-1)] = code
		}
		codes[i] = code
	}
	if nullable {
		for i, c := range codes {
			if c == unmapped {
				codes[i] = 0
			}
		}
	}
	return len(t.ints) <= limit
}

// internInts gives false when there are more than limit distinct values, of at
// most the given bits.
func (t *interner) internInts(values []int64, bits int, unset int64, nullable bool, limit int) bool {
	t.reset(len(values))
	if len(values) >= manyRows && bits <= 16 {
		return t.internSmall(values, nullable, 1<<bits, limit)
	}
	var every int64
	for _, x := range values {
		every |= x
	}
	if uint64(every)>>32 == 0 && unset == 0 {
		return t.internNarrow(values, nullable, limit)
	}
	var last int64
	var code uint32
	for i, x := range values {
		if nullable && x == unset {
			t.codes = append(t.codes, 0)
			continue
		}
		if i == 0 || x != last || code == 0 {
			if code = t.internInt(x); len(t.ints) > limit {
				return false
			}
			last = x
		}
		t.codes = append(t.codes, code)
	}
	return true
}

// internNarrow is internInts for numbers of 32 bits, 0 being "not set".
func (t *interner) internNarrow(values []int64, nullable bool, limit int) bool {
	t.resetFour(len(values))
	t.codes = slices.Grow(t.codes, len(values))[:len(values)]
	codes := t.codes
	for i, x := range values {
		if x == 0 && nullable {
			codes[i] = 0
			continue
		}
		codes[i] = t.internFour(uint32(x))
		if len(t.four) > 4*limit {
			return false
		}
	}
	for at := 0; at < len(t.four); at += 4 {
		t.ints = append(t.ints, int64(binary.LittleEndian.Uint32(t.four[at:])))
	}
	return true
}

func (t *interner) internInt(x int64) uint32 {
	if 2*len(t.ints) >= len(t.table) {
		t.grow(len(t.ints), func(i int) uint64 { return hashInt(t.ints[i]) })
	}
	mask := uint64(len(t.table) - 1)
	for at := hashInt(x) & mask; ; at = (at + 1) & mask {
		switch c := t.table[at]; {
		case c == 0:
			t.ints = append(t.ints, x)
			t.table[at] = uint32(len(t.ints))
			return t.table[at]
		case t.ints[c-1] == x:
			return c
		}
	}
}

// internFixed gives false when there are more than limit distinct values.
func (t *interner) internFixed(values []byte, width int, nullable bool, limit int) bool {
	t.reset(len(values) / width)
	var last []byte
	var code uint32
	for at := 0; at < len(values); at += width {
		x := values[at : at+width]
		if nullable && isZero(x) {
			t.codes = append(t.codes, 0)
			continue
		}
		if last == nil || !bytes.Equal(x, last) {
			if code = t.internOne(x); len(t.fixed) > limit*width {
				return false
			}
			last = x
		}
		t.codes = append(t.codes, code)
	}
	return true
}

func (t *interner) internOne(x []byte) uint32 {
	width := len(x)
	n := len(t.fixed) / width
	if 2*n >= len(t.table) {
		t.grow(n, func(i int) uint64 { return maphash.Bytes(fixedSeed, t.fixed[i*width:(i+1)*width]) })
	}
	mask := uint64(len(t.table) - 1)
	for at := maphash.Bytes(fixedSeed, x) & mask; ; at = (at + 1) & mask {
		c := t.table[at]
		if c == 0 {
			t.fixed = append(t.fixed, x...)
			t.table[at] = uint32(n) + 1
			return t.table[at]
		}
		if bytes.Equal(t.fixed[int(c-1)*width:int(c)*width], x) {
			return c
		}
	}
}

func hashPair(high, low uint64) uint64 {
	a, b := bits.Mul64(high^intSeed, low^0x9E3779B97F4A7C15)
	return a ^ b
}

func (t *interner) pair(i int) (high, low uint64) {
	x := t.fixed[i*16 : i*16+16]
	return binary.LittleEndian.Uint64(x), binary.LittleEndian.Uint64(x[8:])
}

func (t *interner) internPair(high, low uint64) uint32 {
	n := len(t.fixed) / 16
	if 2*n >= len(t.table) {
		t.grow(n, func(i int) uint64 { return hashPair(t.pair(i)) })
	}
	mask := uint64(len(t.table) - 1)
	for at := hashPair(high, low) & mask; ; at = (at + 1) & mask {
		c := t.table[at]
		if c == 0 {
			t.fixed = binary.LittleEndian.AppendUint64(t.fixed, high)
			t.fixed = binary.LittleEndian.AppendUint64(t.fixed, low)
			t.table[at] = uint32(n) + 1
			return t.table[at]
		}
		if h, l := t.pair(int(c - 1)); h == high && l == low {
			return c
		}
	}
}
