// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/mutant"
)

func small() *Table {
	t := tableOf(KindAS, map[string]uint32{
		"1.2.3.0/24": 4242, "1.2.4.0/24": 4294967295, "9.9.9.9/32": 1, "2400::/32": 4242, "2400:1::/64": 1,
		"2600::1/128": 7,
	})
	t.Info = Info{KindAS, "npm example", "1.0", "2026-06-17", "CC0-1.0"}
	t.Names = NamesOf(map[uint32]string{1: "Một", 4242: "", 4294967295: "The last, Inc."})
	return t
}

func TestCodecKeepsEverything(t *testing.T) {
	want := small()
	data, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Names{})); d != "" {
		t.Error(d)
	}
	if n := got.Names.Of(4294967295); n != "The last, Inc." {
		t.Errorf("name is %q", n)
	}
	if n := got.Names.Of(2); n != "" {
		t.Errorf("AS2 has the name %q", n)
	}
}

func TestTidyLetsTheLaterStartWin(t *testing.T) {
	list := "1.0.0.0,1.0.1.255,10,Ten\n1.0.1.0,1.0.2.255,20,Twenty\n1.0.3.0,1.0.3.255,20,Twenty\n1.0.4.0,1.0.4.255,0,None\n"
	got, err := ReadASList(Info{Kind: KindAS}, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	want := []Range4{{0x01000000, 0x010000ff, 10}, {0x01000100, 0x010003ff, 20}}
	if d := cmp.Diff(want, got.V4); d != "" {
		t.Error(d)
	}
}

// Damage anywhere is found: no byte may change, none may be missing.
func TestDamageIsRefused(t *testing.T) {
	data, err := Encode(small())
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.IndexByte(data, '\n')
	for i := end + 1; i < len(data); i++ {
		bad := bytes.Clone(data)
		bad[i] ^= 0x55
		if got, err := Decode(bad); err == nil {
			if d := cmp.Diff(small(), got, cmp.AllowUnexported(Names{})); d != "" {
				t.Fatalf("byte %d changed, accepted, and differs:\n%s", i, d)
			}
		}
		if _, err := Decode(data[:i]); err == nil {
			t.Fatalf("cut at %d and accepted", i)
		}
	}
}

func TestOpenNamesFileAndRemedy(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good, err := Encode(small())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		kind Kind
		want string
	}{
		{write("text.mmdb", []byte("this is no database")), KindCountry, "text.mmdb: "},
		{write("empty", nil), KindAS, "empty: "},
		{write("cut.bin", good[:len(good)-3]), KindAS, "damaged"},
		{write("as.bin", good), KindCountry, `holds a table of kind "as", not "country"`},
		{filepath.Join(dir, "missing"), KindAS, "missing"},
	} {
		_, err := Open(c.path, c.kind)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.path, err, c.want)
		}
	}
	if _, err := Open(write("good.bin", good), KindAS); err != nil {
		t.Error(err)
	}
}

func TestOpenMMDB(t *testing.T) {
	path := corpus(t, "geo/iptoasn-country.mmdb")
	got, err := Open(path, KindCountry)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Country()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.V4, got.V4); d != "" {
		t.Error("IPv4 differs")
	}
	if d := cmp.Diff(want.V6, got.V6); d != "" {
		t.Error("IPv6 differs")
	}
	if _, err := Open(path, KindAS); err == nil {
		t.Error("a country file was taken as an AS file")
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.mmdb")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cut, KindCountry); err == nil {
		t.Error("half a file was accepted")
	}
}

func FuzzDecode(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	data, err := Encode(small())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":"haidang-table/1","ipv4":1}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Decode(data)
		if err != nil {
			return
		}
		if err := table.check(); err != nil {
			t.Fatal(err)
		}
		for _, n := range table.Names.numbers {
			table.Names.Of(n)
		}
	})
}

func FuzzReadASList(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n2001::,2001::ffff:ffff:ffff:ffff:ffff:ffff,6939,HE\n")
	f.Fuzz(func(t *testing.T, list string) {
		table, err := ReadASList(Info{Kind: KindAS}, strings.NewReader(list))
		if err == nil {
			err = table.check()
			Combine(&Table{}, table)
		} else {
			err = nil
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
