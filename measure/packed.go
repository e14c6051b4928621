// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"slices"
)

// packedCells are a period's packed cubes. Small ones lie in one piece of memory:
// there are ten thousand minutes in a week, of a dozen cubes each, and the collector
// has one thing to look at in each. Large ones lie by themselves, since each may leave
// memory alone, and so does what is new until it is settled.
type packedCells struct {
	bundle
	loose *[cubes][]byte // nil where there are none
}

// bundle is small cubes, one after the other. It never changes but at its end, where a
// start adds cubes.
type bundle struct {
	small []byte
	ends  [cubes]uint16
}

// All small cubes are within the reach of ends, or this does not compile.
const _ = uint16(int(cubes) * (atticLeast - 1))

// of gives a cube; nil where it is not there.
func (p *bundle) of(cube Cube) []byte {
	from, to := uint16(0), p.ends[cube]
	if cube > 0 {
		from = p.ends[cube-1]
	}
	if from == to {
		return nil
	}
	return p.small[from:to:to]
}

// add puts a cube behind the others.
func (p *bundle) add(cube Cube, small []byte) {
	p.small = small
	for c := cube; c < cubes; c++ {
		p.ends[c] = uint16(len(small))
	}
}

func (p *packedCells) of(cube Cube) []byte {
	if p.loose != nil && p.loose[cube] != nil {
		return p.loose[cube]
	}
	return p.bundle.of(cube)
}

// put takes a run in the place of a cube's; nil where it is to be there no more.
func (p *packedCells) put(cube Cube, run []byte) {
	switch {
	case run == nil && p.of(cube) == nil:
		return
	case p.loose == nil:
		p.loose = new([cubes][]byte)
	}
	if p.bundle.of(cube) != nil {
		for c := range cubes {
			p.loose[c] = p.of(c)
		}
		p.bundle = bundle{}
	}
	p.loose[cube] = run
}

// join takes a copy of a run for a cube that is not there.
func (p *packedCells) join(cube Cube, run []byte, r *runs) {
	switch {
	case len(run) >= atticLeast:
		p.put(cube, bytes.Clone(run))
	case int(p.ends[cube]) == len(p.small): // in order, as parts have them
		p.add(cube, r.extend(p.small, run))
	default:
		p.put(cube, bytes.Clone(run))
	}
}

// settle puts small cubes that are loose to the others; it reports whether there were
// any. Nothing of loose memory is kept then but large cubes.
func (p *packedCells) settle() bool {
	if p.loose == nil {
		return false
	}
	var size, small, large int
	for c := range cubes {
		switch n := len(p.loose[c]); {
		case n >= atticLeast:
			large++
		default:
			size, small = size+len(p.of(c)), small+min(n, 1)
		}
	}
	if small == 0 && large > 0 {
		return false
	}
	next := packedCells{}
	room := make([]byte, 0, size)
	for c := range cubes {
		run := p.of(c)
		if len(run) < atticLeast {
			room = append(room, run...)
		} else {
			next.put(c, run)
		}
		next.add(c, room)
	}
	*p = next
	return true
}

// settle has what is packed lie together.
func (b *bucket) settle() {
	if b.packed.settle() {
		b.dirty = 1<<cubes - 1 // images hold what was there before
	}
}

// runs is memory of many bundles, which come and go together.
type runs struct{ room []byte }

// runsRoom is how much of them lies together.
const runsRoom = 64 << 10

// extend gives a bundle's memory with a run behind it. It needs to copy that only where
// another came after it, or there is no more room.
func (r *runs) extend(small, run []byte) []byte {
	from := len(r.room) - len(small)
	if len(small) > 0 && from >= 0 && &r.room[from] == &small[0] && cap(r.room)-len(r.room) >= len(run) {
		r.room = append(r.room, run...)
		return slices.Clip(r.room[from:])
	}
	if cap(r.room)-len(r.room) < len(small)+len(run) {
		r.room = make([]byte, 0, runsRoom)
	}
	from = len(r.room)
	r.room = append(append(r.room, small...), run...)
	return slices.Clip(r.room[from:])
}
