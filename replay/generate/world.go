// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"encoding/binary"
	"net/netip"
)

// victimNetworks are large networks of providers in Vietnam; victims stand in
// them, so that the picture has somebody to speak of.
var victimNetworks = []netip.Prefix{
	netip.MustParsePrefix("14.160.0.0/11"), netip.MustParsePrefix("27.64.0.0/12"), netip.MustParsePrefix("42.112.0.0/13"),
	netip.MustParsePrefix("113.160.0.0/11"), netip.MustParsePrefix("115.72.0.0/13"), netip.MustParsePrefix("118.68.0.0/14"),
	netip.MustParsePrefix("123.16.0.0/12"), netip.MustParsePrefix("171.224.0.0/11"), netip.MustParsePrefix("222.252.0.0/14"),
}

// Networks of all registries, and of providers in Vietnam.
var (
	attackerSix = []netip.Prefix{
		netip.MustParsePrefix("2400::/12"), netip.MustParsePrefix("2600::/12"), netip.MustParsePrefix("2800::/12"),
		netip.MustParsePrefix("2a00::/12"), netip.MustParsePrefix("2c00::/12"),
	}
	victimSix = []netip.Prefix{
		netip.MustParsePrefix("2001:ee0::/32"), netip.MustParsePrefix("2402:800::/32"), netip.MustParsePrefix("2405:4800::/32"),
	}
)

// salts keep attackers, victims and other choices of one seed apart.
const (
	saltAttacker = 0xa77ac4e5 << 20
	saltVictim   = 0x71c71a5 << 20
)

// address is one with its text, which is written often.
type address struct {
	addr netip.Addr
	text string
}

// population gives the addresses of attackers and victims, none twice. Attackers
// are spread over all of the public address space, four in a neighbourhood, as
// rented machines are.
func population(cfg Config) (attackers, victims []address) {
	taken := make(map[netip.Addr]bool, cfg.Attackers+cfg.Victims)
	draw := func(salt uint64, choose func(*random) netip.Addr) address {
		for r := random(mix64(cfg.Seed ^ salt)); ; {
			if a := choose(&r); !taken[a] {
				taken[a] = true
				return address{a, a.String()}
			}
		}
	}
	for i := range cfg.Attackers {
		attackers = append(attackers, draw(saltAttacker^uint64(i/4), func(r *random) netip.Addr {
			if six(cfg, r) {
				return neighbour(within(attackerSix[r.below(uint32(len(attackerSix)))], r), i%4)
			}
			return neighbour(public(r), i%4)
		}))
	}
	for i := range cfg.Victims {
		victims = append(victims, draw(saltVictim^uint64(i), func(r *random) netip.Addr {
			networks := victimNetworks
			if six(cfg, r) {
				networks = victimSix
			}
			return within(networks[r.below(uint32(len(networks)))], r)
		}))
	}
	return attackers, victims
}

func six(cfg Config, r *random) bool { return r.next() < threshold(cfg.Six) }

// public gives an address that could be anybody's on the Internet.
func public(r *random) netip.Addr {
	for {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(r.next()))
		a := netip.AddrFrom4(b)
		if b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 || a.IsPrivate() || a.IsLinkLocalUnicast() || special(a) {
			continue
		}
		return a
	}
}

// notPublic are documentation, carrier and benchmarking networks.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
}

func special(a netip.Addr) bool {
	for _, p := range notPublic {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// neighbour gives one of four addresses beside each other.
func neighbour(a netip.Addr, n int) netip.Addr {
	b := a.As16()
	b[15] = b[15]&^3 | byte(n)
	if a.Is4() {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return netip.AddrFrom16(b)
}

// within gives an address of a network; of an IPv6 network one with a small
// interface number, as servers have.
func within(p netip.Prefix, r *random) netip.Addr {
	if p.Addr().Is4() {
		b := p.Addr().As4()
		n := binary.BigEndian.Uint32(b[:]) | uint32(r.next())&(1<<(32-p.Bits())-1)
		binary.BigEndian.PutUint32(b[:], n)
		return netip.AddrFrom4(b)
	}
	b := p.Addr().As16()
	n := binary.BigEndian.Uint64(b[:8]) | r.next()&(1<<(64-p.Bits())-1)
	binary.BigEndian.PutUint64(b[:8], n)
	binary.BigEndian.PutUint64(b[8:], uint64(1+r.below(0xfffe)))
	return netip.AddrFrom16(b)
}
