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

// pending gathers rows with equal keys until they are spread over the cubes:
// open addressing with the sums in place, so that a row touches one cache line.
type pending struct {
	sums []sum // power of two
	used []uint32
	sets []int32 // of profiles only, by place: number in the slab plus 1, found on first use
}

// sum is what the rows of one key add up to. A key of 0 is a free place; keys
// are kept plus 1.
type sum struct {
	key                   uint64
	events, records, live int64
}

// place finds or makes the place of a key, valid until the next call.
func (p *pending) place(key uint64) int {
	if len(p.used)*4 >= len(p.sums)*3 {
		p.grow()
	}
	mask := len(p.sums) - 1
	for i := int(scatter(key)>>24) & mask; ; i = (i + 1) & mask {
		switch s := &p.sums[i]; s.key {
		case key + 1:
			return i
		case 0:
			s.key = key + 1
			p.used = append(p.used, uint32(i))
			return i
		}
	}
}

func (p *pending) at(key uint64) *sum { return &p.sums[p.place(key)] }

func (p *pending) grow() {
	old, sets := *p, p.sets
	p.sums = make([]sum, max(256, 2*len(old.sums)))
	p.used = make([]uint32, 0, len(p.sums))
	if sets != nil {
		p.sets = make([]int32, len(p.sums))
	}
	for _, at := range old.used {
		i := p.place(old.sums[at].key - 1)
		p.sums[i] = old.sums[at]
		if sets != nil {
			p.sets[i] = sets[at]
		}
	}
}

// reset forgets the keys and keeps the memory.
func (p *pending) reset() {
	for _, at := range p.used {
		p.sums[at] = sum{}
		if p.sets != nil {
			p.sets[at] = 0
		}
	}
	p.used = p.used[:0]
}
