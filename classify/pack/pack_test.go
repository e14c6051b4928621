// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
)

func TestBuiltInPack(t *testing.T) {
	p := BuiltIn()
	for tier := event.T0; tier <= event.TX; tier++ {
		if e := p.Tier(tier); e == nil || e.Name.In("vi") == "" || e.Name.In("en") == "" {
			t.Errorf("%v has no entry in both languages", tier)
		}
	}
	if c := p.Clock("connection-account"); c == nil || c.WorkingDays != 2 || c.For != "state-body" {
		t.Errorf("a connection account for a state body: %+v", c)
	}
	if p.Clock("nothing") != nil {
		t.Error("a clock that the pack does not set")
	}
	for _, e := range p.Tiers {
		if !e.Unchecked() {
			t.Errorf("%s claims to be checked by %q: no lawyer has seen it", e.Tier, e.Checked.By)
		}
	}
	if len(p.Partners) != 0 {
		t.Error("the built-in pack names partners")
	}
}

// The groups hide what event says belongs together; more is allowed.
func TestGroupsHoldTheRecordsOwnLists(t *testing.T) {
	p := BuiltIn()
	for group, list := range map[string][]string{
		"counterpart": event.MaskOther, "computed": event.MaskComputed, "content": event.MaskContent, "origin": event.MaskOrigin,
	} {
		have := " " + strings.Join(p.Groups[group], " ") + " "
		for _, f := range list {
			if !strings.Contains(have, " "+f+" ") {
				t.Errorf("group %s lacks %s", group, f)
			}
		}
	}
}

// Each fault is told with its line and what to write instead.
func TestFaultsNameTheirLine(t *testing.T) {
	raw := string(builtIn)
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":          {"version: 1", "version: 1\nverzion: 2", "verzion"},
		"repeated key":         {"pack: vn", "pack: vn\npack: vn", "pack"},
		"no version":           {"version: 1", "version: 0", "line 12: version: missing"},
		"wrong date":           {"date: 2026-11-21", "date: 21/11/2026", "line 13: date"},
		"one language":         {"name: {vi: dữ liệu mở, en: open}", "name: {vi: dữ liệu mở}", "both languages"},
		"unknown law":          {"basis: [state-secrets]\n\n# The", "basis: [law-of-nature]\n\n# The", `"law-of-nature" is not listed under laws`},
		"tier twice":           {"tier: T1c\n", "tier: T1\n", `"T1" is listed 2 times`},
		"TLP on T1":            {"tlp: TLP:GREEN", "tlp: TLP:AMBER", `T1c is "TLP:GREEN", not "TLP:AMBER"`},
		"clock without limit":  {"    working-days: 2\n", "", "either working-days or published-by"},
		"negative retention":   {"days: 90", "days: -1", "for how many days"},
		"axis lacks a value":   {"value: core", "value: kernel", `"kernel" is not one of`},
		"no marking fields":    {"  fields: [độ mật", "  leads2: [độ mật", "leads2"},
		"group of no field":    {"contacts: [email.from.address]", "contacts: [email.address]", `"email.address" is no field`},
		"mask of time":         {"computed: [network.community_id", "computed: [\"@timestamp\", network.community_id", `"@timestamp" is no field`},
		"view of no group":     {"unsteady: {mask: [personal, content]", "unsteady: {mask: [persnal, content]", `"persnal" is neither`},
		"truncate a port":      {"truncate: [other.ip]}\n    sensitive", "truncate: [other.port]}\n    sensitive", "is no address"},
		"own shows the other":  {"mask: [counterpart, origin, cert.residual]", "mask: [origin, cert.residual]", "must hide other.org"},
		"others show victims":  {"mask: [address, organisation,", "mask: [organisation,", "must hide affected.ip"},
		"counts by nothing":    {"keep: [\"@timestamp\"", "keep: [nothing, \"@timestamp\"", `"nothing" is no field`},
		"checked by nobody":    {"basis: [first-tlp]\n", "basis: [first-tlp]\n    checked: {on: 2026-01-01}\n", "both by whom and on which day"},
		"partner without tier": {"partners: []", "partners:\n  - {org: 3, name: {vi: a, en: b}}", "is no tier that a partner may get"},
		"partner gets secrets": {"partners: []", "partners:\n  - {org: 3, limit: TX, name: {vi: a, en: b}}", "is no tier that a partner may get"},
		"partner twice":        {"partners: []", "partners:\n  - {org: 3, limit: T1, name: {vi: a, en: b}}\n  - {org: 3, limit: T1, name: {vi: a, en: b}}", "each once"},
		"partner's purpose":    {"partners: []", "partners:\n  - {org: 3, limit: T1, purposes: [spying], name: {vi: a, en: b}}", `"spying" is not one of`},
	} {
		if !strings.Contains(raw, c.old) {
			t.Errorf("%s: the pack no longer has %q", name, c.old)
			continue
		}
		_, err := Parse("vn.yaml", []byte(strings.Replace(raw, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v; want %q and a line", name, err, c.want)
		}
	}
}

func TestReadAnotherPack(t *testing.T) {
	own := strings.Replace(string(builtIn), "partners: []",
		"partners:\n  - {org: 9, limit: T1c, purposes: [search], mask: [content], abroad: true, name: {vi: Đối tác, en: Partner}}", 1)
	path := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Read(path)
	if err != nil || len(p.Partners) != 1 || !p.Partners[0].Abroad {
		t.Fatalf("%+v, %v", p, err)
	}
	if p, err := Read(""); err != nil || p != BuiltIn() {
		t.Errorf("without a path: %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestStateSecret(t *testing.T) {
	p := BuiltIn()
	for _, c := range []struct{ field, value, level string }{
		{"classification", "MẬT", "mat"},
		{"classification", " [Tối mật] ", "toi-mat"},
		{"Độ mật", "tuyệt  mật", "tuyet-mat"},
		{"do_mat", "TUYET MAT", "tuyet-mat"},
		{"file.security_classification", "MAT", "mat"},
		{"classification", "Độ mật: Tối mật", "toi-mat"},
		{"Marking", "Mức độ mật - MẬT", "mat"},
		{"tags", "malware, Tuyệt Mật; phishing", "tuyet-mat"},
		{"label", "MA\u0302\u0323T", "mat"}, // NFD: accents on their own
		{"label", "MÂ\u0323T", "mat"},
		// No markings, or not in a field of markings.
		{"message", "MẬT", ""},
		{"user.name", "mat", ""},
		{"classification", "hồ sơ mật của khách hàng", ""},
		{"classification", "bảo mật", ""},
		{"classification", "Mật khẩu", ""},
		{"classification", "TLP:RED", ""},
		{"classification", "MATLAB", ""},
		{"classification", "", ""},
		{"label", "Độ mật", ""},
	} {
		w, ok := p.StateSecret(c.field, c.value)
		if ok != (c.level != "") || w.Level != c.level {
			t.Errorf("%s = %q: %q, %v; want %q", c.field, c.value, w.Level, ok, c.level)
		}
	}
}

func TestStateSecretLine(t *testing.T) {
	p := BuiltIn()
	for line, level := range map[string]string{
		"                 TUYỆT MẬT": "tuyet-mat",
		"[TỐI MẬT]":                  "toi-mat",
		"MẬT":                        "mat",
		"Độ mật: Tối mật":            "toi-mat",
		"Phân loại: mật":             "mat",
		"Mật":                        "", // a heading of an article on honey
		"MAT":                        "", // a word of another language
		"Mật ong rừng":               "",
		"BỘ CÔNG AN":                 "",
		"Tài liệu này không thuộc danh mục bí mật nhà nước, độ Mật.": "",
		"": "",
	} {
		w, ok := p.StateSecretLine(line)
		if ok != (level != "") || w.Level != level {
			t.Errorf("%q: %q, %v; want %q", line, w.Level, ok, level)
		}
	}
}

func FuzzStateSecret(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("classification", "Độ mật: Tối mật")
	f.Add("x.do-mat", "MA\u0302\u0323T,…")
	f.Fuzz(func(t *testing.T, field, value string) {
		p := BuiltIn()
		if _, ok := p.StateSecret(field, value); ok && !p.MarkingField(field) {
			t.Errorf("%q of %q, which carries no markings", value, field)
		}
		if w, ok := p.StateSecret("classification", value+", "+"TỐI MẬT"); !ok {
			t.Errorf("a marking behind %q is not seen: %v", value, w)
		}
		p.StateSecretLine(value)
	})
}

func FuzzParse(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(builtIn)
	f.Add([]byte("pack: vn\nversion: 1\ntiers: [{}]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := Parse("x", raw); err == nil && p.Tier(event.TX) == nil {
			t.Error("a pack without TX was read")
		}
	})
}
