// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"haidang/event"
)

// What ipv4 takes is what net/netip reads as IPv4, and it takes all of that.
func TestIPv4IsReadAsNetipDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const odd = "0123456789....:/-a \x00\xff\xae\xb0"
	for range 200_000 {
		s := fmt.Sprintf("%d.%d.%d.%d", r.IntN(300)>>r.IntN(9), r.IntN(300)>>r.IntN(9), r.IntN(300), r.IntN(300)>>r.IntN(9))
		for range r.IntN(3) {
			at := r.IntN(len(s))
			switch r.IntN(3) {
			case 0:
				s = s[:at] + string(odd[r.IntN(len(odd))]) + s[at:]
			case 1:
				s = s[:at] + s[at+1:] + "1"
			case 2:
				b := []byte(s)
				b[at] = odd[r.IntN(len(odd))]
				s = string(b)
			}
		}
		check4(t, s)
	}
	for _, s := range []string{
		"", "1.2.3", "1.2.3.4", "255.255.255.255", "0.0.0.0", "256.1.1.1", "01.1.1.1", "1.1.1.00", "1..1.1.1", ".1.1.1.1", "1.1.1.1.",
		"1..2.3", ".1.2.3", "1.2.3.", "1.2.3.4 ", "1.2.3.-4", "1.2.3.256", "99999999999999", "4294967296.1.1", "1234.1.1.1", "1.1.1.1111", "1.1.1.1.1", "....1.1.1", strings.Repeat("9", 15), "::ffff:1.2.3.4", "1.2.3.4%eth0",
	} {
		check4(t, s)
	}
}

func check4(t *testing.T, s string) {
	t.Helper()
	var got event.Addr
	a, err := netip.ParseAddr(s)
	want := err == nil && a.Is4()
	if ok := ipv4(s, &got); ok != want || ok && got != event.AddrFrom(a) || !ok && got != (event.Addr{}) {
		t.Fatalf("%q: %v %v, want %v %v", s, ok, got, want, a)
	}
}
