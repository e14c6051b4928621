// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"slices"
)

// plainInts appends values in Parquet's plain encoding.
func (c *Column) plainInts(dst []byte, values []int64) []byte {
	if c.Kind == Int32 {
		for _, x := range values {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(x))
		}
		return dst
	}
	for _, x := range values {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
	}
	return dst
}

// bits is the width of a column's numbers.
func (c *Column) bits() int {
	if c.Kind == Int32 {
		return c.Bits
	}
	return 64
}

// worthCoding is up to how many distinct values a dictionary of a column's
// numbers is smaller than they are. Ports of clients are as good as random: as
// differences they take 17 bits each, and no dictionary beside.
func (c *Column) worthCoding(rows int) int {
	if c.bits() == 16 {
		return max(64, rows/8)
	}
	return max(64, rows/2)
}

// intBounds follows the least and greatest value seen.
type intBounds struct {
	any      bool
	min, max int64
}

func (c *Column) less(a, b int64) bool {
	if c.Kind == Int64 {
		return uint64(a) < uint64(b)
	}
	return a < b
}

func (r *intBounds) add(c *Column, values []int64) {
	for _, x := range values {
		if !r.any || c.less(x, r.min) {
			r.min = x
		}
		if !r.any || c.less(r.max, x) {
			r.max = x
		}
		r.any = true
	}
}

func (r *intBounds) bounds(c *Column) bounds {
	if !r.any {
		return bounds{}
	}
	return bounds{c.plainInts(nil, []int64{r.min}), c.plainInts(nil, []int64{r.max})}
}

func (c *Column) intBounds(values []int64) bounds {
	var r intBounds
	r.add(c, values)
	return r.bounds(c)
}

// readPlain undoes plainInts for n values.
func (c *Column) readPlain(dst []int64, b []byte, n int) ([]int64, error) {
	size := 8
	if c.Kind == Int32 {
		size = 4
	}
	if n < 0 || len(b) < n*size {
		return nil, errShort
	}
	for i := range n {
		if size == 4 {
			dst = append(dst, int64(binary.LittleEndian.Uint32(b[4*i:])))
		} else {
			dst = append(dst, int64(binary.LittleEndian.Uint64(b[8*i:])))
		}
	}
	return dst, nil
}

func readBits(dst []int64, b []byte, n int) ([]int64, error) {
	if len(b) < (n+7)/8 {
		return nil, errShort
	}
	for i := range n {
		dst = append(dst, int64(b[i/8]>>(i%8)&1))
	}
	return dst, nil
}

// AppendUnset adds n rows that are not set.
func (v *Vector) AppendUnset(c *Column, n int) {
	switch c.Kind {
	case UUID, Blob:
		n *= c.Width
		v.Fixed = slices.Grow(v.Fixed, n)
		clear(v.Fixed[len(v.Fixed) : len(v.Fixed)+n])
		v.Fixed = v.Fixed[:len(v.Fixed)+n]
	case String:
		v.Dict.Code("")
		clear(v.rowsOf(n))
	case Text:
		for range n {
			v.Text.AppendBytes(nil)
		}
	default:
		for range n {
			v.Ints = append(v.Ints, c.unset())
		}
	}
}
