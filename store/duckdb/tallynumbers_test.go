// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Short keys and long ones are counted alike, and what was taken is forgotten.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 4711))
	for _, bits := range []uint{0, 3, denseBits, denseBits + 1, mostBits} {
		n := forKeys(bits)
		for round := range 3 {
			want := map[uint32]uint32{}
			base := uint32(0)
			if bits > 2 {
				base = 1 << (bits - 1)
			}
			for range 20 {
				keys := make([]uint32, r.IntN(3000))
				for i := range keys {
					keys[i] = uint32(r.Uint64N(1<<bits)) &^ base
					want[keys[i]|base]++
				}
				n.addAll(base, keys)
			}
			n.add(base, 70_000)
			want[base] += 70_000
			got := map[uint32]uint32{}
			n.take(func(key, times uint32) { got[key] += times })
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%d bits, round %d (-want +got): %s", bits, round, d[:min(len(d), 2000)])
			}
		}
	}
}
