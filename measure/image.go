// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"sync/atomic"
)

// bucketView is an image of a bucket. That of a period at rest, of which all is one
// bundle, is that bundle. Else its cubes are copied when the view is built if they
// were asked for lately, or when somebody asks: most are never read while they change.
type bucketView struct {
	m      *Measure
	of     *bucket    // what cubes are still to be copied of
	cubes  *cubeViews // nil where rest, or past, says all
	past   *pastHours // where the store has the cells
	rest   bundle
	start  int64
	home   homeCount
	replay bool
	thin   bool

	version int64
}

type cubeViews [cubes]atomic.Pointer[cubeView]

// cube gives one cube's image.
func (v *bucketView) cube(c Cube) cubeView {
	if v.cubes != nil && v.cubes[c].Load() == nil {
		v.m.mu.Lock()
		defer v.m.mu.Unlock()
	}
	return v.copied(c)
}

// copied is cube for those who have the lock.
func (v *bucketView) copied(c Cube) cubeView {
	switch {
	case v.past != nil:
		return v.past.cube(v.start, c)
	case v.cubes == nil:
		return cubeView{packed: v.rest.of(c)}
	}
	p := v.cubes[c].Load()
	if p == nil {
		p = v.of.copyOf(c)
		v.cubes[c].Store(p)
	}
	return *p
}

func (b *bucket) copyOf(cube Cube) *cubeView {
	if t := b.table(cube); t != nil {
		return newCubeView(cubeView{}, cubeMore{keys: slices.Clone(t.keys), cells: slices.Clone(t.cells)})
	}
	return newCubeView(cubeView{packed: b.packed.of(cube), stowed: b.away(cube)}, cubeMore{late: b.gains(cube)})
}

// cubeView is an image of a cube. Most are packed or stowed: what is open or late lies
// apart.
type cubeView struct {
	packed []byte
	stowed region
	more   *cubeMore // nil where the rest is empty
}

type cubeMore struct {
	late  []byte
	keys  []uint64
	cells []Cell
}

// newCubeView makes an image in one piece.
func newCubeView(v cubeView, more cubeMore) *cubeView {
	if more.late == nil && more.keys == nil {
		return &v
	}
	all := &struct {
		cubeView
		cubeMore
	}{v, more}
	all.more = &all.cubeMore
	return &all.cubeView
}

// length gives the bytes of the cells at rest.
func (v cubeView) length() int {
	n := len(v.packed) + int(v.stowed.length)
	if v.more != nil {
		n += len(v.more.late)
	}
	return n
}

// each calls fn for every cell; the cell may be changed, it is a copy. What came
// late is told apart: several may be of one key, and count together. The error is
// of cells that lie in the attic.
func (v cubeView) each(fn func(key uint64, c *Cell)) error {
	if v.packed != nil {
		walkCells(v.packed, fn)
	}
	if v.stowed.length > 0 {
		if err := v.stowed.with(func(packed []byte) { walkCells(packed, fn) }); err != nil {
			return err
		}
	}
	if v.more == nil {
		return nil
	}
	walkGains(v.more.late, fn)
	for i, key := range v.more.keys {
		c := v.more.cells[i]
		fn(key, &c)
	}
	return nil
}

// image gives the bucket's current view; now tells which cubes are asked for.
func (b *bucket) image(m *Measure, room *viewRoom, now int64) *bucketView {
	if b.view != nil && b.dirty == 0 && b.view.version == b.version && b.view.replay == b.replay {
		return b.view
	}
	v := bucketView{start: b.start, home: b.home, version: b.version, replay: b.replay, thin: b.thin}
	if b.inOneBundle() {
		v.rest = b.packed.bundle
		b.view = room.put(v)
	} else {
		v.m, v.of, v.cubes = m, b, b.images(m, now)
		b.view = &v
	}
	b.dirty = 0
	return b.view
}

// images gives those of its cubes.
func (b *bucket) images(m *Measure, now int64) *cubeViews {
	var views cubeViews
	var packed []cubeView // in one piece of memory; a large one would be held by those beside it
	for cube := range cubes {
		switch {
		case b.view != nil && b.view.cubes != nil && b.dirty&(1<<cube) == 0:
			views[cube].Store(b.view.cubes[cube].Load())
		case b.empty(cube):
			views[cube].Store(&noCells)
		case b.plain(cube):
			if packed == nil {
				packed = make([]cubeView, 0, cubes-cube)
			}
			packed = append(packed, cubeView{packed: b.packed.of(cube), stowed: b.away(cube)})
			views[cube].Store(&packed[len(packed)-1])
		case b.table(cube) == nil || now-m.asked[cube].Load() < askedLately:
			views[cube].Store(b.copyOf(cube))
		}
	}
	return &views
}

// viewRoom is memory of images of periods at rest: those that one view needs anew.
type viewRoom struct {
	next []bucketView
	size int // of the last piece
}

// viewsTogether is how many lie together: they stay as long as one of them is used.
const viewsTogether = 32

func (r *viewRoom) put(v bucketView) *bucketView {
	if len(r.next) == 0 {
		r.size = min(max(1, 2*r.size), viewsTogether)
		r.next = make([]bucketView, r.size)
	}
	p := &r.next[0]
	*p, r.next = v, r.next[1:]
	return p
}

var noCells cubeView

// askedLately is for how many seconds after a question its cube is copied with
// every view, so that who asks again need not wait.
const askedLately = 10
