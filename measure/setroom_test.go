// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Sets that lie together, and take what others left, have the members that sets by
// themselves have.
func TestSetsInARoomAreThoseByThemselves(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	var room setRoom
	sets := make([]set, 300)
	alone := make([]set, len(sets))
	for range 60_000 {
		i := random.IntN(len(sets))
		i = random.IntN(i + 1) // some are large
		if h := scatter(random.Uint64N(1 << 20)); sets[i].addIn(&room, h) != alone[i].add(h) {
			t.Fatalf("set %d: a hash is new to one and not to the other", i)
		}
	}
	for i := range 20 {
		sets[i].merge(&room, &sets[100+i])
		alone[i].merge(nil, &alone[100+i])
	}
	held := 0
	for i := range sets {
		a, b := slices.Sorted(slices.Values(sets[i].slots)), slices.Sorted(slices.Values(alone[i].slots))
		if sets[i].n != alone[i].n || !slices.Equal(a, b) || cap(sets[i].slots) != len(sets[i].slots) {
			t.Fatalf("set %d: %d members, want %d", i, sets[i].n, alone[i].n)
		}
		if n := len(a); n <= roomMost {
			held += n
		}
	}
	if room.taken > 2*held {
		t.Errorf("%d slots were taken for %d", room.taken, held)
	}
}

// What an hour's cells and small sets take is a few pieces of memory.
func TestCellsLieTogether(t *testing.T) {
	g := &setGroup{cells: map[uint64]*cellSets{}}
	pieces := testing.AllocsPerRun(1, func() {
		*g = setGroup{cells: map[uint64]*cellSets{}}
		for key := range uint64(2000) {
			c := g.cell(key)
			for h := range uint64(6) {
				c.roles[0].addIn(g.room, scatter(key*8+h+1))
			}
		}
	})
	if pieces > 300 {
		t.Errorf("2,000 cells take %v pieces of memory", pieces)
	}
}
