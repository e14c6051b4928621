// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"haidang/event"
)

func TestIndexPrefixesFindsTheLongest(t *testing.T) {
	list := []netip.Prefix{}
	for _, s := range []string{
		"0.0.0.0/0", "255.255.255.0/24", "255.255.255.255/32", "10.0.0.0/8", "10.0.0.0/16", "10.0.255.0/24",
		"2001:db8::/32", "2001:db8:ffff:ffff::/64", "ffff::/16", "::/0",
	} {
		list = append(list, netip.MustParsePrefix(s))
	}
	x, parent := IndexPrefixes(list)
	if want := []int{-1, 0, 1, 0, 3, 4, 9, 6, 9, -1}; !slices.Equal(parent, want) {
		t.Errorf("parents %v, want %v", parent, want)
	}
	for ip, want := range map[string]int{
		"1.1.1.1": 0, "255.255.255.254": 1, "255.255.255.255": 2, "10.1.0.0": 3, "10.0.0.0": 4,
		"10.0.255.255": 5, "11.0.0.0": 0, "2001:db8::": 6, "2001:db8:ffff:ffff::1": 7,
		"2001:db8:ffff:fffe::1": 6, "ffff::1": 8, "1::": 9, "fffe::": 9,
	} {
		a := event.AddrFrom(netip.MustParseAddr(ip))
		if got := int(x.Find(&a)) - 1; got != want {
			t.Errorf("%s: prefix %d, want %d", ip, got, want)
		}
	}
	empty, _ := IndexPrefixes(nil)
	a := event.AddrFrom(netip.MustParseAddr("1.1.1.1"))
	if empty.Find(&a) != 0 {
		t.Error("the empty index finds something")
	}
}

func TestIndexPrefixesAgreesWithScan(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		var list []netip.Prefix
		seen := map[netip.Prefix]bool{}
		for range rnd.IntN(60) {
			p := netip.PrefixFrom(addr4(0x0a000000|rnd.Uint32N(1<<12)), 20+rnd.IntN(13))
			if rnd.IntN(2) == 0 {
				p = netip.PrefixFrom(addr6(0x20010db8<<32|rnd.Uint64N(1<<12), rnd.Uint64()), 52+rnd.IntN(77))
			}
			if p = p.Masked(); !seen[p] {
				seen[p] = true
				list = append(list, p)
			}
		}
		x, _ := IndexPrefixes(list)
		for range 2000 {
			a := addr4(0x0a000000 | rnd.Uint32N(1<<13))
			if rnd.IntN(2) == 0 {
				a = addr6(0x20010db8<<32|rnd.Uint64N(1<<13), rnd.Uint64())
			}
			want, longest := 0, -1
			for i, p := range list {
				if p.Contains(a) && p.Bits() > longest {
					want, longest = i+1, p.Bits()
				}
			}
			e := event.AddrFrom(a)
			if got := int(x.Find(&e)); got != want {
				t.Fatalf("%s in %v: %d, want %d", a, list, got, want)
			}
		}
	}
}
