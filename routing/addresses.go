// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"haidang/event"
)

// addresses is a set of prefixes, compiled: disjoint ranges in order, each with
// the longest prefix that covers it. IPv4 has an index by its first 16 bits, so
// that a look-up reads two or three neighbouring entries; IPv6 is searched by
// halves.
type addresses struct {
	v4    []range4
	first []uint32 // by the first 16 bits: index of the range that holds x.y.0.0
	v6    []range6
}

// owner is one more than an index into Table.matches; zero is nobody.
type owner uint32

type range4 struct {
	from uint32
	who  owner
}

type range6 struct {
	hi, lo uint64
	who    owner
}

// claim is a prefix and whose it is.
type claim struct {
	prefix netip.Prefix // masked, IPv4 as such
	who    owner
}

var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// plain unmaps an IPv4-mapped prefix and clears its host bits.
func plain(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= mapped.Bits() {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped.Bits())
	}
	return p.Masked()
}

// compile lays the prefixes flat. No two claims have the same prefix.
func compile(claims []claim) addresses {
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	split := slices.IndexFunc(claims, func(c claim) bool { return c.prefix.Addr().Is6() })
	if split < 0 {
		split = len(claims)
	}
	a := addresses{v4: []range4{{}}, v6: []range6{{}}}
	flatten(claims[:split], func(at [16]byte, who owner) { a.add4(binary.BigEndian.Uint32(at[12:]), who) })
	flatten(claims[split:], func(at [16]byte, who owner) {
		a.add6(binary.BigEndian.Uint64(at[:8]), binary.BigEndian.Uint64(at[8:]), who)
	})
	a.first = make([]uint32, 1<<16)
	r := 0
	for i := range a.first {
		for r+1 < len(a.v4) && a.v4[r+1].from <= uint32(i)<<16 {
			r++
		}
		a.first[i] = uint32(r)
	}
	return a
}

// flatten walks claims of one family in order, with the ones that are still
// open on a stack, and tells where who owns the addresses changes.
func flatten(claims []claim, change func(from [16]byte, who owner)) {
	type open struct {
		claim
		end [16]byte
	}
	var stack []open
	// closeBefore ends what lies wholly before from, innermost first; the address
	// after the end goes back to whoever encloses it.
	closeBefore := func(from []byte) {
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			if from != nil && bytes.Compare(top.end[:], from) >= 0 {
				return
			}
			stack = stack[:len(stack)-1]
			var outer owner
			if len(stack) > 0 {
				outer = stack[len(stack)-1].who
			}
			if next, ok := successor(top.end, top.prefix.Addr().Is4()); ok {
				change(next, outer)
			}
		}
	}
	for _, c := range claims {
		from := c.prefix.Addr().As16()
		closeBefore(from[:])
		change(from, c.who)
		stack = append(stack, open{c, lastOf(c.prefix)})
	}
	closeBefore(nil)
}

// lastOf gives the highest address of a prefix.
func lastOf(p netip.Prefix) [16]byte {
	last, bits := p.Addr().As16(), p.Bits()
	if p.Addr().Is4() {
		bits += mapped.Bits()
	}
	for i := bits; i < 128; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	return last
}

// successor gives the next address of the family; ok is false after the last.
func successor(a [16]byte, v4 bool) (next [16]byte, ok bool) {
	for i := 15; i >= 0; i-- {
		a[i]++
		if a[i] != 0 {
			return a, !v4 || netip.AddrFrom16(a).Is4In6()
		}
	}
	return a, false
}

func (a *addresses) add4(from uint32, who owner) {
	last := &a.v4[len(a.v4)-1]
	if last.from == from {
		last.who = who
	} else if last.who != who {
		a.v4 = append(a.v4, range4{from, who})
	}
}

func (a *addresses) add6(hi, lo uint64, who owner) {
	last := &a.v6[len(a.v6)-1]
	if last.hi == hi && last.lo == lo {
		last.who = who
	} else if last.who != who {
		a.v6 = append(a.v6, range6{hi, lo, who})
	}
}

// find gives who owns an address.
func (a *addresses) find(addr event.Addr) owner {
	if addr.Is4() {
		return a.find4(binary.BigEndian.Uint32(addr[12:]))
	}
	if addr == event.Unspecified {
		addr = event.Addr{}
	}
	return a.find6(binary.BigEndian.Uint64(addr[:8]), binary.BigEndian.Uint64(addr[8:]))
}

func (a *addresses) find4(x uint32) owner {
	lo, hi := int(a.first[x>>16]), len(a.v4)
	if next := x>>16 + 1; next < 1<<16 {
		hi = int(a.first[next]) + 1
	}
	for hi-lo > 1 {
		if m := int(uint(lo+hi) >> 1); a.v4[m].from <= x {
			lo = m
		} else {
			hi = m
		}
	}
	return a.v4[lo].who
}

func (a *addresses) find6(h, l uint64) owner {
	lo, hi := 0, len(a.v6)
	for hi-lo > 1 {
		m := int(uint(lo+hi) >> 1)
		if r := &a.v6[m]; r.hi < h || r.hi == h && r.lo <= l {
			lo = m
		} else {
			hi = m
		}
	}
	return a.v6[lo].who
}
