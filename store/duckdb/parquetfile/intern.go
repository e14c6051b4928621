// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"hash/maphash"
	"math/rand/v2"
)

var (
	fixedSeed = maphash.MakeSeed()
	intSeed   = rand.Uint64() | 1
)

// interner builds a dictionary of integers or of fixed-width values: one code a
// row, 0 for "not set", else one more than the index of the value.
type interner struct {
	table []uint32 // open addressing, 0 is free
	codes []uint32
	ints  []int64
	fixed []byte
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

// internInts gives false when there are more than limit distinct values.
func (t *interner) internInts(values []int64, unset int64, nullable bool, limit int) bool {
	t.reset(len(values))
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
