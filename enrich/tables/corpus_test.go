// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"compress/gzip"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"

	"haidang/event"
)

// corpus gives a file of the corpus, or skips.
func corpus(t testing.TB, name string) string {
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no corpus (set HAIDANG_CORPUS): %v", err)
	}
	return path
}

func embedded(t testing.TB) (country, as *Table, x *Index) {
	t.Helper()
	country, err := Country()
	if err != nil {
		t.Fatal(err)
	}
	as, err = AS()
	if err != nil {
		t.Fatal(err)
	}
	return country, as, Combine(country, as)
}

func special(a netip.Addr) bool {
	for _, s := range SpecialPurpose {
		if netip.MustParsePrefix(s).Contains(a) {
			return true
		}
	}
	return false
}

func find(x *Index, a netip.Addr) (event.Country, uint32) {
	e := event.AddrFrom(a)
	return Unpack(x.Find(&e))
}

func addr4(v uint32) netip.Addr { return addrOf4(v) }

func addr6(hi, lo uint64) netip.Addr { return U128{hi, lo}.addr() }

// The published country file, asked by its own library, must say what we say:
// at 20,000 random addresses and at both ends of every network, and next to them.
func TestCountryAgreesWithPublishedFile(t *testing.T) {
	db, err := maxminddb.Open(corpus(t, "geo/iptoasn-country.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, _, x := embedded(t)
	wrong := 0
	check := func(a netip.Addr) {
		if special(a) || a.Is4In6() {
			return
		}
		var rec struct {
			Code string `maxminddb:"country_code"`
		}
		if err := db.Lookup(a).Decode(&rec); err != nil {
			t.Fatal(err)
		}
		if got, _ := find(x, a); got.String() != rec.Code && wrong < 20 {
			wrong++
			t.Errorf("%s: %q, published %q", a, got, rec.Code)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		check(addr4(rnd.Uint32()))
		check(addr6(0x2000<<48|rnd.Uint64()>>3, rnd.Uint64()))
	}
	n := 0
	for r := range db.Networks() {
		if p := r.Prefix(); !p.Addr().Is4In6() {
			n++
			check(p.Addr())
			check(p.Addr().Prev())
			last := lastAddr(p)
			check(last)
			check(last.Next())
		}
	}
	if n < 100_000 {
		t.Errorf("only %d networks compared", n)
	}
}

// The published AS list must say what we say, at 20,000 random addresses and
// at both ends of every range and next to them.
func TestASAgreesWithPublishedList(t *testing.T) {
	f, err := os.Open(corpus(t, "geo/asn-ipv4.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ReadASList(Info{Kind: KindAS}, z)
	if err != nil {
		t.Fatal(err)
	}
	_, as, x := embedded(t)
	naive := func(ip uint32) uint32 {
		lo, hi := 0, len(list.V4)
		for lo < hi {
			if mid := (lo + hi) / 2; list.V4[mid].To < ip {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo < len(list.V4) && list.V4[lo].From <= ip && !special(addr4(ip)) {
			return list.V4[lo].Value
		}
		return 0
	}
	wrong := 0
	check := func(ip uint32) {
		if _, got := find(x, addr4(ip)); got != naive(ip) && wrong < 20 {
			wrong++
			t.Errorf("%s: AS%d, published AS%d", addr4(ip), got, naive(ip))
		}
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		check(rnd.Uint32())
	}
	for _, r := range list.V4 {
		check(r.From)
		check(r.From - 1)
		check(r.To)
		check(r.To + 1)
		if as.Names.Of(r.Value) != list.Names.Of(r.Value) {
			t.Fatalf("AS%d is %q, published %q", r.Value, as.Names.Of(r.Value), list.Names.Of(r.Value))
		}
	}
	if len(list.V4) < 400_000 {
		t.Errorf("only %d ranges compared", len(list.V4))
	}
}

// Of IPv6 AS ranges the corpus has no list; the embedded table itself is the
// oracle for the directory and the search.
func TestIPv6SearchAgreesWithItsTable(t *testing.T) {
	country, as, x := embedded(t)
	for _, tab := range []*Table{country, as} {
		for i, r := range tab.V6 {
			for _, u := range []U128{r.From, r.To} {
				c, n := find(x, u.addr())
				got := map[Kind]uint32{KindCountry: uint32(c), KindAS: n}[tab.Info.Kind]
				if got != r.Value && !special(u.addr()) {
					t.Fatalf("%s: %d, want %d", u.addr(), got, r.Value)
				}
			}
			before := r.From.prev()
			if i > 0 && tab.V6[i-1].To.Compare(before) < 0 {
				c, n := find(x, before.addr())
				if got := map[Kind]uint32{KindCountry: uint32(c), KindAS: n}[tab.Info.Kind]; got != 0 {
					t.Fatalf("%s lies in a gap, got %d", before.addr(), got)
				}
			}
		}
	}
	if len(as.V6) < 100_000 || len(country.V6) < 50_000 {
		t.Errorf("%d and %d IPv6 ranges", len(as.V6), len(country.V6))
	}
}

func TestMemory(t *testing.T) {
	_, as, x := embedded(t)
	total := x.Bytes() + as.Names.Bytes()
	t.Logf("index %.1f MB, names %.1f MB", float64(x.Bytes())/1e6, float64(as.Names.Bytes())/1e6)
	if total > 40e6 {
		t.Errorf("tables take %d bytes, want at most 40 MB", total)
	}
}
