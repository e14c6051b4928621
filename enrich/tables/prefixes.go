// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"cmp"
	"net/netip"
	"slices"
)

// IndexPrefixes builds an Index whose value for an address is one more than
// the place in list of the longest prefix that holds it; zero when none does.
// parent gives for each prefix the place of the next shorter one around it, or
// -1. Of identical prefixes the one later in the list is found first.
func IndexPrefixes(list []netip.Prefix) (x *Index, parent []int) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := list[a].Masked().Addr().Compare(list[b].Masked().Addr()); c != 0 {
			return c
		}
		return cmp.Compare(list[a].Bits(), list[b].Bits())
	})
	s := sweep{parent: make([]int, len(list))}
	for _, i := range order {
		s.begin(i, list[i].Masked())
	}
	s.closeBefore(netip.Addr{})
	return build(merge4(nil, s.t.V4, nil), merge6(nil, s.t.V6, nil)), s.parent
}

// sweep cuts nested prefixes into ranges that lie apart, each with the value of
// its innermost prefix.
type sweep struct {
	t      Table
	parent []int
	open   []openPrefix
	next   netip.Addr // first address not yet given away
}

type openPrefix struct {
	place int
	last  netip.Addr
}

func (s *sweep) begin(place int, p netip.Prefix) {
	first := p.Addr()
	s.closeBefore(first)
	s.parent[place] = -1
	if n := len(s.open); n > 0 {
		s.parent[place] = s.open[n-1].place
		s.emit(first.Prev(), s.open[n-1].place)
	}
	s.open = append(s.open, openPrefix{place, lastAddr(p)})
	s.next = first
}

// closeBefore ends the open prefixes that lie wholly before an address; all of
// them when it is the zero Addr.
func (s *sweep) closeBefore(first netip.Addr) {
	for n := len(s.open); n > 0; n = len(s.open) {
		top := s.open[n-1]
		if first.IsValid() && !top.last.Less(first) {
			return
		}
		s.emit(top.last, top.place)
		s.next = top.last.Next() // not valid after the family's last address
		s.open = s.open[:n-1]
	}
}

// emit gives the addresses from s.next to last to a prefix.
func (s *sweep) emit(last netip.Addr, place int) {
	if !s.next.IsValid() || !last.IsValid() || last.Less(s.next) {
		return
	}
	if last.Is4() {
		s.t.V4 = append(s.t.V4, Range4{u32(s.next), u32(last), uint32(place) + 1})
	} else {
		s.t.V6 = append(s.t.V6, Range6{u128(s.next), u128(last), uint32(place) + 1})
	}
}

func lastAddr(p netip.Prefix) netip.Addr {
	r4, r6, is4 := RangeOf(p, 0)
	if is4 {
		return addrOf4(r4.To)
	}
	return r6.To.addr()
}
