// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// Small cubes of a period lie in one piece of memory, and what was packed together is
// told apart; a large one that leaves memory leaves it whole, whatever stays beside it.
func TestALargeCubeLeavesMemoryAlone(t *testing.T) {
	const many = 100_000
	random := rand.New(rand.NewPCG(1, 1))
	want := map[Cube]map[uint64]Cell{}
	b := &bucket{}
	for _, size := range []struct {
		cube  Cube
		cells int
	}{{CubeTotal, 3}, {CubeAffected, 40}, {CubeHostingAS, many}, {CubeRule, 7}} {
		cube := size.cube
		want[cube] = map[uint64]Cell{}
		for range size.cells {
			key, c := random.Uint64N(1<<40), Cell{colAttempt: random.Int64N(1 << 40)}
			*b.cell(cube, key) = c
			want[cube][key] = c
		}
	}
	held := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	m := &Measure{}
	b.pack(&cellOrder{})
	b.image(m, &viewRoom{}, 0)
	for cube, cells := range want {
		got := cellsIn(b.view.cube(cube))
		if len(got) != len(cells) {
			t.Errorf("cube %d: %d cells, want %d", cube, len(got), len(cells))
		}
		for key, c := range cells {
			if got[key] != c {
				t.Fatalf("cube %d, cell %d: %v, want %v", cube, key, got[key], c)
			}
		}
	}
	large := int64(len(b.packed.of(CubeHostingAS)))
	before := held()
	b.packed.put(CubeHostingAS, nil)
	b.leave(CubeHostingAS, region{length: 1})
	b.dirty |= 1 << CubeHostingAS
	b.image(m, &viewRoom{}, 0)
	if left := before - held(); left < large*9/10 {
		t.Errorf("%d bytes left memory, the cube took %d", left, large)
	}
	runtime.KeepAlive(b)
	runtime.KeepAlive(want)
}
