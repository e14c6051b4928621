// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/identity"
	"haidang/mutant"
)

const dump = `% This is a remark of the registry.

organisation:   ORG-BV1-AP
org-name:       Bệnh viện Ví Dụ
country:        VN
e-mail:         noc@hospital.example

inetnum:        192.0.2.0 - 192.0.3.255
netname:        BVVD-NET
descr:          something else
org:            org-bv1-ap
country:        VN        # a remark
source:         APNIC

inet6num:       2001:db8::/32
netname:        BVVD6
org:            ORG-BV1-AP

route:          198.51.100.0/24
descr:          Trường Ví
+               Dụ
origin:         AS64500

inetnum:        203.0.113.5 - 203.0.113.9
netname:        SMALL-NET

aut-num:        AS64500
as-name:        SCHOOL-AS
descr:          Trường Ví Dụ

person:         Nobody
address:        Hà Nội
`

func TestReadRIPE(t *testing.T) {
	got := readRIPE(dump)
	want := &imported{
		Parties: []party{
			{Line: 4, Name: "Bệnh viện Ví Dụ", Country: "VN", Type: "other"},
			{Line: 20, Name: "Trường Ví Dụ", Type: "other"},
			{Line: 25, Name: "SMALL-NET", Type: "other"},
		},
		Claims: []claim{
			{8, "Bệnh viện Ví Dụ", "192.0.2.0/23", "org-bv1-ap"},
			{15, "Bệnh viện Ví Dụ", "2001:db8::/32", "ORG-BV1-AP"},
			{19, "Trường Ví Dụ", "198.51.100.0/24", ""},
			{24, "SMALL-NET", "203.0.113.5/32", ""}, {24, "SMALL-NET", "203.0.113.6/31", ""}, {24, "SMALL-NET", "203.0.113.8/31", ""},
			{27, "Trường Ví Dụ", "AS64500", ""},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRIPEFaultsNameTheirLine(t *testing.T) {
	for text, want := range map[string]lineFault{
		"+ continued\n": {1, "could continue"},
		"inetnum: 192.0.2.0/24\nnetname X\ndescr: y\n":  {2, "name: value"},
		"\n\ninetnum: 192.0.2.9 - 192.0.2.1\ndescr: x":  {3, "is not a range"},
		"route: 192.0.2.0\ndescr: x\n":                  {1, "is not a prefix"},
		"inetnum: 1.0.0.1 - 9.255.255.254\ndescr:\n":    {1, "names nobody"},
		"route: 192.0.2.0/24\ndescr: \xff\n":            {1, "names nobody"},
		"organisation: ORG-1\norg-name: \xff\n":         {2, "no org-name"},
		"inet6num: 2001:db8::/32\norg: ORG-1\n":         {2, "is not in this file"},
		"organisation: ORG-1\n":                         {1, "no org-name"},
		"inetnum: 2001:db8:: - 2001:db8::1\ndescr: x\n": {1, "is not a range"},
	} {
		got := readRIPE(text)
		if len(got.Faults) != 1 || got.Faults[0].Line != want.Line || !strings.Contains(got.Faults[0].Text, want.Text) {
			t.Errorf("%q: %+v, want %+v", text, got.Faults, want)
		}
	}
}

func TestCutRange(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.0 - 192.0.2.255": "[192.0.2.0/24]", "0.0.0.0 - 255.255.255.255": "[0.0.0.0/0]", "192.0.2.1-192.0.2.1": "[192.0.2.1/32]",
		"192.0.2.1 - 192.0.2.6": "[192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32]", "192.0.2.77/24": "[192.0.2.0/24]",
		"255.255.255.254 - 255.255.255.255": "[255.255.255.254/31]",
	} {
		got, err := cutRange(in)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v, want %s", in, got, err, want)
		}
	}
}

// Whatever a dump holds, faults name a line of it, ranges are cut without gap or
// overlap, and bounds hold.
func FuzzReadRIPE(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(dump)
	f.Add("inetnum: 0.0.0.1 - 255.255.255.254\ndescr: x\n")
	f.Add("organisation: A\norg-name: \x00\xff\u202e\n\nroute: ::/0\norg: A\n+\n+\n")
	f.Fuzz(func(t *testing.T, text string) {
		in := readRIPE(text)
		lines := strings.Count(text, "\n") + 1
		check := func(line int) {
			if line < 1 || line > lines {
				t.Errorf("line %d of %d", line, lines)
			}
		}
		for _, x := range in.Faults {
			check(x.Line)
		}
		for _, c := range in.Claims {
			check(c.Line)
			if c.Org == "" || !slices.ContainsFunc(in.Parties, func(p party) bool { return p.Name == c.Org }) {
				t.Errorf("claim of nobody: %+v", c)
			}
		}
		for _, p := range in.Parties {
			check(p.Line)
			if len(p.Name) > maxName || visible(p.Name) != p.Name {
				t.Errorf("name %q", p.Name)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			checkRange(t, line)
		}
	})
}

func checkRange(t *testing.T, s string) {
	prefixes, err := cutRange(s)
	if err != nil || strings.Contains(s, "/") {
		return
	}
	a, b, _ := strings.Cut(s, "-")
	next, last := netip.MustParseAddr(strings.TrimSpace(a)), netip.MustParseAddr(strings.TrimSpace(b))
	for n, p := range prefixes {
		if p.Addr() != next || p.Masked() != p {
			t.Fatalf("%s: prefix %v begins elsewhere than at %v", s, p, next)
		}
		if next = lastOf(p); n == len(prefixes)-1 && next != last {
			t.Fatalf("%s ends at %v", s, next)
		}
		next = next.Next()
	}
}

func TestReadTable(t *testing.T) {
	got := readTable("\ufeffname,networks,type,sector,email\nBệnh viện A,192.0.2.0/24; AS64500,hospital,health,soc@a.example\n" +
		"\"Trường, B\",\"b.example\n198.51.100.0/24\",school,,\n,203.0.113.0/24,,,\n")
	want := &imported{
		Parties: []party{
			{Line: 2, Name: "Bệnh viện A", Type: "hospital", Sector: "health", Email: "soc@a.example", Language: "vi"},
			{Line: 3, Name: "Trường, B", Type: "school", Language: "vi"},
		},
		Claims: []claim{
			{Line: 2, Org: "Bệnh viện A", Network: "192.0.2.0/24"}, {Line: 2, Org: "Bệnh viện A", Network: "AS64500"},
			{Line: 3, Org: "Trường, B", Network: "b.example"}, {Line: 3, Org: "Trường, B", Network: "198.51.100.0/24"},
		},
		Faults: []lineFault{{5, "name is empty"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for text, fault := range map[string]string{
		"": "1: the first row", "name\n": `1: there is no column "networks"`, "name,networks,colour\n": "1: column \"colour\"", "name,networks\n\"a,b\n": "2: extraneous or missing",
	} {
		in := readTable(text)
		if len(in.Faults) == 0 || !strings.HasPrefix(fmt.Sprintf("%d: %s", in.Faults[0].Line, in.Faults[0].Text), fault) {
			t.Errorf("%q: %+v, want %s", text, in.Faults, fault)
		}
	}
}

func FuzzReadTable(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("name,networks\na,192.0.2.0/24\n")
	f.Add("\ufeffNetworks , NAME\n\"x\"\"\",y\n\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		in := readTable(text)
		for _, x := range in.Faults {
			if x.Line < 1 || x.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+2 {
				t.Errorf("%+v", x)
			}
		}
		for _, p := range in.Parties {
			if p.Name == "" || len(p.Name) > maxName {
				t.Errorf("%+v", p)
			}
		}
	})
}

// A dump that is as large as allowed and as hostile as can be is read in a moment.
func TestLargeDumps(t *testing.T) {
	for name, text := range map[string]string{
		"continuations": "descr: x\n" + strings.Repeat("+y\n", maxImport/3), "one line": "descr: " + strings.Repeat("ạ", maxImport/3),
		"names": strings.Repeat("route: 192.0.2.0/24\ndescr: "+strings.Repeat("z", 900)+"\n\n", maxImport/940),
	} {
		if in := readRIPE(text); len(in.Claims) > maxClaims {
			t.Errorf("%s: %d claims", name, len(in.Claims))
		}
	}
}

// All that identity takes as types of organisations has a word in both languages.
func TestTypesHaveWords(t *testing.T) {
	all, err := readLanguages(nil, noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		for _, typ := range identity.OrganisationTypes {
			if l.Words["type."+typ] == "" {
				t.Errorf("%s: type.%s", l.Code, typ)
			}
		}
	}
}
