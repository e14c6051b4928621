// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"encoding/base64"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"haidang/strictjson"
)

// What a cache gives is what the texts say, however many rules share a place.
func TestCachedRulesAreWhatTheirTextsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var cache ruleCache
	pool := []string{"ET", "GPL", "SCAN", "BRUTE", "TROJAN", "ssh Brute Force", "CVE-2021-44228", "cve_2017_0144", "SURICATA", "x"}
	for range 20_000 {
		var name []string
		for range r.IntN(5) {
			name = append(name, pool[r.IntN(len(pool))])
		}
		if r.IntN(50) == 0 {
			name = append(name, strings.Repeat("long ", 200))
		}
		text := strings.Join(name, " ") + strings.Repeat(" ", r.IntN(900))
		category := classtypes[r.IntN(len(classtypes))].text
		got := cache.find(text, category)
		var w words
		if want := classify(category, text); *got.class != want || got.guesses != (want.mayGuess() && guessesByName(text)) ||
			!got.cves && len(w.cves(nil, text, false)) > 0 {
			t.Fatalf("rule %.100q of %q: %+v", text, category, got)
		}
	}
	if n := len(cache.classes); n > 2*len(classtypes) {
		t.Errorf("%d classes are kept", n)
	}
	if n := testing.AllocsPerRun(100, func() { cache.find("ET SCAN x", "Misc Attack") }); n != 0 {
		t.Errorf("%v allocations to find a rule again", n)
	}
}

func TestCachedKindsAreTheListed(t *testing.T) {
	var cache kindCache
	for range 3 {
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			if got, want := cache.of(name), kinds[name]; got != want {
				t.Errorf("%s: %+v, want %+v", name, *got, *want)
			}
		}
		for _, name := range []string{"x", "allert", strings.Repeat("flow", 100)} {
			if got := cache.of(name); *got != (kind{}) {
				t.Errorf("%.20s: %+v", name, *got)
			}
		}
	}
}

func TestCommunityIDIsReadAsBase64Is(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		var want [20]byte
		for i := range want {
			want[i] = byte(r.Uint32())
		}
		text := []byte("1:" + base64.StdEncoding.EncodeToString(want[:]))
		if r.IntN(2) == 0 {
			text[r.IntN(len(text))] = byte(r.Uint32())
		}
		var decoded [21]byte
		n, err := base64.StdEncoding.Decode(decoded[:], text[2:])
		valid := err == nil && n == 20 && string(text[:2]) == "1:"
		var got strictjson.Decoded
		if ok := decodeCommunityID(text, &got); ok != valid || ok && [20]byte(decoded[:20]) != [20]byte(got[:20]) {
			t.Fatalf("%q: %v %x, want %v %x", text, ok, got, valid, decoded[:20])
		}
	}
	for _, s := range []string{"", "1:", "2:" + strings.Repeat("A", 28), "1:" + strings.Repeat("=", 28), "1:" + strings.Repeat("A", 28)} {
		if decodeCommunityID([]byte(s), new(strictjson.Decoded)) {
			t.Errorf("%q was taken", s)
		}
	}
}
