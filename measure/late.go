// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"slices"
)

// Some records come when their minute, hour or day is long over and packed: few at
// a time, for hundreds of minutes, and they go on coming. What they add to a cube
// stands beside it as it came, until there is enough of it to pack both anew: so
// a cell takes some bytes and not the hundred of an open table.
//
// Gains are written like packed cells, but each with its key and without a count:
// several may be of one cell.

const (
	lateLeast = 256      // bytes of a cube's gains that are worth packing
	lateShare = 4        // likewise, the part of what is packed
	lateMost  = 32 << 10 // bytes before the cube is opened: many came at once
)

// gains gives what came late for a cube. It stays as it is: more is written behind.
func (b *bucket) gains(cube Cube) []byte {
	if b.late == nil {
		return nil
	}
	return b.late[cube]
}

// gain adds to a cell.
func (b *bucket) gain(cube Cube, key uint64, col int, s *sum) {
	if !b.past {
		b.cell(cube, key).gain(col, s)
		return
	}
	var c Cell
	c.gain(col, s)
	b.join(cube, key, &c)
}

// join adds one cell to another, beside what is packed while little comes. A start
// does so too: hundreds of stored parts tell of a few cells each of the same minutes
// and hours, and a table made and packed for each would be most of its time.
func (b *bucket) join(cube Cube, key uint64, c *Cell) {
	if b.table(cube) != nil {
		b.cell(cube, key).add(c)
		return
	}
	if b.late == nil {
		b.late = &[cubes][]byte{}
	}
	list := &b.late[cube]
	if len(*list) > lateMost+(len(b.packed.of(cube))+int(b.away(cube).length))/2 {
		b.cell(cube, key).add(c)
		return
	}
	before := len(*list)
	*list = appendGain(*list, key, c)
	b.size += int64(len(*list) - before)
	b.dirty |= 1 << cube
}

// packLate packs anew what enough came late for; what rests, all but that of which
// the rest would have to be read back.
func (b *bucket) packLate(rests bool, order *cellOrder) {
	if b.late == nil {
		return
	}
	left := false
	for cube, late := range b.late {
		switch before := b.packed.of(Cube(cube)); {
		case late == nil:
		case b.away(Cube(cube)).length > 0, !rests && len(late) < max(lateLeast, len(before)/lateShare):
			left = true
		default:
			packed := withGains(before, late, order)
			b.size += int64(len(packed) - len(before) - len(late))
			b.packed.put(Cube(cube), packed)
			b.late[cube] = nil
			b.dirty |= 1 << cube
		}
	}
	if !left {
		b.late = nil
	}
}

func appendGain(dst []byte, key uint64, c *Cell) []byte {
	return appendCell(binary.AppendUvarint(dst, key), c)
}

// walkGains calls fn for every gain, in the order in which they came.
func walkGains(gains []byte, fn func(key uint64, c *Cell)) {
	var c Cell
	for len(gains) > 0 {
		key, w := uvarint(gains)
		gains = c.read(gains[w:])
		fn(key, &c)
	}
}

// withGains gives packed cells to which gains were added. It costs a sorting of
// the gains and one pass over both.
func withGains(packed, gains []byte, order *cellOrder) []byte {
	list := order.list[:0]
	for at := 0; at < len(gains); {
		key, w := uvarint(gains[at:])
		list = append(list, keyed{key, uint32(at + w)})
		var c Cell
		at = len(gains) - len(c.read(gains[at+w:]))
	}
	order.list = list
	slices.SortFunc(list, byKey)
	next := func() (key uint64, sum Cell) {
		for key = list[0].key; len(list) > 0 && list[0].key == key; list = list[1:] {
			var c Cell
			c.read(gains[list[0].at:])
			sum.add(&c)
		}
		return key, sum
	}
	out := cellRun{data: order.run[:0]}
	walkCells(packed, func(key uint64, c *Cell) {
		for len(list) > 0 && list[0].key < key {
			out.put(next())
		}
		if len(list) > 0 && list[0].key == key {
			_, gained := next()
			c.add(&gained)
		}
		out.put(key, *c)
	})
	for len(list) > 0 {
		out.put(next())
	}
	order.run = out.data
	head := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(out.n))
	return append(append(make([]byte, 0, len(head)+len(out.data)), head...), out.data...)
}

// cellRun encodes cells that come in key order, without their count.
type cellRun struct {
	data   []byte
	before uint64
	n      int
}

func (r *cellRun) put(key uint64, c Cell) {
	if c.zero() {
		return
	}
	r.data = binary.AppendUvarint(r.data, key-r.before)
	r.data = appendCell(r.data, &c)
	r.before, r.n = key, r.n+1
}
