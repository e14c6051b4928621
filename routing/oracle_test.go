// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
	"haidang/routing"
)

// naive decides as the words say, without any table.
func naive(orgs []routing.Organisation, f *routing.Facts) (org uint32, by routing.By) {
	best := -1
	a := f.Addr.Netip()
	for _, o := range orgs {
		for _, p := range o.Prefixes {
			if p.Contains(a) && p.Bits() > best {
				best, org, by = p.Bits(), o.ID, routing.Prefix
			}
		}
	}
	if best >= 0 {
		return org, by
	}
	for _, o := range orgs {
		if f.AS != 0 && slices.Contains(o.AS, f.AS) {
			return o.ID, routing.AS
		}
	}
	for _, o := range orgs {
		for _, d := range o.Domains {
			if (f.Domain == d || strings.HasSuffix(f.Domain, "."+d)) && len(d) > best {
				best, org, by = len(d), o.ID, routing.Domain
			}
		}
	}
	if best >= 0 {
		return org, by
	}
	for _, o := range orgs {
		if slices.Contains(o.Explicit, a) {
			return o.ID, routing.List
		}
	}
	return 0, routing.Fallback
}

// world makes organisations whose claims nest, touch and end where the address
// space ends, but are all different: then the words leave no choice.
func world(r *rand.Rand, prefixCount int) []routing.Organisation {
	orgs := make([]routing.Organisation, 40)
	seen := map[netip.Prefix]bool{}
	for i := range orgs {
		orgs[i] = routing.Organisation{ID: uint32(i + 1), AS: []uint32{uint32(64500 + i)}, Domains: []string{domainOf(i)}, Explicit: []netip.Addr{v4(r)}}
	}
	for range prefixCount {
		p := netip.PrefixFrom(v4(r), r.IntN(33)).Masked()
		if r.IntN(3) == 0 {
			p = netip.PrefixFrom(v6(r), r.IntN(129)).Masked()
		}
		if !seen[p] {
			seen[p] = true
			o := &orgs[r.IntN(len(orgs))]
			o.Prefixes = append(o.Prefixes, p)
		}
	}
	return orgs
}

func domainOf(i int) string {
	if i%3 == 0 && i > 0 {
		return fmt.Sprintf("sub%d.%s", i, domainOf(i-1))
	}
	return fmt.Sprintf("org%d.vn", i)
}

// v4 and v6 draw from corners of the space, where prefixes meet.
func v4(r *rand.Rand) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], r.Uint32())
	for i := range b {
		if r.IntN(2) == 0 {
			b[i] = []byte{0, 1, 127, 128, 255}[r.IntN(5)]
		}
	}
	return netip.AddrFrom4(b)
}

func v6(r *rand.Rand) netip.Addr {
	b := netip.MustParseAddr("2001:db8::").As16()
	for i := range b {
		if r.IntN(3) == 0 {
			b[i] = []byte{0, 1, 128, 255}[r.IntN(4)]
		}
	}
	if a := netip.AddrFrom16(b); !a.Is4In6() {
		return a
	}
	return netip.IPv6LinkLocalAllNodes()
}

func draw(r *rand.Rand) routing.Facts {
	var f routing.Facts
	switch r.IntN(5) {
	case 0:
	case 1:
		f.Addr = event.AddrFrom(v6(r))
	default:
		f.Addr = event.AddrFrom(v4(r))
	}
	if r.IntN(2) == 0 {
		f.AS = uint32(64500 + r.IntN(60))
	}
	if r.IntN(2) == 0 {
		f.Domain = []string{"", "www.", "x"}[r.IntN(3)] + domainOf(r.IntN(50))
	}
	return f
}

func TestAgreesWithTheWords(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		orgs := world(r, []int{0, 1, 5, 60, 400}[seed%5])
		table := build(t, orgs)
		if c := table.Conflicts(); len(c) > 0 && seed%5 < 2 {
			t.Fatalf("seed %d: the world has conflicts %v", seed, c)
		}
		for range 2000 {
			f := draw(r)
			d := table.Route(&f)
			if org, by := naive(orgs, &f); org != d.Org || by != d.By {
				t.Fatalf("seed %d: %v AS%d %q: got %d by %s %s, want %d by %s", seed, f.Addr, f.AS, f.Domain, d.Org, d.By, d.Matched, org, by)
			}
		}
	}
}

// The order in which organisations are given decides nothing.
func TestOrderDecidesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	orgs := world(r, 300)
	orgs = append(orgs, routing.Organisation{ID: 99, Prefixes: orgs[3].Prefixes, AS: orgs[4].AS, Parent: 4})
	a := build(t, orgs)
	r.Shuffle(len(orgs), func(i, j int) { orgs[i], orgs[j] = orgs[j], orgs[i] })
	b := build(t, orgs)
	for range 5000 {
		f := draw(r)
		if x, y := a.Route(&f), b.Route(&f); x.Org != y.Org || x.By != y.By || x.Matched != y.Matched {
			t.Fatalf("%v: %+v or %+v", f, x, y)
		}
	}
}

func FuzzRoute(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	r := rand.New(rand.NewPCG(3, 3))
	orgs := world(r, 200)
	table := build(f, orgs)
	f.Add([]byte{203, 0, 113, 1}, uint32(64501), "www.org1.vn")
	f.Add(make([]byte, 16), uint32(0), "..")
	f.Fuzz(func(t *testing.T, raw []byte, as uint32, domain string) {
		a, _ := netip.AddrFromSlice(raw)
		facts := routing.Facts{Addr: event.AddrFrom(a), AS: as, Domain: domain}
		d := table.Route(&facts)
		if len(d.Contacts) == 0 {
			t.Fatal("nobody is told")
		}
		clean := facts
		clean.Domain = strings.Trim(strings.ToLower(domain), ".")
		if org, _ := naive(orgs, &clean); org != d.Org {
			t.Fatalf("%+v: %d, want %d", facts, d.Org, org)
		}
	})
}
