// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// A part that stands for a whole past day begins with a directory, so that a
// start need not read the day: what is large of it is read from the store when a
// question needs it.
//
// After the version, flags and the directory's length and CRC-32C comes the
// directory: the entries (name, length, CRC-32C) in the order in which their bytes
// follow, how many of these bytes belong to it (small entries, which are kept in
// memory), from version 3 on the places (name, distance to the one before, length,
// CRC-32C), which are runs of cells within the sections, and facts. Then the
// entries' bytes, then sections, then the CRC-32C of all before.
const (
	partIndexed   = 2 // version
	partPlaced    = 3 // version, with places
	indexedHead   = partHead + 8
	flagWhole     = 1
	flagDerived   = 2 // the entries follow from the sections; else they are sections
	directoryRead = 64 << 10
	maxEntries    = 1 << 12
	maxEntry      = 1<<30 - 1
)

// entry is a run of bytes that can be read alone.
type entry struct {
	name   uint64
	length int
	sum    uint32
}

// spot is an entry that lies within a section.
type spot struct {
	entry
	gap int // bytes between the one before, or the first section's begin, and this
}

// directory is what a part's writer notes of it.
type directory struct {
	derived bool
	entries []entry
	places  []spot
	placed  int // of the writer's buffer: where the last place ends
	facts   []byte
	front   int // bytes of the entries kept in memory
	noted   int // of the writer's buffer
}

// firstCubes is how many cubes there were when directories were first written.
const firstCubes = uint64(CubeSeen)

// entryName names one of some periods' cells of a cube. Cubes that came later have
// names beyond those of the first, so that older directories are read as they were
// written, and say nothing of the later ones.
func entryName(at, of int, cube Cube) uint64 {
	if uint64(cube) < firstCubes {
		return uint64(at)*firstCubes + uint64(cube)
	}
	return uint64(cube)*uint64(of) + uint64(at)
}

// index makes a part one with a directory.
func (w *partWriter) index(derived bool) *directory {
	w.dir = &directory{derived: derived, noted: len(w.buf)}
	return w.dir
}

// note ends an entry: what was written since the last one.
func (w *partWriter) note(name uint64) {
	d := w.dir
	if run := w.buf[d.noted:]; len(run) > 0 {
		d.entries = append(d.entries, entry{name, len(run), crc32.Checksum(run, castagnoli)})
		d.noted = len(w.buf)
	}
}

// spot notes a run of cells that was written last, from a byte of the buffer on.
func (w *partWriter) spot(name uint64, from int) {
	d, run := w.dir, w.buf[from:]
	d.places = append(d.places, spot{entry{name, len(run), crc32.Checksum(run, castagnoli)}, from - max(d.placed, d.noted)})
	d.placed = len(w.buf)
}

// encode gives the directory's bytes and the version that has such a one.
func (d *directory) encode() (dir []byte, version byte) {
	dir = binary.AppendUvarint(nil, uint64(len(d.entries)))
	for _, e := range d.entries {
		dir = binary.AppendUvarint(dir, e.name)
		dir = binary.AppendUvarint(dir, uint64(e.length))
		dir = binary.LittleEndian.AppendUint32(dir, e.sum)
	}
	dir = binary.AppendUvarint(dir, uint64(d.front))
	if len(d.places) == 0 {
		return append(dir, d.facts...), partIndexed
	}
	dir = binary.AppendUvarint(dir, uint64(len(d.places)))
	for _, p := range d.places {
		dir = binary.AppendUvarint(dir, p.name)
		dir = binary.AppendUvarint(dir, uint64(p.gap))
		dir = binary.AppendUvarint(dir, uint64(p.length))
		dir = binary.LittleEndian.AppendUint32(dir, p.sum)
	}
	return append(dir, d.facts...), partPlaced
}

// finishIndexed puts the directory before what was written.
func (w *partWriter) finishIndexed() []byte {
	d := w.dir
	dir, version := d.encode()
	front := make([]byte, 0, indexedHead+len(dir))
	front = append(front, version, w.buf[1])
	if d.derived {
		front[1] |= flagDerived
	}
	front = binary.LittleEndian.AppendUint32(front, uint32(len(dir)))
	sum := crc32.Update(crc32.Checksum(front, castagnoli), castagnoli, dir)
	front = append(binary.LittleEndian.AppendUint32(front, sum), dir...)
	out := w.buf
	if size := len(front) - partHead + len(out) + partTail; size > cap(out) {
		out = append(make([]byte, 0, size), out...)
	}
	out = slices.Replace(out, 0, partHead, front...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

// readDirectory checks the directory that a part begins with, and says how many
// bytes that is.
func readDirectory(data []byte) (d *directory, size int, err error) {
	if len(data) < indexedHead {
		return nil, 0, ErrDamaged
	}
	n := int(binary.LittleEndian.Uint32(data[partHead:]))
	if n > len(data)-indexedHead {
		return nil, 0, ErrDamaged
	}
	dir := data[indexedHead : indexedHead+n]
	sum := crc32.Update(crc32.Checksum(data[:partHead+4], castagnoli), castagnoli, dir)
	if sum != binary.LittleEndian.Uint32(data[partHead+4:]) {
		return nil, 0, ErrDamaged
	}
	r := reader{data: dir}
	d = &directory{derived: data[1]&flagDerived != 0}
	for range r.most(maxEntries) {
		d.entries = append(d.entries, r.entry(r.uvarint()))
	}
	d.front = int(min(r.uvarint(), 1<<31))
	if data[0] == partPlaced {
		for range r.most(maxEntries) {
			name, gap := r.uvarint(), int(min(r.uvarint(), maxEntry))
			d.places = append(d.places, spot{r.entry(name), gap})
		}
	}
	if d.facts = r.data; r.bad {
		return nil, 0, ErrDamaged
	}
	return d, indexedHead + n, nil
}

// most reads a number that is not above n.
func (r *reader) most(n uint64) uint64 {
	v := r.uvarint()
	r.check(v <= n)
	return min(v, n)
}

// entry reads an entry's length and CRC-32C.
func (r *reader) entry(name uint64) entry {
	e := entry{name: name, length: int(r.most(maxEntry))}
	if sum := r.take(4); len(sum) == 4 {
		e.sum = binary.LittleEndian.Uint32(sum)
	}
	return e
}

// indexedSections gives the sections of a part with a directory. Entries that
// follow from the sections are passed over.
func indexedSections(body []byte) ([]byte, error) {
	d, at, err := readDirectory(body)
	if err != nil {
		return nil, err
	}
	if d.derived {
		for _, e := range d.entries {
			at += e.length
		}
	}
	if at > len(body) {
		return nil, ErrDamaged
	}
	return body[at:], nil
}
