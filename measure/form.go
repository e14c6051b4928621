// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// form is a part with a directory that has been opened.
type form struct {
	part    Kept
	id      partID
	regions lots
	places  lots   // within the sections
	small   lots   // within front
	front   []byte // the entries that are kept in memory
	facts   []byte
	rest    int64 // bytes of what is not in the directory's entries
}

// lots are regions of one part, or of its front, by name. There are tens of thousands
// in a year: they hold nothing that the collector would have to look through.
type lots []lot

// lot is a region of a part that is known.
type lot struct {
	name   uint64
	at     int64
	length int32
	sum    uint32
}

func (l lots) sort() { slices.SortFunc(l, func(a, b lot) int { return cmp.Compare(a.name, b.name) }) }

func (l lots) find(name uint64) (lot, bool) {
	i, ok := slices.BinarySearchFunc(l, name, func(o lot, name uint64) int { return cmp.Compare(o.name, name) })
	if !ok {
		return lot{}, false
	}
	return l[i], true
}

// of is the region itself.
func (o lot) of(src io.ReaderAt) region {
	return region{src: src, at: o.at, length: o.length, sum: o.sum}
}

// region finds an entry that has a place of its own.
func (f *form) region(name uint64) (region, bool) {
	o, ok := f.regions.find(name)
	if !ok {
		return region{}, false
	}
	return o.of(f.part), true
}

// partID tells a part from every other with a directory: its size and the CRC-32C of
// the directory, which holds that of each entry.
type partID uint64

var errNoDirectory = errors.New("measure: stored part has no directory")

// openForm reads a part's directory; errNoDirectory where it has none.
func openForm(p Kept) (*form, error) {
	head := make([]byte, min(directoryRead, p.Size()))
	if _, err := p.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if len(head) < indexedHead || head[0] != partIndexed && head[0] != partPlaced {
		return nil, errNoDirectory
	}
	n := int64(binary.LittleEndian.Uint32(head[partHead:]))
	if n > p.Size()-indexedHead-partTail {
		return nil, ErrDamaged
	}
	dir, err := more(p, head, indexedHead+n)
	if err != nil {
		return nil, err
	}
	d, _, err := readDirectory(dir)
	if err != nil {
		return nil, err
	}
	at := indexedHead + n
	if dir, err = more(p, dir, at+int64(d.front)); err != nil {
		return nil, err
	}
	return d.open(p, dir, at)
}

// open finds the directory's entries in its part; head holds those in front.
func (d *directory) open(p Kept, head []byte, at int64) (*form, error) {
	f := &form{part: p, id: idOf(p, head), front: bytes.Clone(head[at : at+int64(d.front)]), facts: bytes.Clone(d.facts)}
	begin, end := at, at+int64(d.front)
	for _, e := range d.entries {
		o := lot{name: e.name, at: at, length: int32(e.length), sum: e.sum}
		if at < end {
			if o.at -= begin; at+int64(e.length) > end || crc32.Checksum(f.cut(o), castagnoli) != e.sum {
				return nil, ErrDamaged
			}
			f.small = append(f.small, o)
		} else {
			f.regions = append(f.regions, o)
		}
		at += int64(e.length)
	}
	if f.rest = p.Size() - partTail - at; f.rest < 0 {
		return nil, ErrDamaged
	}
	f.places = make(lots, 0, len(d.places))
	for _, e := range d.places {
		at += int64(e.gap)
		f.places = append(f.places, lot{name: e.name, at: at, length: int32(e.length), sum: e.sum})
		at += int64(e.length)
	}
	if at > p.Size()-partTail {
		return nil, ErrDamaged
	}
	f.regions, f.small = slices.Clip(f.regions), slices.Clip(f.small)
	for _, l := range []lots{f.regions, f.small, f.places} {
		l.sort()
	}
	return f, nil
}

// cut gives an entry of the front.
func (f *form) cut(o lot) []byte { return slices.Clip(f.front[o.at : o.at+int64(o.length)]) }

// idOf gives the identity of a part that begins so.
func idOf(p Kept, head []byte) partID {
	return partID(binary.LittleEndian.Uint32(head[partHead+4:]))<<32 | partID(uint32(p.Size()))
}

// more gives a part's first n bytes, of which head is known.
func more(p Kept, head []byte, n int64) ([]byte, error) {
	if n <= int64(len(head)) {
		return head, nil
	}
	if n > p.Size() {
		return nil, ErrDamaged
	}
	head = make([]byte, n)
	_, err := p.ReadAt(head, 0)
	return head, err
}

// cubeOf gives an entry of cells as a bucket holds it: in memory or where it lies.
func (f *form) cubeOf(name uint64) (packed []byte, stowed region) {
	if o, ok := f.small.find(name); ok {
		packed = f.cut(o)
	}
	stowed, _ = f.region(name)
	return packed, stowed
}

// checked reports an error of a region's bytes.
func (r *region) checked(data []byte) error {
	if r.stored() && crc32.Checksum(data, castagnoli) != r.sum {
		return fmt.Errorf("%w (bytes %d to %d)", ErrDamaged, r.at, r.at+int64(r.length))
	}
	return nil
}
