// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	_ "embed" // the networks are part of the program
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

//go:embed ranges.txt
var rangesText string

// land is a country and some of its networks, the largest first.
type land struct {
	code   string
	v4, v6 []netip.Prefix
}

// readLands reads ranges.txt: the countries with the most addresses first.
func readLands(text string) ([]land, error) {
	var out []land
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		l := land{code: words[0]}
		for _, w := range words[1:] {
			p, err := netip.ParsePrefix(w)
			if err != nil {
				return nil, fmt.Errorf("ranges.txt:%d: %w", n, err)
			}
			if p.Addr().Is4() {
				l.v4 = append(l.v4, p)
			} else {
				l.v6 = append(l.v6, p)
			}
		}
		if len(l.v4) == 0 {
			return nil, fmt.Errorf("ranges.txt:%d: %s has no IPv4 network", n, l.code)
		}
		out = append(out, l)
	}
	return out, lines.Err()
}

// mix makes one well-spread number of several (the finaliser of SplitMix64).
func mix(words ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range words {
		h += w + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// share turns a well-spread number into one from 0 to 1.
func share(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// within gives an address of the network: its host part is taken from h, but
// is never the first or last of a /24.
func within(p netip.Prefix, h uint64) netip.Addr {
	if p.Addr().Is4() {
		base := p.Addr().As4()
		hosts := uint32(1)<<(32-p.Bits()) - 1
		n := binary.BigEndian.Uint32(base[:]) | uint32(h)&hosts
		if low := n & 0xff; low == 0 || low == 255 {
			n ^= 0x55 & hosts
		}
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	}
	// An IPv6 network is a /64 and a small interface number, as servers have.
	a := p.Addr().As16()
	net := binary.BigEndian.Uint64(a[:8])
	if p.Bits() < 64 {
		net |= mix(h) & (1<<(64-p.Bits()) - 1)
	}
	binary.BigEndian.PutUint64(a[:8], net)
	binary.BigEndian.PutUint64(a[8:], 1+h%0xfffe)
	return netip.AddrFrom16(a)
}

// part gives the n-th subnet of the length bits, counted from the middle of the
// network; the network itself if it is no larger.
func part(p netip.Prefix, bits, n int) netip.Prefix {
	if p.Bits() >= bits {
		return p
	}
	free := bits - p.Bits()
	index := (uint64(1)<<(free-1) + uint64(n)) & (1<<free - 1)
	if p.Addr().Is4() {
		a := p.Addr().As4()
		v := binary.BigEndian.Uint32(a[:]) | uint32(index)<<(32-bits)
		binary.BigEndian.PutUint32(a[:], v)
		return netip.PrefixFrom(netip.AddrFrom4(a), bits)
	}
	a := p.Addr().As16()
	v := binary.BigEndian.Uint64(a[:8]) | index<<(64-bits)
	binary.BigEndian.PutUint64(a[:8], v)
	return netip.PrefixFrom(netip.AddrFrom16(a), bits)
}
