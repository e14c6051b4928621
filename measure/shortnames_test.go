// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"strings"
	"testing"
)

// Short and long names find the numbers that they were given, whatever bytes
// they are of, and never those of another.
func TestNamesOfAnyLengthKeepTheirNumbers(t *testing.T) {
	n := newNames()
	var all []string
	for length := 1; length <= 40; length++ {
		for _, c := range []string{"\x00", "a", "\xff"} {
			all = append(all, strings.Repeat(c, length), strings.Repeat(c, length-1)+"b")
		}
	}
	for i := range 5000 { // many of one length
		all = append(all, "rule-"+string(rune('a'+i%26))+strings.Repeat("x", i/26%9)+string(rune('0'+i/234)))
	}
	want := map[string]uint32{"": 0}
	for range 2 {
		for _, s := range all {
			id := n.id(dimRule, s)
			if w, ok := want[s]; ok && w != id {
				t.Fatalf("%q has number %d, before %d", s, id, w)
			}
			want[s] = id
		}
	}
	numbers := map[uint32]string{}
	for s, id := range want {
		if other, ok := numbers[id]; ok {
			t.Fatalf("%q and %q both have number %d", s, other, id)
		}
		numbers[id] = s
		if n.dims[dimRule].text[id] != s {
			t.Fatalf("number %d stands for %q, want %q", id, n.dims[dimRule].text[id], s)
		}
	}
	again := newNames()
	for s, id := range want {
		if id != 0 {
			again.bind(dimRule, id, s)
		}
	}
	for s, id := range want {
		if got := again.id(dimRule, s); got != id {
			t.Errorf("%q put back has number %d, want %d", s, got, id)
		}
	}
}
