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
			for range min(head>>1, uint64(n-len(dst))) {
				dst = append(dst, T(x))
			}
			continue
		}
		size := (head >> 1) * uint64(width)
		if head>>1 == 0 || head>>1 > uint64(n) || size > uint64(len(b)) {
			return nil, errShort
		}
		dst = unpack(dst, b[:size], width, min(int(head>>1)*8, n-len(dst)))
		b = b[size:]
	}
	return dst, nil
}

// unpack appends n values of width bits, the lowest bits first.
func unpack[T uint8 | int32](dst []T, b []byte, width, n int) []T {
	mask := uint64(1)<<width - 1
	var hold uint64
	have := 0
	for range n {
		for have < width {
			hold |= uint64(b[0]) << have
			b = b[1:]
			have += 8
		}
		dst = append(dst, T(hold&mask))
		hold >>= width
		have -= width
	}
	return dst
}

// deltaSection cuts a DELTA_BINARY_PACKED sequence of exactly n values of at
// most the given bits off b.
func deltaSection(b []byte, n, bits int) (section, rest []byte, err error) {
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
			if int(w) > bits {
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
