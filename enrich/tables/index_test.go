// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"haidang/event"
)

// tableOf makes a table of prefixes that lie apart.
func tableOf(kind Kind, values map[string]uint32) *Table {
	t := &Table{Info: Info{Kind: kind}}
	for p, v := range values {
		t.add(netip.MustParsePrefix(p), v)
	}
	t.tidy()
	return t
}

func TestFindAtEveryEdge(t *testing.T) {
	vn := uint32(event.MustCountry("VN"))
	country := tableOf(KindCountry, map[string]uint32{
		"1.0.0.0/8": vn, "2.0.0.0/16": vn, "3.3.3.0/24": vn, "4.4.4.4/32": vn, "4.4.4.6/32": vn,
		"255.255.255.255/32": vn, "2400::/12": vn, "2001:db9::/48": vn, "2001:db9:1:2::3/128": vn,
	})
	as := tableOf(KindAS, map[string]uint32{
		"1.2.0.0/15": 7552, "3.3.3.128/25": 45899, "2400:1::/64": 18403, "8000::/1": 9,
	})
	x := Combine(country, as)
	for _, c := range []struct {
		ip      string
		country string
		as      uint32
	}{
		{"0.0.0.0", "", 0}, {"0.255.255.255", "", 0}, {"1.0.0.0", "VN", 0}, {"1.1.255.255", "VN", 0},
		{"1.2.0.0", "VN", 7552}, {"1.3.255.255", "VN", 7552}, {"1.4.0.0", "VN", 0},
		{"1.255.255.255", "VN", 0}, {"2.0.255.255", "VN", 0}, {"2.1.0.0", "", 0},
		{"3.3.2.255", "", 0}, {"3.3.3.0", "VN", 0}, {"3.3.3.127", "VN", 0}, {"3.3.3.128", "VN", 45899},
		{"3.3.3.255", "VN", 45899}, {"3.3.4.0", "", 0}, {"4.4.4.3", "", 0}, {"4.4.4.4", "VN", 0},
		{"4.4.4.5", "", 0}, {"4.4.4.6", "VN", 0}, {"4.4.4.7", "", 0},
		{"255.255.255.255", "", 0}, // reserved, whatever the file says
		{"::1", "", 0}, {"1fff:ffff::", "", 0}, {"2000::", "", 0}, {"2400::", "VN", 0},
		{"2400:1::", "VN", 18403}, {"2400:1::ffff:ffff:ffff:ffff", "VN", 18403}, {"2400:1:0:1::", "VN", 0},
		{"240f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "VN", 0}, {"2410::", "", 0},
		{"2001:db9:1:2::2", "", 0}, {"2001:db9:1:2::3", "VN", 0}, {"2001:db9:1:2::4", "", 0},
		{"9000::", "", 9}, {"fbff::", "", 9}, {"fd00::1", "", 0}, {"ff02::1", "", 0},
	} {
		gc, ga := find(x, netip.MustParseAddr(c.ip))
		if gc.String() != c.country || ga != c.as {
			t.Errorf("%s: %q AS%d, want %q AS%d", c.ip, gc, ga, c.country, c.as)
		}
	}
	var unset event.Addr
	if v := x.Find(&unset); v != 0 {
		t.Errorf("the address that is not set has the value %d", v)
	}
}

// Dense little tables exercise every shape of node; the oracle is a scan.
func TestFindAgreesWithScan(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		as := &Table{Info: Info{Kind: KindAS}}
		ip, hi := uint32(0x05050000), uint64(0x24000000_00000000)
		for range 1 + rnd.IntN(400) {
			ip += rnd.Uint32N(200) * rnd.Uint32N(2)
			to := ip + rnd.Uint32N(300)
			as.V4 = append(as.V4, Range4{ip, to, 1 + rnd.Uint32N(5)})
			ip = to + 1
			hi += 1 + rnd.Uint64N(1<<38)
			to6 := U128{hi + rnd.Uint64N(1<<38), 1<<63 | rnd.Uint64()}
			as.V6 = append(as.V6, Range6{U128{hi, rnd.Uint64() >> 1}, to6, 1 + rnd.Uint32N(5)})
			hi = to6.Hi
		}
		as.tidy()
		x := Combine(&Table{}, as)
		for range 3000 {
			ip := 0x05050000 + rnd.Uint32N(0x30200)
			want := uint32(0)
			for _, r := range as.V4 {
				if r.From <= ip && ip <= r.To {
					want = r.Value
				}
			}
			if _, got := find(x, addr4(ip)); got != want {
				t.Fatalf("%s: %d, want %d", addr4(ip), got, want)
			}
			u := U128{uint64(0x24000000_00000000) + rnd.Uint64N(1<<46), rnd.Uint64()}
			want = 0
			for _, r := range as.V6 {
				if r.From.Compare(u) <= 0 && u.Compare(r.To) <= 0 {
					want = r.Value
				}
			}
			if _, got := find(x, u.addr()); got != want {
				t.Fatalf("%s: %d, want %d", u.addr(), got, want)
			}
		}
	}
}

func BenchmarkFind4(b *testing.B) {
	_, _, x := embedded(b)
	rnd := rand.New(rand.NewPCG(7, 8))
	addrs := make([]event.Addr, 1<<12)
	for i := range addrs {
		addrs[i] = event.AddrFrom(addr4(rnd.Uint32()))
	}
	var sum uint64
	for i := 0; b.Loop(); i++ {
		sum += x.Find(&addrs[i&(1<<12-1)])
	}
	_ = sum
}

func BenchmarkFind6(b *testing.B) {
	_, as, x := embedded(b)
	rnd := rand.New(rand.NewPCG(9, 10))
	addrs := make([]event.Addr, 1<<12)
	for i := range addrs { // addresses in use, not the empty space between
		r := as.V6[rnd.IntN(len(as.V6))]
		addrs[i] = event.AddrFrom(U128{r.From.Hi, rnd.Uint64()}.addr())
	}
	var sum uint64
	for i := 0; b.Loop(); i++ {
		sum += x.Find(&addrs[i&(1<<12-1)])
	}
	_ = sum
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		embedded(b)
	}
}
