// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Packed cells: a count, then for each cell in key order the difference to the
// key before, a byte that says which counters are not zero, and those, zigzag.
// All numbers are varints.

var errCells = errors.New("measure: cells are damaged")

// cellOrder is memory to sort and to encode cells in.
type cellOrder struct {
	list []keyed
	run  []byte
}

// keyed is a cell's key and its place.
type keyed struct {
	key uint64
	at  uint32
}

func byKey(a, b keyed) int { return cmp.Compare(a.key, b.key) }

// appendCells encodes cells, leaving out those that are zero.
func appendCells(dst []byte, keys []uint64, cells []Cell, order *cellOrder) []byte {
	list := order.list[:0]
	for i, key := range keys {
		if !cells[i].zero() {
			list = append(list, keyed{key, uint32(i)})
		}
	}
	order.list = list
	slices.SortFunc(list, byKey)
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	var before uint64
	for _, k := range list {
		dst = binary.AppendUvarint(dst, k.key-before)
		before = k.key
		dst = appendCell(dst, &cells[k.at])
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
	data = data[w:]
	for range n {
		d, w := uvarint(data)
		key += d
		data = c.read(data[w:])
		fn(key, &c)
	}
}

// read decodes a cell and gives what follows it.
func (c *Cell) read(data []byte) []byte {
	*c = Cell{}
	mask, at := data[0], 1
	for i := 0; mask != 0; mask, i = mask>>1, i+1 {
		if mask&1 == 0 {
			continue
		}
		v, w := uvarint(data[at:])
		c[i] = int64(v>>1) ^ -int64(v&1)
		at += w
	}
	return data[at:]
}

// uvarint is binary.Uvarint with the one-byte case inlined.
func uvarint(b []byte) (uint64, int) {
	if b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}
