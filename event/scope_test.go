// SPDX-License-Identifier: Apache-2.0

package event

import "testing"

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.77":           "203.0.113.0",
		"0.0.0.9":                "0.0.0.0",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1::",
		"2001:db8:1::":           "2001:db8:1::",
		"::1":                    "::",
		"::":                     "::",
		"::ffff:198.51.100.255":  "198.51.100.0",
		"fd00:0:0:ffff:ffff::17": "fd00::",
	} {
		a, err := ParseAddr(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Network(); got.String() != want || !got.IsSet() {
			t.Errorf("the network of %s is %q, want %q", in, got, want)
		}
		if again := a.Network().Network(); again != a.Network() {
			t.Errorf("the network of the network of %s is %s", in, again)
		}
	}
	if got := (Addr{}).Network(); got.IsSet() {
		t.Errorf("no address has the network %s", got)
	}
}

// TestMaskGroups: what the groups name exists.
func TestMaskGroups(t *testing.T) {
	parts := map[string]bool{
		"ip": true, "port": true, "domain": true, "as": true, "country": true, "bytes": true, "org": true, "sector": true,
	}
	for _, group := range [][]string{MaskAffected, MaskHosting, MaskOther, MaskComputed, MaskContent, MaskOrigin} {
		for _, name := range group {
			side := len(name) > 9 && name[:9] == "affected." && parts[name[9:]] ||
				len(name) > 8 && name[:8] == "hosting." && parts[name[8:]] || len(name) > 6 && name[:6] == "other." && parts[name[6:]]
			if FieldByName(name) == nil && !side {
				t.Errorf("%q is neither a field nor a part of a side", name)
			}
		}
	}
}
