// SPDX-License-Identifier: Apache-2.0

package measure

import "bytes"

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
	start   int64          // minutes since 1970
	open    *[cubes]*table // nil where none is
	packed  packedCells
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

// table gives a cube's cells while they are open.
func (b *bucket) table(cube Cube) *table {
	if b.open == nil {
		return nil
	}
	return b.open[cube]
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
	return b.table(cube) == nil && b.packed.of(cube) == nil && b.away(cube).length == 0 && b.gains(cube) == nil
}

// plain reports whether nothing of a cube is in memory but packed cells, and few.
func (b *bucket) plain(cube Cube) bool {
	return b.table(cube) == nil && b.gains(cube) == nil && len(b.packed.of(cube)) < atticLeast
}

// inOneBundle reports whether all of the bucket is.
func (b *bucket) inOneBundle() bool {
	return b.open == nil && b.packed.loose == nil && b.stowed == nil && b.late == nil
}

// cell finds or makes a cell of an open cube, opening it if it was packed.
func (b *bucket) cell(cube Cube, key uint64) *Cell {
	t := b.table(cube)
	if t == nil {
		t = b.reopen(cube)
	}
	b.dirty |= 1 << cube
	return t.cell(key)
}

func (b *bucket) reopen(cube Cube) *table {
	t := &table{}
	if p := b.packed.of(cube); p != nil {
		walkCells(p, func(key uint64, c *Cell) { *t.cell(key) = *c })
		b.size -= int64(len(p))
		b.packed.put(cube, nil)
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
	if b.open == nil {
		b.open, b.opened = new([cubes]*table), b.touched
	}
	b.open[cube] = t
	return t
}

// pack encodes the open cubes.
func (b *bucket) pack(order *cellOrder) {
	if b.open == nil {
		return
	}
	all := order.run[:0]
	for cube, t := range b.open {
		if t == nil {
			continue
		}
		from := len(all)
		all = appendCells(all, t.keys, t.cells, order)
		run := all[from:]
		if len(run) >= atticLeast {
			run, all = bytes.Clone(run), all[:from]
		}
		b.packed.put(Cube(cube), run)
		b.size += int64(len(run))
		b.dirty |= 1 << cube
	}
	order.run, b.open = all, nil
	b.settle() // copies the small ones
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

func (b *bucket) isOpen() bool { return b.open != nil }

// drop forgets a cube of the period.
func (b *bucket) drop(cube Cube) {
	if b.view != nil {
		b.view.copied(cube)
	}
	b.size -= int64(len(b.packed.of(cube)) + len(b.gains(cube)))
	if b.packed.put(cube, nil); b.open != nil {
		b.open[cube] = nil
	}
	if b.late != nil {
		b.late[cube] = nil
	}
	b.dirty |= 1 << cube
}
