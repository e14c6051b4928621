// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"haidang/event"
)

func TestSetIsExactUpToItsLimit(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100, 3276, 4095, 4096} {
		var s set
		for range 2 { // the second time nothing is new
			for i := range n {
				s.add(scatter(uint64(i) + 1))
			}
		}
		if got, exact := s.count(); got != int64(n) || !exact {
			t.Errorf("%d members: counted %d, exact %v", n, got, exact)
		}
	}
	var s set
	for i := range exactLimit + 1 {
		s.add(scatter(uint64(i) + 1))
	}
	if got, exact := s.count(); exact || math.Abs(float64(got)-4097)/4097 > 0.03 {
		t.Errorf("4097 members: %d, exact %v; want an estimate", got, exact)
	}
}

func TestSetOfHashesThatCollide(t *testing.T) {
	var s set
	for i := range uint64(500) { // neighbours, no spreading by the caller
		s.add(i + 1)
		s.add(1<<63 | i)
	}
	if got, _ := s.count(); got != 1000 {
		t.Errorf("counted %d, want 1000", got)
	}
}

// Whatever the grouping, a union is the set of all its members.
func TestUnionDependsOnMembersAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 60 {
		n := int(math.Exp(r.Float64() * 10))
		var whole set
		parts := make([]set, 1+r.IntN(5))
		for range n {
			h := max(r.Uint64(), 1)
			whole.add(h)
			parts[r.IntN(len(parts))].add(h)
			parts[r.IntN(len(parts))].add(h)
		}
		var u set
		for i := range parts {
			u.merge(nil, &parts[i])
		}
		a, exactA := whole.count()
		b, exactB := u.count()
		if a != b || exactA != exactB || whole.cellKey() != u.cellKey() || !slices.Equal(whole.regs, u.regs) {
			t.Fatalf("%d members: one pass %d (%v), union %d (%v)", n, a, exactA, b, exactB)
		}
	}
}

// STATISTICS, Exactness: over 10,000 random cells RMS ≤ 1 %, at most 0.7 % of
// cells beyond 2.44 %, none beyond 4.5 %.
func TestEstimatorKeepsItsPromise(t *testing.T) {
	cells := 10_000
	if testing.Short() {
		cells = 500
	}
	r := rand.New(rand.NewPCG(2026, 11))
	var squares float64
	beyond := 0
	s := set{regs: make([]uint8, registers)}
	for range cells {
		n := int(4097 * math.Exp(r.Float64()*math.Log(30))) // up to 123,000
		clear(s.regs)
		for range n {
			s.register(r.Uint64())
		}
		off := math.Abs(float64(estimate(s.regs))-float64(n)) / float64(n)
		squares += off * off
		if off > 0.0244 {
			beyond++
		}
		if off > 0.045 {
			t.Fatalf("a cell of %d members is off by %.2f %%", n, 100*off)
		}
	}
	rms := math.Sqrt(squares / float64(cells))
	t.Logf("RMS %.3f %%, %d of %d cells beyond 2.44 %%", 100*rms, beyond, cells)
	if rms > 0.01 || float64(beyond) > 0.007*float64(cells) {
		t.Fatalf("RMS %.3f %%, %d of %d cells beyond 2.44 %%", 100*rms, beyond, cells)
	}
}

// What a set takes follows from its members: repeats take nothing, which is what
// the budget relies on.
func TestRepeatsTakeNoMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var s set
	var members []uint64
	for range 3000 {
		members = append(members, r.Uint64())
		s.add(members[len(members)-1])
		before := s.bytes()
		for range 3 {
			if s.add(members[r.IntN(len(members))]) {
				t.Fatal("a repeat changed the set")
			}
		}
		if s.bytes() != before || s.n != len(members) {
			t.Fatalf("%d members, counted as %d: repeats take %d bytes", len(members), s.n, s.bytes()-before)
		}
	}
}

func TestRegistersSurviveTheirPacking(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	regs := make([]uint8, registers)
	for i := range regs {
		regs[i] = uint8(r.IntN(topRho + 1))
	}
	packed := packRegisters(nil, regs)
	again := make([]uint8, registers)
	if mergePacked(again, packed); len(packed) != sketchBytes || !slices.Equal(again, regs) {
		t.Fatalf("%d bytes, or other registers after unpacking", len(packed))
	}
	for i := range again {
		again[i] = uint8(r.IntN(topRho + 1))
		regs[i] = max(regs[i], again[i])
	}
	if mergePacked(again, packed); !slices.Equal(again, regs) {
		t.Fatal("registers merged as they are packed are not the greater of both")
	}
}

func TestAddressHashIsKeyedAndReference(t *testing.T) {
	// SipHash-1-3 of 16 bytes 00…0f under the key 00…0f, from an independent
	// computation of the published algorithm.
	var key [16]byte
	var a event.Addr
	for i := range key {
		key[i], a[i] = byte(i), byte(i)
	}
	if got := newHasher(key).addr(a); got == newHasher([16]byte{1}).addr(a) {
		t.Fatal("another key gives the same hash")
	} else if got != siphash13(key, a[:]) {
		t.Fatalf("%x, want %x", got, siphash13(key, a[:]))
	}
}

// siphash13 is the textbook form, for any length.
func siphash13(key [16]byte, data []byte) uint64 {
	word := func(b []byte) (v uint64) {
		for i := len(b) - 1; i >= 0; i-- {
			v = v<<8 | uint64(b[i])
		}
		return v
	}
	v := [4]uint64{0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573}
	for i := range v {
		v[i] ^= word(key[8*(i%2) : 8*(i%2)+8])
	}
	rotl := func(x uint64, n int) uint64 { return x<<n | x>>(64-n) }
	round := func() {
		v[0], v[2] = v[0]+v[1], v[2]+v[3]
		v[1], v[3] = rotl(v[1], 13)^v[0], rotl(v[3], 16)^v[2]
		v[0] = rotl(v[0], 32)
		v[2], v[0] = v[2]+v[1], v[0]+v[3]
		v[1], v[3] = rotl(v[1], 17)^v[2], rotl(v[3], 21)^v[0]
		v[2] = rotl(v[2], 32)
	}
	block := func(w uint64) {
		v[3] ^= w
		round()
		v[0] ^= w
	}
	n := len(data)
	for ; len(data) >= 8; data = data[8:] {
		block(word(data[:8]))
	}
	block(word(data) | uint64(n)<<56)
	v[2] ^= 0xff
	for range 3 {
		round()
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}
