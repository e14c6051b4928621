// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"haidang/event"
)

func TestTheRegisterHoldsBeforeTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "members.yaml")
	if err := os.WriteFile(path, []byte(membersYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	e := New(Config{Members: path}, Dependencies{})
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner := func(ip string) string {
		a, err := event.ParseAddr(ip)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := e.state.Load().members.match(&a, 0, 0)
		return e.OrgName(id)
	}
	if owner("192.0.2.1") != "Bệnh viện Ví Dụ" || owner("192.0.2.200") != "Small Clinic" {
		t.Fatal("the file's members are not found")
	}
	e.Register([]Org{
		{ID: 8, Name: "Clinic, as registered", Prefixes: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}},
		{ID: 99, Name: "New owner", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Domains: []string{"bank.example"}},
	})
	for ip, want := range map[string]string{
		"192.0.2.1": "New owner", "192.0.2.200": "New owner", // the file's clinic was replaced as a whole
		"198.51.100.7": "Clinic, as registered", "2001:db8:7::1": "Bệnh viện Ví Dụ",
	} {
		if got := owner(ip); got != want {
			t.Errorf("%s belongs to %q, want %q", ip, got, want)
		}
	}
	if m := e.state.Load().members; m.domain("www.bank.example") != 99 || m.domain("vn.bank.example.org") != idOf("Bank") {
		t.Error("domains are not joined")
	}
	if err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if owner("192.0.2.1") != "New owner" {
		t.Error("a reload of the files forgot the register")
	}
	e.Register(nil)
	if owner("192.0.2.1") != "Bệnh viện Ví Dụ" {
		t.Error("what left the register is still there")
	}
}
