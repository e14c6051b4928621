// SPDX-License-Identifier: Apache-2.0

package measure

// index numbers keys in the order they first come: open addressing, no
// allocation once it has grown.
type index struct {
	slots []uint32 // number+1, 0 is free
	keys  []uint64
	shift uint8
}

func (x *index) find(key uint64) (at int, fresh bool) {
	if len(x.keys)*4 >= len(x.slots)*3 {
		x.grow()
	}
	mask := uint64(len(x.slots) - 1)
	for i := scatter(key) >> x.shift; ; i = (i + 1) & mask {
		s := x.slots[i]
		if s == 0 {
			x.keys = append(x.keys, key)
			x.slots[i] = uint32(len(x.keys))
			return len(x.keys) - 1, true
		}
		if x.keys[s-1] == key {
			return int(s - 1), false
		}
	}
}

func (x *index) grow() {
	n := max(8, 2*len(x.slots))
	x.slots = make([]uint32, n)
	x.shift = 64
	for ; n > 1; n >>= 1 {
		x.shift--
	}
	mask := uint64(len(x.slots) - 1)
	for at, key := range x.keys {
		i := scatter(key) >> x.shift
		for x.slots[i] != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = uint32(at) + 1
	}
}

// reset forgets the keys and keeps the memory.
func (x *index) reset() {
	clear(x.slots)
	x.keys = x.keys[:0]
}

// scatter spreads a packed key over 64 bits; the upper bits are used.
func scatter(key uint64) uint64 {
	key = (key ^ key>>32) * 0xd6e8feb86659fd93
	return (key ^ key>>29) * 0x9e3779b97f4a7c15
}

// table holds the cells of one cube in one period.
type table struct {
	index
	cells []Cell
}

// cell finds or makes a cell; the pointer is valid until the next call.
func (t *table) cell(key uint64) *Cell {
	at, fresh := t.find(key)
	if fresh {
		t.cells = append(t.cells, Cell{})
	}
	return &t.cells[at]
}

func (t *table) reset() {
	t.index.reset()
	t.cells = t.cells[:0]
}

// pending gathers rows with equal keys until they are spread over the cubes.
type pending struct {
	index
	sums []sum
}

type sum struct {
	events, records, live int64
	sets                  *[setCubes]*cellSets // of profiles only, found on first use
}

func (p *pending) at(key uint64) *sum {
	at, fresh := p.find(key)
	if fresh {
		p.sums = append(p.sums, sum{})
	}
	return &p.sums[at]
}

func (p *pending) reset() {
	p.index.reset()
	clear(p.sums)
	p.sums = p.sums[:0]
}
