// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"math"

	"haidang/event"
)

// Vector is one column of one row group in memory. Which part is used follows
// from the column's kind; "not set" is held as the value that means so.
type Vector struct {
	Ints  []int64    // Int32, Int64, Time, Bool
	Fixed []byte     // UUID, Blob: Width bytes a row
	Dict  event.Dict // String
	Text  event.Text // Text

	uniform int // if not 0, the vector's only row stands for so many

	texts []*event.Text // Text: the column's parts, lent by whoever fills it; then Text is empty
}

func (v *Vector) reset() {
	v.Ints, v.Fixed = v.Ints[:0], v.Fixed[:0]
	v.Dict.Reset()
	v.Text.Reset()
	v.uniform = 0
	clear(v.texts) // they belong to others
	v.texts = v.texts[:0]
}

func (v *Vector) rows(c *Column) int {
	if v.uniform > 0 {
		return v.uniform
	}
	switch c.Kind {
	case UUID, Blob:
		return len(v.Fixed) / c.Width
	case String:
		return len(v.Dict.Codes)
	case Text:
		n := len(v.Text.Ends)
		for _, t := range v.texts {
			n += len(t.Ends)
		}
		return n
	default:
		return len(v.Ints)
	}
}

// parts gives the text column piece by piece.
func (v *Vector) parts() []*event.Text {
	if len(v.texts) == 0 {
		return []*event.Text{&v.Text}
	}
	return v.texts
}

// unset is the integer that means "not set" in a nullable column.
func (c *Column) unset() int64 {
	if c.Kind == Time {
		return math.MinInt64
	}
	return 0
}

// permute puts the rows into the given order, using spare as memory.
func (v *Vector) permute(c *Column, order []uint32, spare *Vector) {
	spare.reset()
	switch c.Kind {
	case UUID, Blob:
		for _, r := range order {
			at := int(r) * c.Width
			spare.Fixed = append(spare.Fixed, v.Fixed[at:at+c.Width]...)
		}
		v.Fixed, spare.Fixed = spare.Fixed, v.Fixed
	case String:
		for _, r := range order {
			spare.Dict.Codes = append(spare.Dict.Codes, v.Dict.Codes[r])
		}
		v.Dict.Codes, spare.Dict.Codes = spare.Dict.Codes, v.Dict.Codes
	case Text:
		for _, r := range order {
			spare.Text.AppendBytes(v.Text.At(int(r)))
		}
		v.Text, spare.Text = spare.Text, v.Text
	default:
		for _, r := range order {
			spare.Ints = append(spare.Ints, v.Ints[r])
		}
		v.Ints, spare.Ints = spare.Ints, v.Ints
	}
}

func isZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// bounds are the least and the greatest value, in Parquet's plain encoding
// without length; nil when there is none or when it would be long.
type bounds struct{ min, max []byte }

const maxBound = 64

func boundsOfBytes(values [][]byte) (b bounds) {
	for i, v := range values {
		if i == 0 || bytes.Compare(v, b.min) < 0 {
			b.min = v
		}
		if i == 0 || bytes.Compare(v, b.max) > 0 {
			b.max = v
		}
	}
	if len(b.min) > maxBound || len(b.max) > maxBound {
		return bounds{}
	}
	return b
}

// boundsOfFixed is boundsOfBytes for values of one width; zero leaves out those
// that are all zero.
func boundsOfFixed(b []byte, width int, zero bool) (r bounds) {
	if width == 16 {
		return boundsOf16(b, zero)
	}
	var low, high uint64
	for ; len(b) > 0; b = b[width:] {
		x := b[:width]
		var head uint64
		if width >= 8 {
			head = binary.BigEndian.Uint64(x)
		} else {
			head = uint64(x[0])<<8 | uint64(x[1])
		}
		if head == 0 && !zero && isZero(x) {
			continue
		}
		if r.min == nil || head < low || head == low && bytes.Compare(x, r.min) < 0 {
			r.min, low = x, head
		}
		if r.max == nil || head > high || head == high && bytes.Compare(x, r.max) > 0 {
			r.max, high = x, head
		}
	}
	// They outlive the column, whose memory the next one takes.
	return bounds{bytes.Clone(r.min), bytes.Clone(r.max)}
}

// boundsOf16 is boundsOfFixed for values of 16 bytes.
func boundsOf16(b []byte, zero bool) bounds {
	low, high := [2]uint64{math.MaxUint64, math.MaxUint64}, [2]uint64{}
	found := false
	for ; len(b) >= 16; b = b[16:] {
		x, y := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if x|y == 0 && !zero {
			continue
		}
		found = true
		if x < low[0] || x == low[0] && y < low[1] {
			low = [2]uint64{x, y}
		}
		if x > high[0] || x == high[0] && y > high[1] {
			high = [2]uint64{x, y}
		}
	}
	if !found {
		return bounds{}
	}
	plain := func(x [2]uint64) []byte {
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, x[0]), x[1])
	}
	return bounds{plain(low), plain(high)}
}
