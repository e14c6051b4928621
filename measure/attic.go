// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// What days long past hold is read seldom and is large: their widest cubes lie
// in a file without a name, which is gone when the process is. It is no store:
// everything in it follows from the stored parts.

// attic is that file. Regions are written once; what is no longer needed stays
// until more than half of the file is such, and the rest moves to a new one.
type attic struct {
	dir  string // "" keeps everything in memory
	file *os.File
	end  int64
	dead int64
}

// region is a place in an attic's file, which it holds open, or in a stored part.
type region struct {
	src    io.ReaderAt // the attic's file, or the part
	at     int64
	length int32
	sum    uint32 // CRC-32C of what lies in a stored part
}

const (
	atticLeast  = 4 << 10  // bytes of a cube that are worth moving
	atticMoving = 64 << 20 // bytes no longer needed before the rest moves
)

// put writes data to the file.
func (a *attic) put(data []byte) (region, error) {
	if a.file == nil {
		f, err := os.CreateTemp(a.dir, "rollups-*.tmp")
		if err != nil {
			return region{}, err
		}
		if err := os.Remove(f.Name()); err != nil {
			return region{}, fmt.Errorf("%w (and closed: %v)", err, f.Close())
		}
		a.file, a.end, a.dead = f, 0, 0
	}
	if _, err := a.file.WriteAt(data, a.end); err != nil {
		return region{}, err
	}
	r := region{src: a.file, at: a.end, length: int32(len(data))}
	a.end += int64(len(data))
	return r, nil
}

// buffers are memory to read regions into: a few, none of them large.
var buffers = make(chan []byte, 4)

const bufferMost = 2 << 20

// with reads the region and hands it to fn, which may not keep it. A region that
// cannot be read is a disk that failed: whoever asked gets this error, counting
// goes on without what lay there, and the next start makes it of the stored parts
// again.
func (r region) with(fn func(packed []byte)) error {
	n := int(r.length)
	buf := buffer(n)
	defer leave(buf)
	_, err := r.src.ReadAt(buf, r.at)
	if err == nil {
		err = r.checked(buf)
	}
	if err != nil {
		return fmt.Errorf("measure: counts of past days cannot be read back: %w; look after the disk of the data folder and start again", err)
	}
	fn(buf)
	return nil
}

func buffer(n int) (buf []byte) {
	select {
	case buf = <-buffers:
	default:
	}
	if cap(buf) < n {
		buf = make([]byte, n+n/4)
	}
	return buf[:n]
}

func leave(buf []byte) {
	if cap(buf) > bufferMost {
		return
	}
	select {
	case buffers <- buf:
	default:
	}
}

// inAttic reports whether the region takes room in the attic.
func (r *region) inAttic() bool { return r.length > 0 && !r.stored() }

// stored reports whether the region lies in a stored part.
func (r *region) stored() bool { return stored(r.src) }

func stored(src io.ReaderAt) bool {
	_, ok := src.(Kept)
	return ok
}

// sameAs finds a day's cells where a stored part has them.
func (f *form) sameAs(cube int, cells []byte) (r region, ok bool) {
	if f == nil {
		return r, false
	}
	r, ok = f.region(uint64(cube))
	return r, ok && int(r.length) == len(cells) && r.sum == crc32.Checksum(cells, castagnoli)
}

// stow moves the wide cubes of a day at rest into the attic, unless the day's
// stored part has them.
func (b *bucket) stow(a *attic, f *form) error {
	for cube := range cubes {
		p := b.packed.of(cube)
		if len(p) < atticLeast {
			continue
		}
		r, ok := f.sameAs(int(cube), p)
		if !ok {
			var err error
			if r, err = a.put(p); err != nil {
				return err
			}
		}
		b.leave(cube, r)
		b.packed.put(cube, nil)
		b.size -= int64(len(p))
		b.dirty |= 1 << cube
	}
	return nil
}

// stow moves the sets into the attic: what comes later for that day is in memory
// again, beside them. Their groups of cells are stored parts, each on its own.
func (g *setGroup) stow(a *attic) error {
	var moved lots
	for list, cells := range g.lists {
		for role := range roles {
			w := newPart(false)
			for _, c := range cells {
				w.cellSet(g, c, role)
			}
			if len(w.buf) == partHead {
				continue
			}
			r, err := a.put(w.finish())
			if err != nil {
				return err
			}
			moved = append(moved, lot{name: setsName(list, Role(role)), at: r.at, length: r.length})
		}
	}
	g.moved(a.file, moved)
	return nil
}

// moved has sets lie elsewhere than in memory.
func (g *setGroup) moved(src io.ReaderAt, kinds lots) {
	if len(kinds) > 0 {
		g.stowed = append(g.stowed, stowedSets{src, kinds})
	}
	g.cells, g.lists, g.bytes, g.whole, g.form = map[uint64]*cellSets{}, [setCubes << 2][]*cellSets{}, 0, false, nil
	g.room = nil
	g.version++
	g.stowedAt = g.version
}

// leave has the sets lie where a stored part has them.
func (g *setGroup) leave(f *form) {
	g.stowed = nil // the part says all
	g.moved(f.part, f.regions)
	g.form, g.formed = f, g.version
}

// setsName is the name of what lies together in a directory.
func setsName(list int, role Role) uint64 { return uint64(list*roles) + uint64(role) }

// eachStowed calls fn for the sets of a kind that lie in the attic; fn may not keep
// what it is given.
func eachStowed(regions []region, fn func(key uint64, s *section)) error {
	for _, r := range regions {
		var damaged error
		err := r.with(func(data []byte) {
			if r.stored() {
				damaged = readSections(data, func(s *section) { fn(s.key, s) })
				return
			}
			damaged = readPart(data, func(s *section) { fn(s.key, s) })
		})
		if err = errors.Join(err, damaged); err != nil {
			return err
		}
	}
	return nil
}

// stow moves what days long past hold out of memory.
func (m *Measure) stow() {
	a := &m.attic
	if a.dir == "" {
		return
	}
	if a.dead > atticMoving && 2*a.dead > a.end {
		m.unstow()
	}
	for res, all := range []map[int64]*bucket{m.buckets[ByDay], m.pieces} {
		for start, b := range all {
			a.dead += b.lost
			b.lost = 0
			m.unread(b)
			d := m.days[ByDay.floor(start)]
			if d == nil || !d.retired || b.isOpen() || b.size < atticLeast {
				continue
			}
			var f *form
			if res == 0 {
				f = d.form
			}
			if err := b.stow(a, f); err != nil {
				m.deps.Log.Warn("counts of past days stay in memory", "error", err)
				a.dir = "" // until the next start
				return
			}
		}
	}
}

// unread tells what counting could not read back.
func (m *Measure) unread(b *bucket) {
	if b.unread != nil {
		m.stats.dropped.WithLabelValues("unreadable").Inc()
		m.deps.Log.Error("counts of a past day could not be read back; the next start makes them of the store", "day", dayKey(ByDay.floor(b.start)), "error", b.unread)
		b.unread = nil
	}
}

// unstow begins a new file: days move there from the old one, which those who
// still read it hold open.
func (m *Measure) unstow() {
	m.attic.file, m.attic.end, m.attic.dead = nil, 0, 0
	var failed error
	move := func(r *region) {
		if r.inAttic() && failed == nil {
			old := *r
			err := old.with(func(data []byte) { *r, failed = m.attic.put(data) })
			if failed = errors.Join(err, failed); failed != nil {
				*r = old
			}
		}
	}
	for _, all := range []map[int64]*bucket{m.buckets[ByDay], m.pieces} {
		for _, b := range all {
			for cube := range cubes {
				if b.stowed != nil {
					move(&b.stowed[cube])
				}
				b.dirty |= 1 << cube
			}
		}
	}
	for _, g := range m.daySets {
		for i, s := range g.stowed {
			if stored(s.src) {
				continue
			}
			kinds := slices.Clone(s.kinds)
			for k := range kinds {
				r := kinds[k].of(s.src)
				move(&r)
				kinds[k].at = r.at
			}
			if failed == nil {
				g.stowed[i] = stowedSets{m.attic.file, kinds}
			}
		}
	}
	if failed != nil {
		m.deps.Log.Warn("counts of past days stay in the old file", "error", failed)
	}
}

// stowSets moves a day's sets out of memory; false where there is no file.
func (m *Measure) stowSets(g *setGroup) bool {
	a := &m.attic
	if a.dir == "" {
		return false
	}
	if g.form != nil && g.formed == g.version {
		g.leave(g.form)
	} else if err := g.stow(a); err != nil {
		m.deps.Log.Warn("distinct addresses of past days leave memory for good", "error", err)
		a.dir = ""
		return false
	}
	m.stats.dropped.WithLabelValues("distinct-days-stowed").Inc()
	return true
}
