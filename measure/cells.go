// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"errors"
	"sort"
)

// Packed cells: a count, then for each cell in key order the difference to the
// key before, a byte that says which counters are not zero, and those, zigzag.
// All numbers are varints.

var errCells = errors.New("measure: cells are damaged")

// byKey sorts cells by key without moving them.
type byKey struct {
	order []uint32
	keys  []uint64
}

func (s byKey) Len() int           { return len(s.order) }
func (s byKey) Less(i, j int) bool { return s.keys[s.order[i]] < s.keys[s.order[j]] }
func (s byKey) Swap(i, j int)      { s.order[i], s.order[j] = s.order[j], s.order[i] }

// appendCells encodes cells, leaving out those that are zero.
func appendCells(dst []byte, keys []uint64, cells []Cell) []byte {
	order := make([]uint32, 0, len(keys))
	for i := range keys {
		if !cells[i].zero() {
			order = append(order, uint32(i))
		}
	}
	sort.Sort(byKey{order, keys})
	dst = binary.AppendUvarint(dst, uint64(len(order)))
	var before uint64
	for _, i := range order {
		dst = binary.AppendUvarint(dst, keys[i]-before)
		before = keys[i]
		dst = appendCell(dst, &cells[i])
	}
	return dst
}

func appendCell(dst []byte, c *Cell) []byte {
	at := len(dst)
	dst = append(dst, 0)
	for i, v := range c {
		if v != 0 {
			dst[at] |= 1 << i
			dst = binary.AppendVarint(dst, v)
		}
	}
	return dst
}

// checkCells verifies one encoded run and gives what follows it.
func checkCells(data []byte, keyLimit uint64) (rest []byte, err error) {
	n, w := binary.Uvarint(data)
	if w <= 0 || n > uint64(len(data)) {
		return nil, errCells
	}
	data = data[w:]
	var key uint64
	for i := range n {
		d, w := binary.Uvarint(data)
		if w <= 0 || len(data) == w || i > 0 && d == 0 || d >= keyLimit || key+d >= keyLimit {
			return nil, errCells
		}
		key += d
		mask := data[w]
		data = data[w+1:]
		for ; mask != 0; mask &= mask - 1 {
			_, w := binary.Varint(data)
			if w <= 0 {
				return nil, errCells
			}
			data = data[w:]
		}
	}
	return data, nil
}

// walkCells reads a run that checkCells or appendCells vouches for.
func walkCells(data []byte, fn func(key uint64, c *Cell)) {
	n, w := binary.Uvarint(data)
	var (
		key uint64
		c   Cell
	)
	at := w
	for range n {
		d, w := uvarint(data[at:])
		key += d
		at += w
		mask := data[at]
		at++
		c = Cell{}
		for i := 0; mask != 0; mask, i = mask>>1, i+1 {
			if mask&1 == 0 {
				continue
			}
			v, w := uvarint(data[at:])
			c[i] = int64(v>>1) ^ -int64(v&1)
			at += w
		}
		fn(key, &c)
	}
}

// uvarint is binary.Uvarint with the one-byte case inlined.
func uvarint(b []byte) (uint64, int) {
	if b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}
