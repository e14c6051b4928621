// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever is put, taken away, put behind the others and settled, each cube has the run
// it was given last, and who was given one before has what it was.
func TestPackedCubesAreThoseThatWerePut(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		run := func() []byte {
			out := make([]byte, 1+random.IntN(60))
			if random.IntN(8) == 0 {
				out = make([]byte, atticLeast+random.IntN(100))
			}
			for i := range out {
				out[i] = byte(random.IntN(256))
			}
			return out
		}
		var room runs
		all := make([]packedCells, 3) // they share the room
		want := make([][cubes][]byte, len(all))
		type given struct{ got, was []byte }
		var before []given
		for range 300 {
			i, cube := random.IntN(len(all)), Cube(random.IntN(int(cubes)))
			p, w := &all[i], &want[i]
			switch n := random.IntN(10); {
			case n < 5 && p.of(cube) == nil:
				w[cube] = run()
				p.join(cube, w[cube], &room)
			case n < 7:
				w[cube] = run()
				p.put(cube, slices.Clone(w[cube]))
			case n < 8:
				w[cube] = nil
				p.put(cube, nil)
			case n < 9:
				if p.settle(); p.loose != nil && !slices.ContainsFunc(p.loose[:], func(r []byte) bool { return len(r) >= atticLeast }) {
					t.Fatalf("seed %d: small cubes are loose after they were settled", seed)
				}
			}
			for c := range cubes {
				got := p.of(c)
				if !bytes.Equal(got, w[c]) || (got == nil) != (w[c] == nil) {
					t.Fatalf("seed %d: cube %d is %v, want %v", seed, c, got, w[c])
				}
			}
			if got := p.of(cube); got != nil {
				before = append(before, given{got, slices.Clone(got)})
			}
			for _, g := range before {
				if !bytes.Equal(g.got, g.was) {
					t.Fatalf("seed %d: what was given changed", seed)
				}
			}
		}
	}
}

// Cubes that a start reads in order lie in one piece without being moved.
func TestCubesReadInOrderLieTogether(t *testing.T) {
	var room runs
	var p packedCells
	for cube := range cubes {
		p.join(cube, []byte{1, byte(cube)}, &room)
	}
	if p.loose != nil || len(room.room) != 2*int(cubes) || &room.room[0] != &p.small[0] {
		t.Errorf("%d bytes in the room, loose %v", len(room.room), p.loose)
	}
}
