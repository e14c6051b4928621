// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// What a damaged file claims must not cost memory or time beyond its page: the
// library's decoders believe the counts that they read, so these are checked
// before, or decoded here.

// hybrid reads exactly n values of Parquet's RLE and bit-packing hybrid.
func hybrid[T uint8 | int32](dst []T, b []byte, width, n int) ([]T, error) {
	dst = slices.Grow(dst[:0], n)
	bytesWide := (width + 7) / 8
	for len(dst) < n {
		head, k := binary.Uvarint(b)
		if k <= 0 {
			return nil, errShort
		}
		b = b[k:]
		if head&1 == 0 {
			if len(b) < bytesWide || head>>1 == 0 {
				return nil, errShort
			}
			var x uint32
			for i := range bytesWide {
				x |= uint32(b[i]) << (8 * i)
			}
			if x>>width != 0 {
				return nil, errShort
			}
			b = b[bytesWide:]
			run := dst[len(dst) : len(dst)+int(min(head>>1, uint64(n-len(dst))))]
			for i := range run {
				run[i] = T(x)
			}
			dst = dst[:len(dst)+len(run)]
			continue
		}
		size := (head >> 1) * uint64(width)
		if head>>1 == 0 || head>>1 > 1<<28 || size > uint64(len(b)) {
			return nil, errShort
		}
		some := min(int(head>>1)*8, n-len(dst))
		if levels, ok := any(dst).([]uint8); ok && width == 1 {
			dst = any(unpackBits(levels, b, some)).([]T)
		} else {
			dst = unpack(dst, b[:size], width, some)
		}
		b = b[size:]
	}
	return dst, nil
}

// bitsOf holds the eight bits of each byte, the lowest first.
var bitsOf = func() (t [256][8]uint8) {
	for b := range t {
		for i := range t[b] {
			t[b][i] = uint8(b >> i & 1)
		}
	}
	return t
}()

// unpackBits is unpack for single bits.
func unpackBits(dst []uint8, b []byte, n int) []uint8 {
	out := dst[len(dst) : len(dst)+n]
	for len(out) >= 8 {
		*(*[8]uint8)(out) = bitsOf[b[0]]
		out, b = out[8:], b[1:]
	}
	for i := range out {
		out[i] = b[0] >> i & 1
	}
	return dst[:len(dst)+n]
}

// unpack appends n values of width bits, the lowest bits first.
func unpack[T uint8 | int32](dst []T, b []byte, width, n int) []T {
	out := dst[len(dst) : len(dst)+n]
	mask := uint64(1)<<width - 1
	bit, i := 0, 0
	if width <= 8 { // eight values lie in as many bytes
		for ; i+8 <= n && bit>>3+8 <= len(b); i += 8 {
			x, o := binary.LittleEndian.Uint64(b[bit>>3:]), out[i:i+8:i+8]
			for k := range o {
				o[k] = T(x & mask)
				x >>= width
			}
			bit += 8 * width
		}
	}
	for ; i < n && bit>>3+8 <= len(b); i++ {
		out[i] = T(binary.LittleEndian.Uint64(b[bit>>3:]) >> (bit & 7) & mask)
		bit += width
	}
	for ; i < n; i++ { // the last bytes
		var word uint64
		for k := 0; k < 8 && bit>>3+k < len(b); k++ {
			word |= uint64(b[bit>>3+k]) << (8 * k)
		}
		out[i] = T(word >> (bit & 7) & mask)
		bit += width
	}
	return dst[:len(dst)+n]
}

// deltaSection cuts a DELTA_BINARY_PACKED sequence of exactly n values of at
// most the widest bits off b.
func deltaSection(b []byte, n, widest int) (section, rest []byte, err error) {
	const blockSize, miniBlocks, inMini = 128, 4, 32
	var head [3]uint64
	at := 0
	for i := range head {
		x, k := binary.Uvarint(b[at:])
		if k <= 0 {
			return nil, nil, errShort
		}
		head[i], at = x, at+k
	}
	_, k := binary.Varint(b[at:])
	if k <= 0 {
		return nil, nil, errShort
	}
	at += k
	if head[0] != blockSize || head[1] != miniBlocks || head[2] != uint64(n) {
		return nil, nil, fmt.Errorf("a sequence of %d values in blocks of %d by %d is not ours", head[2], head[0], head[1])
	}
	for left := n - 1; left > 0; {
		_, k := binary.Varint(b[at:])
		if k <= 0 || at+k+miniBlocks > len(b) {
			return nil, nil, errShort
		}
		widths := b[at+k : at+k+miniBlocks]
		at += k + miniBlocks
		for _, w := range widths {
			if left <= 0 {
				break
			}
			if int(w) > widest {
				return nil, nil, errShort
			}
			if at += inMini * int(w) / 8; at > len(b) {
				return nil, nil, errShort
			}
			left -= inMini
		}
	}
	return b[:at:at], b[at:], nil
}
