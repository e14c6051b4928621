// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"encoding/binary"
	"math/bits"

	"haidang/event"
)

// Index finds the value of an address; zero where there is none.
//
// IPv4 is a trie of 16, 8 and 8 bits. A node covers 256 neighbours and holds
// one bit for each that differs from the one before it, and the values of those
// alone, so that the whole Internet fits into the processor's cache. IPv6 is a
// sorted list of starts behind a directory by the first 24 bits of 2000::/3.
type Index struct {
	root   []uint32 // by the first 16 bits: slot content
	nodes  []node
	slots  []uint32 // isNode | node number, or a place in values
	values []uint64

	starts []U128   // of the IPv6 runs; the first is 0
	run    []uint32 // place in values
	dir    []uint32 // first 24 bits, less dirBase → the run that its first address lies in
}

const (
	isNode  = 1 << 31
	dirBits = 24
	dirBase = 1 << (dirBits - 3) // 2000::/3
	dirSize = 1 << (dirBits - 3)
	dirFrom = 1 << 12 // fewer runs are searched without a directory
)

type node struct {
	bits [4]uint64
	base uint32
	rank [4]uint8 // bits set in the words before; the first bit is always set
}

// Find gives the value of an address, zero when there is none or a is not set.
func (x *Index) Find(a *event.Addr) uint64 {
	hi := binary.BigEndian.Uint64(a[:8])
	lo := binary.BigEndian.Uint64(a[8:])
	if hi == 0 && lo>>32 == 0xffff {
		return x.find4(uint32(lo))
	}
	return x.find6(hi, lo)
}

func (x *Index) find4(ip uint32) uint64 {
	slot := x.root[ip>>16]
	if slot&isNode != 0 {
		slot = x.child(slot, uint8(ip>>8))
		if slot&isNode != 0 {
			slot = x.child(slot, uint8(ip))
		}
	}
	return x.values[slot]
}

func (x *Index) child(slot uint32, at uint8) uint32 {
	n := &x.nodes[slot&^isNode]
	w := at >> 6
	// Bits up to and including at: one is always set, hence the -1.
	r := bits.OnesCount64(n.bits[w]<<(63-at&63)) + int(n.rank[w]) - 1
	return x.slots[n.base+uint32(r)]
}

func (x *Index) find6(hi, lo uint64) uint64 {
	from, to := uint32(0), uint32(len(x.starts))
	if hi>>61 == 1 && x.dir != nil {
		d := hi>>(64-dirBits) - dirBase
		from, to = x.dir[d], x.dir[d+1]+1
	}
	// The last run that starts at or before the address, without a branch that
	// the processor would have to guess.
	for n := to - from; n > 1; {
		half := n / 2
		s := &x.starts[from+half]
		_, before := bits.Sub64(lo, s.Lo, 0)
		_, before = bits.Sub64(hi, s.Hi, before)
		from += half & (uint32(before) - 1)
		n -= half
	}
	return x.values[x.run[from]]
}

// Bytes gives the memory that the index takes.
func (x *Index) Bytes() int {
	return 4*(len(x.root)+len(x.slots)+len(x.run)+len(x.dir)) +
		8*(len(x.values)+2*len(x.starts)) + 40*len(x.nodes)
}
