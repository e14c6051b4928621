// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

const membersYAML = `organisations:
  - id: 7
    name: Bệnh viện Ví Dụ
    sector: health
    headcount: 3000
    country: VN
    prefixes: [192.0.2.0/24, "2001:db8:7::/48"]
    as: [64500]
    domains: [benhvien.example, "*.BV.example"]
  - id: 8
    name: Small Clinic
    sector: health
    band: micro
    prefixes: [192.0.2.128/25]
  - name: Bank
    sector: banking
    domains: [bank.example, vn.bank.example.org]
`

const membersCSV = "id,name,sector,headcount,band,country,prefixes,as,domains\n" +
	"7,Bệnh viện Ví Dụ,health,3000,,VN,192.0.2.0/24 2001:db8:7::/48,64500,benhvien.example;*.BV.example\n" +
	"8,Small Clinic,health,,micro,,192.0.2.128/25,,\n" +
	",Bank,banking,,,,,,bank.example vn.bank.example.org\n"

func mustMembers(t testing.TB, name, text string) *Members {
	t.Helper()
	m, err := parseMembers(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMembersYAMLAndCSVSayTheSame(t *testing.T) {
	y, c := mustMembers(t, "m.yaml", membersYAML), mustMembers(t, "m.CSV", "\ufeff"+membersCSV)
	if d := cmp.Diff(y.orgs, c.orgs, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
		t.Error(d)
	}
	want := Org{ID: 7, Name: "Bệnh viện Ví Dụ", Sector: event.SectorHealth, Band: event.BandLarge,
		Country: event.MustCountry("VN"), AS: []uint32{64500}, Domains: []string{"benhvien.example", "bv.example"},
		Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:7::/48")}}
	if d := cmp.Diff(want, y.orgs[0], cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if id := y.orgs[2].ID; id != idOf("Bank") || id < 1<<31 {
		t.Errorf("id of an organisation without one is %d", id)
	}
}

func TestMatchOrder(t *testing.T) {
	m := mustMembers(t, "m.yaml", membersYAML)
	bank := idOf("Bank")
	for _, c := range []struct {
		ip     string
		as     uint32
		domain string
		org    uint32
		why    event.MatchReason
	}{
		{"192.0.2.1", 64500, "bank.example", 7, event.MatchPrefix},
		{"192.0.2.129", 64500, "bank.example", 8, event.MatchPrefix}, // the longer prefix
		{"2001:db8:7::1", 0, "", 7, event.MatchPrefix},
		{"198.51.100.1", 64500, "bank.example", 7, event.MatchAS},
		{"198.51.100.1", 1, "www.bank.example", bank, event.MatchDomain},
		{"", 0, "A.B.BV.EXAMPLE.", 7, event.MatchDomain},
		{"", 0, "notbank.example", 0, event.MatchUnset},
		{"", 0, "bank.example.org", 0, event.MatchUnset},
		{"", 0, "example", 0, event.MatchUnset},
		{"198.51.100.1", 0, "", 0, event.MatchUnset},
	} {
		a, _ := event.ParseAddr(c.ip)
		org, why := m.match(&a, c.as, m.domain(c.domain))
		if org != c.org || why != c.why {
			t.Errorf("%q AS%d %q: %d by %d, want %d by %d", c.ip, c.as, c.domain, org, why, c.org, c.why)
		}
	}
}

func TestMemberFaultsNameLineFieldRemedy(t *testing.T) {
	head := "organisations:\n  - name: A\n    "
	for _, c := range []struct{ file, text, want string }{
		{"m.yaml", head + "prefixes: [10.0.0.5/24]", `m.yaml:3: prefixes: "10.0.0.5/24" has bits set beyond its length; write 10.0.0.0/24`},
		{"m.yaml", head + "prefixes: [10.0.0.5]", `write 10.0.0.5/32`},
		{"m.yaml", head + "prefixes: [\n      ten]", `m.yaml:4: prefixes: "ten" is no prefix`},
		{"m.yaml", head + "prefixes: [\"::ffff:10.0.0.0/104\"]", `write it as IPv4`},
		{"m.yaml", head + "sector: healht", `m.yaml:3: sector: "healht" is no sector; the list is energy`},
		{"m.yaml", head + "band: huge", `the list is micro, small, medium, large`},
		{"m.yaml", head + "band: micro\n    headcount: 10", `m.yaml:4: headcount: 10 persons are band "small", not "micro"`},
		{"m.yaml", head + "headcount: 0", `give the number of persons`},
		{"m.yaml", head + "headcount: many", `line 3: "many" is no int`},
		{"m.yaml", head + "country: VNM", `write VN`},
		{"m.yaml", head + "as: [0]", `0 is no AS number`},
		{"m.yaml", head + "domains: [localhost]", `"localhost" is no domain`},
		{"m.yaml", head + "domains: [benhvien.vn..]", `"benhvien.vn.." is no domain`},
		{"m.yaml", head + "domains: [benhvien..vn]", `"benhvien..vn" is no domain`},
		{"m.yaml", head + "sectr: health", `sectr`},
		{"m.yaml", head + "name: B", `name`},
		{"m.yaml", head + "id: 0", `0 means "none"`},
		{"m.yaml", "organisations:\n  - sector: health", `m.yaml:2: name: missing`},
		{"m.yaml", "organisations:\n  - {name: A, id: 1}\n  - {name: B, id: 1}", `m.yaml:3: id: 1 is also that of "A" (line 2)`},
		{"m.yaml", "organisations:\n  - {name: A}\n  - {name: A}", `m.yaml:3: name: "A" is given twice (line 2)`},
		{"m.yaml", "organisations:\n  - {name: A, prefixes: [10.0.0.0/8]}\n  - {name: B, prefixes: [10.0.0.0/8]}",
			`m.yaml:3: prefixes: 10.0.0.0/8 is also given to "A" (line 2)`},
		{"m.yaml", "organisations:\n  - {name: A, as: [1]}\n  - {name: B, as: [1]}", `AS1 is also given to "A"`},
		{"m.yaml", "organisations:\n  - {name: A, domains: [a.vn]}\n  - {name: B, domains: [A.VN]}", `a.vn is also given to "A"`},
		{"m.csv", "name,prefix\nA,10.0.0.0/8\n", `m.csv:1: column "prefix" is unknown; the columns are id, name`},
		{"m.csv", "name,as\nA,1\nB,x\n", `m.csv:3: as: "x" is no whole number`},
		{"m.csv", "name,as\n\"A\nB\",1\nC,1\n", `m.csv:4: as: AS1 is also given to "A\nB" (line 2)`},
		{"m.csv", "name,as\nA\n", `wrong number of fields`},
	} {
		_, err := parseMembers(c.file, []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nerror %v\nwant one with %q", c.text, err, c.want)
		}
	}
}

func TestAllFaultsAreReported(t *testing.T) {
	_, err := parseMembers("m.yaml", []byte("organisations:\n  - {name: A, as: [0], sector: x}\n  - {name: B, country: Viet}\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three faults on a line each, got:\n%v", err)
	}
}

func TestBands(t *testing.T) {
	for persons, want := range map[int]event.Band{1: event.BandMicro, 9: event.BandMicro, 10: event.BandSmall,
		49: event.BandSmall, 50: event.BandMedium, 249: event.BandMedium, 250: event.BandLarge} {
		if got := bandOf(persons); got != want {
			t.Errorf("%d persons: %s, want %s", persons, got, want)
		}
	}
}

func FuzzMembersYAML(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte(membersYAML))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzMembers(t, "m.yaml", data) })
}

func FuzzMembersCSV(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte(membersCSV))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzMembers(t, "m.csv", data) })
}

// fuzzMembers: what is accepted is consistent, and each prefix finds its owner.
func fuzzMembers(t *testing.T, name string, data []byte) {
	m, err := parseMembers(name, data)
	if err != nil {
		return
	}
	for _, o := range m.orgs {
		if o.ID == 0 || o.Name == "" || m.org(o.ID) == nil {
			t.Fatalf("accepted %+v", o)
		}
		for _, d := range o.Domains {
			if m.domain("www."+d) == 0 {
				t.Fatalf("%q finds nobody", d)
			}
		}
		for _, p := range o.Prefixes {
			a := event.AddrFrom(p.Addr())
			if id, why := m.match(&a, 0, 0); a.IsSet() && (id == 0 || why != event.MatchPrefix) {
				t.Fatalf("%s finds nobody", p)
			}
		}
	}
}
