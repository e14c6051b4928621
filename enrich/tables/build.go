// SPDX-License-Identifier: Apache-2.0

package tables

// run4 and run6 say which value holds from an address on, until the next run.
type run4 struct {
	from  uint32
	value uint64
}

type run6 struct {
	from  U128
	value uint64
}

// builder turns runs into an Index, storing each distinct value once.
type builder struct {
	x      *Index
	places map[uint64]uint32
}

// build needs runs that are sorted and begin at the first address.
func build(v4 []run4, v6 []run6) *Index {
	b := builder{&Index{root: make([]uint32, 1<<16)}, map[uint64]uint32{}}
	b.place(0)
	b.build4(v4)
	b.build6(v6)
	return b.x
}

func (b *builder) place(v uint64) uint32 {
	p, ok := b.places[v]
	if !ok {
		p = uint32(len(b.x.values))
		b.places[v] = p
		b.x.values = append(b.x.values, v)
	}
	return p
}

func (b *builder) build4(runs []run4) {
	at := 0
	for top := range uint32(1 << 16) {
		b.x.root[top] = b.slot4(runs, &at, top<<16, 16)
	}
}

// slot4 gives the slot of the 2^size addresses from first; *at is the run that
// holds at first, and is moved on to the one that holds at the block's end.
func (b *builder) slot4(runs []run4, at *int, first uint32, size uint) uint32 {
	for *at+1 < len(runs) && runs[*at+1].from <= first {
		*at++
	}
	last := first + (1<<size - 1)
	if *at+1 == len(runs) || runs[*at+1].from > last {
		return b.place(runs[*at].value)
	}
	step := size - 8
	var kids [256]uint32
	for i := range kids {
		kids[i] = b.slot4(runs, at, first+uint32(i)<<step, step)
	}
	return b.node(&kids)
}

func (b *builder) node(kids *[256]uint32) uint32 {
	n := node{base: uint32(len(b.x.slots))}
	for i, k := range kids {
		if i%64 == 0 {
			n.rank[i/64] = uint8(len(b.x.slots) - int(n.base))
		}
		if i == 0 || k != kids[i-1] || k&isNode != 0 {
			n.bits[i/64] |= 1 << (i % 64)
			b.x.slots = append(b.x.slots, k)
		}
	}
	b.x.nodes = append(b.x.nodes, n)
	return uint32(len(b.x.nodes)-1) | isNode
}

func (b *builder) build6(runs []run6) {
	x := b.x
	for i, r := range runs {
		if i > 0 && r.value == runs[i-1].value {
			continue
		}
		x.starts = append(x.starts, r.from)
		x.run = append(x.run, b.place(r.value))
	}
	if len(x.starts) < dirFrom {
		return
	}
	x.dir = make([]uint32, dirSize+1)
	at := uint32(0)
	for d := range x.dir {
		first := U128{Hi: uint64(dirBase+d) << (64 - dirBits)}
		for int(at)+1 < len(x.starts) && x.starts[at+1].Compare(first) <= 0 {
			at++
		}
		x.dir[d] = at
	}
}
