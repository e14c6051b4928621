// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/base64"
	"testing"
)

// TestCommunityID: vectors of the specification's baseline, and both directions
// give one id.
func TestCommunityID(t *testing.T) {
	for _, c := range []struct {
		a, b         string
		portA, portB uint16
		protocol     uint8
		want         string
	}{
		{"128.232.110.120", "66.35.250.204", 34855, 80, 6, "LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"192.168.1.52", "8.8.8.8", 54585, 53, 17, "d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, 6, "/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	} {
		a, _ := ParseAddr(c.a)
		b, _ := ParseAddr(c.b)
		there, back := CommunityID(a, b, c.portA, c.portB, c.protocol), CommunityID(b, a, c.portB, c.portA, c.protocol)
		if got := base64.StdEncoding.EncodeToString(there[:]); got != c.want || there != back {
			t.Errorf("%s %d, %s %d: %s, want %s", c.a, c.portA, c.b, c.portB, got, c.want)
		}
	}
	one, err := ParseAddr("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if id := CommunityID(Addr{}, one, 1, 2, 6); id.IsSet() {
		t.Error("an id of a flow with one end")
	}
	if CommunityID(one, one, 1, 2, 6) != CommunityID(one, one, 2, 1, 6) {
		t.Error("a machine that speaks to itself has two ids")
	}
}

func BenchmarkCommunityID(b *testing.B) {
	one, other := Addr{10: 0xFF, 11: 0xFF, 12: 192}, Addr{10: 0xFF, 11: 0xFF, 12: 198}
	b.ReportAllocs()
	for b.Loop() {
		one[15]++
		CommunityID(one, other, 40000, 22, 6)
	}
}
