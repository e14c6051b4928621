// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"slices"
	"sync/atomic"
)

// Resolution is the length of the periods that counts are kept by.
type Resolution uint8

// Resolutions. Days are UTC days; a local day is put together from hours.
const (
	ByMinute Resolution = iota
	ByHour
	ByDay
	resolutions
)

// length gives the resolution's period in minutes.
func (r Resolution) length() int64 { return [...]int64{1, 60, 1440}[r] }

// floor gives the start of the period that a minute lies in.
func (r Resolution) floor(minute int64) int64 { return minute - minute%r.length() }

// bucket holds all cubes of one period. A cube is either open (a table) or
// packed (encoded, immutable); what is not touched for a while is packed. What
// comes late for a packed cube stands beside it, as it came, until there is
// enough of it to pack both anew.
type bucket struct {
	start   int64 // minutes since 1970
	open    [cubes]*table
	packed  [cubes][]byte
	stowed  *[cubes]region // of days long past: in the attic; nil where nothing is
	late    *[cubes][]byte // gains beside what is packed or stowed; they only grow
	dirty   uint16         // cubes that changed since the bucket was last viewed
	view    *bucketView
	touched int64 // second of the last change, by our clock
	opened  int64 // second of the flush that found no table open
	past    bool  // the period ended some minutes ago: what comes now is late
	replay  bool
	thin    bool  // cubes with many cells were dropped, or could not be read back
	unread  error // why, until it was reported
	size    int64 // bytes packed
	lost    int64 // bytes of the attic that are no longer needed
	home    homeCount
	version int64 // of the last change, see Measure.Version
}

// homeCount holds the folded events on the home country by stage.
type homeCount [colRecords]int64

// bucketView is an image of a bucket. Its cubes are copied when the view is
// built if they were asked for lately, else when somebody asks: most are never
// read while they change.
type bucketView struct {
	m      *Measure
	of     *bucket
	past   *pastHours // in the place of both where the store has the cells
	start  int64
	cubes  [cubes]atomic.Pointer[cubeView]
	home   homeCount
	replay bool
	thin   bool

	version int64
}

// cube gives one cube's image.
func (v *bucketView) cube(c Cube) *cubeView {
	if p := v.cubes[c].Load(); p != nil {
		return p
	}
	if v.past == nil {
		v.m.mu.Lock()
		defer v.m.mu.Unlock()
	}
	return v.copied(c)
}

// copied is cube for those who have the lock.
func (v *bucketView) copied(c Cube) *cubeView {
	p := v.cubes[c].Load()
	if p == nil {
		if v.past != nil {
			p = v.past.cube(v.start, c)
		} else {
			p = v.of.copyOf(c)
		}
		v.cubes[c].Store(p)
	}
	return p
}

func (b *bucket) copyOf(cube Cube) *cubeView {
	if t := b.open[cube]; t != nil {
		return newCubeView(nil, cubeMore{keys: slices.Clone(t.keys), cells: slices.Clone(t.cells)})
	}
	return newCubeView(b.packed[cube], cubeMore{stowed: b.away(cube), late: b.gains(cube)})
}

// away gives where a cube lies that has left memory; a region without length where it
// has not.
func (b *bucket) away(cube Cube) region {
	if b.stowed == nil {
		return region{}
	}
	return b.stowed[cube]
}

// leave notes where a cube lies that leaves memory.
func (b *bucket) leave(cube Cube, at region) {
	if b.stowed == nil {
		b.stowed = &[cubes]region{}
	}
	b.stowed[cube] = at
}

// empty reports whether a cube has no cells.
func (b *bucket) empty(cube Cube) bool {
	return b.open[cube] == nil && b.packed[cube] == nil && b.away(cube).length == 0 && b.gains(cube) == nil
}

// plain reports whether a cube is packed, small, and nothing else.
func (b *bucket) plain(cube Cube) bool {
	return b.open[cube] == nil && b.away(cube).length == 0 && b.gains(cube) == nil && len(b.packed[cube]) < atticLeast
}

// cubeView is an image of a cube. Most are of minutes and packed, and there are a
// hundred thousand of them: what they lack lies apart.
type cubeView struct {
	packed []byte
	more   *cubeMore // nil where the rest is empty
}

type cubeMore struct {
	stowed region
	late   []byte
	keys   []uint64
	cells  []Cell
}

// newCubeView makes an image in one piece.
func newCubeView(packed []byte, more cubeMore) *cubeView {
	if more.stowed.length == 0 && more.late == nil && more.keys == nil {
		return &cubeView{packed: packed}
	}
	all := &struct {
		cubeView
		cubeMore
	}{cubeView{packed: packed}, more}
	all.more = &all.cubeMore
	return &all.cubeView
}

// length gives the bytes of the cells at rest.
func (v *cubeView) length() int {
	if v.more == nil {
		return len(v.packed)
	}
	return len(v.packed) + int(v.more.stowed.length) + len(v.more.late)
}

// each calls fn for every cell; the cell may be changed, it is a copy. What came
// late is told apart: several may be of one key, and count together. The error is
// of cells that lie in the attic.
func (v *cubeView) each(fn func(key uint64, c *Cell)) error {
	if v.packed != nil {
		walkCells(v.packed, fn)
	}
	if v.more == nil {
		return nil
	}
	if at := &v.more.stowed; at.length > 0 {
		if err := at.with(func(packed []byte) { walkCells(packed, fn) }); err != nil {
			return err
		}
	}
	walkGains(v.more.late, fn)
	for i, key := range v.more.keys {
		c := v.more.cells[i]
		fn(key, &c)
	}
	return nil
}

// cell finds or makes a cell of an open cube, opening it if it was packed.
func (b *bucket) cell(cube Cube, key uint64) *Cell {
	t := b.open[cube]
	if t == nil {
		t = b.reopen(cube)
	}
	b.dirty |= 1 << cube
	return t.cell(key)
}

func (b *bucket) reopen(cube Cube) *table {
	t := &table{}
	if p := b.packed[cube]; p != nil {
		walkCells(p, func(key uint64, c *Cell) { *t.cell(key) = *c })
		b.size -= int64(len(p))
		b.packed[cube] = nil
	}
	if r := b.away(cube); r.length > 0 {
		if err := r.with(func(p []byte) { walkCells(p, func(key uint64, c *Cell) { *t.cell(key) = *c }) }); err != nil {
			b.thin, b.unread = true, err
		}
		b.stowed[cube] = region{}
		if r.inAttic() {
			b.lost += int64(r.length)
		}
	}
	if late := b.gains(cube); late != nil {
		walkGains(late, func(key uint64, c *Cell) { t.cell(key).add(c) })
		b.size -= int64(len(late))
		b.late[cube] = nil
	}
	if !b.isOpen() {
		b.opened = b.touched
	}
	b.open[cube] = t
	return t
}

// pack encodes the open cubes: small ones in one piece of memory, since minutes have
// many; large ones by themselves, since each may leave memory alone.
func (b *bucket) pack(order *cellOrder) {
	small := order.run[:0]
	var ends [cubes]int // of small ones
	for cube, t := range b.open {
		if t == nil {
			continue
		}
		from := len(small)
		small = appendCells(small, t.keys, t.cells, order)
		if ends[cube] = len(small); len(small)-from >= atticLeast {
			b.packed[cube], small, ends[cube] = bytes.Clone(small[from:]), small[:from], 0
		}
	}
	order.run = small
	all, from := bytes.Clone(small), 0
	for cube, t := range b.open {
		if t == nil {
			continue
		}
		if end := ends[cube]; end > 0 {
			b.packed[cube], from = slices.Clip(all[from:end]), end
		}
		b.size += int64(len(b.packed[cube]))
		b.open[cube] = nil
		b.dirty |= 1 << cube
	}
}

// inAttic gives the bytes of the attic that the bucket takes.
func (b *bucket) inAttic() (n int64) {
	for cube := range cubes {
		if at := b.away(cube); at.inAttic() {
			n += int64(at.length)
		}
	}
	return n
}

func (b *bucket) isOpen() bool {
	for _, t := range b.open {
		if t != nil {
			return true
		}
	}
	return false
}

// drop forgets a cube of the period.
func (b *bucket) drop(cube Cube) {
	if b.view != nil {
		b.view.copied(cube)
	}
	b.size -= int64(len(b.packed[cube]) + len(b.gains(cube)))
	if b.packed[cube], b.open[cube] = nil, nil; b.late != nil {
		b.late[cube] = nil
	}
	b.dirty |= 1 << cube
}

// image gives the bucket's current view; now tells which cubes are asked for.
func (b *bucket) image(m *Measure, now int64) *bucketView {
	if b.view != nil && b.dirty == 0 && b.view.version == b.version && b.view.replay == b.replay {
		return b.view
	}
	v := &bucketView{m: m, of: b, start: b.start, home: b.home, version: b.version, replay: b.replay, thin: b.thin}
	var packed []cubeView // in one piece of memory; a large one would be held by those beside it
	for cube := range cubes {
		switch {
		case b.view != nil && b.dirty&(1<<cube) == 0:
			v.cubes[cube].Store(b.view.cubes[cube].Load())
		case b.empty(cube):
			v.cubes[cube].Store(&noCells)
		case b.plain(cube):
			if packed == nil {
				packed = make([]cubeView, 0, cubes-cube)
			}
			packed = append(packed, cubeView{packed: b.packed[cube]})
			v.cubes[cube].Store(&packed[len(packed)-1])
		case b.open[cube] == nil || now-m.asked[cube].Load() < askedLately:
			v.cubes[cube].Store(b.copyOf(cube))
		}
	}
	b.view, b.dirty = v, 0
	return v
}

var noCells cubeView

// askedLately is for how many seconds after a question its cube is copied with
// every view, so that who asks again need not wait.
const askedLately = 10
