// SPDX-License-Identifier: Apache-2.0

package tables

import "net/netip"

// SpecialPurpose lists the blocks that are not globally reachable according to
// the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its
// successors), with multicast and the reserved class E.
var SpecialPurpose = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:db8::/32", "3fff::/20",
	"5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}

func specialTable() *Table {
	t := &Table{}
	for _, s := range SpecialPurpose {
		t.add(netip.MustParsePrefix(s), 1)
	}
	t.tidy()
	return t
}

// add gives a value to a prefix.
func (t *Table) add(p netip.Prefix, value uint32) {
	r4, r6, is4 := RangeOf(p, value)
	if is4 {
		t.V4 = append(t.V4, r4)
	} else {
		t.V6 = append(t.V6, r6)
	}
}

// RangeOf gives the addresses of a prefix, in the first or the second result.
func RangeOf(p netip.Prefix, value uint32) (r4 Range4, r6 Range6, is4 bool) {
	p = p.Masked()
	if p.Addr().Is4() {
		from := u32(p.Addr())
		return Range4{from, from | uint32(1<<(32-p.Bits())-1), value}, r6, true
	}
	from := u128(p.Addr())
	to := from
	if n := 128 - p.Bits(); n >= 64 {
		to.Lo = ^uint64(0)
		to.Hi |= 1<<(n-64) - 1
	} else {
		to.Lo |= 1<<n - 1
	}
	return r4, Range6{from, to, value}, false
}
