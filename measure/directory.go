// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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
// memory), and facts. Then the entries' bytes, then sections, then the CRC-32C of
// all before.
const (
	partIndexed   = 2 // version
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

// directory is what a part's writer notes of it.
type directory struct {
	derived bool
	entries []entry
	facts   []byte
	front   int // bytes of the entries kept in memory
	noted   int // of the writer's buffer
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

// finishIndexed puts the directory before what was written.
func (w *partWriter) finishIndexed() []byte {
	d := w.dir
	dir := binary.AppendUvarint(nil, uint64(len(d.entries)))
	for _, e := range d.entries {
		dir = binary.AppendUvarint(dir, e.name)
		dir = binary.AppendUvarint(dir, uint64(e.length))
		dir = binary.LittleEndian.AppendUint32(dir, e.sum)
	}
	dir = binary.AppendUvarint(dir, uint64(d.front))
	dir = append(dir, d.facts...)
	out := make([]byte, 0, indexedHead+len(dir)+len(w.buf)+partTail)
	out = append(out, partIndexed, w.buf[1])
	if d.derived {
		out[1] |= flagDerived
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(dir)))
	sum := crc32.Update(crc32.Checksum(out, castagnoli), castagnoli, dir)
	out = binary.LittleEndian.AppendUint32(out, sum)
	out = append(append(out, dir...), w.buf[partHead:]...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

// form is a part with a directory that has been opened.
type form struct {
	part    Kept
	regions map[uint64]region
	small   map[uint64][]byte // those that are kept in memory
	facts   []byte
	rest    int64 // bytes of what is not in the directory's entries
}

var errNoDirectory = errors.New("measure: stored part has no directory")

// openForm reads a part's directory; errNoDirectory where it has none.
func openForm(p Kept) (*form, error) {
	head := make([]byte, min(directoryRead, p.Size()))
	if _, err := p.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if len(head) < indexedHead || head[0] != partIndexed {
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
	f := &form{part: p, regions: map[uint64]region{}, small: map[uint64][]byte{}, facts: bytes.Clone(d.facts)}
	end := at + int64(d.front)
	for _, e := range d.entries {
		if at < end {
			if at+int64(e.length) > end || crc32.Checksum(head[at:at+int64(e.length)], castagnoli) != e.sum {
				return nil, ErrDamaged
			}
			f.small[e.name] = append([]byte(nil), head[at:at+int64(e.length)]...)
		} else {
			f.regions[e.name] = region{src: p, at: at, length: int32(e.length), sum: e.sum}
		}
		at += int64(e.length)
	}
	if f.rest = p.Size() - partTail - at; f.rest < 0 {
		return nil, ErrDamaged
	}
	return f, nil
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
	for range min(r.uvarint(), maxEntries+1) {
		e := entry{name: r.uvarint(), length: int(min(r.uvarint(), maxEntry+1))}
		if sum := r.take(4); len(sum) == 4 {
			e.sum = binary.LittleEndian.Uint32(sum)
		}
		d.entries = append(d.entries, e)
	}
	d.front = int(min(r.uvarint(), 1<<31))
	large := slices.ContainsFunc(d.entries, func(e entry) bool { return e.length > maxEntry })
	if d.facts = r.data; r.bad || large || len(d.entries) > maxEntries {
		return nil, 0, ErrDamaged
	}
	return d, indexedHead + n, nil
}

// readIndexed is readPart for a part with a directory. Entries that follow from
// the sections are passed over.
func readIndexed(body []byte, fn func(*section)) (whole bool, err error) {
	d, at, err := readDirectory(body)
	if err != nil {
		return false, err
	}
	if d.derived {
		for _, e := range d.entries {
			at += e.length
		}
	}
	if at > len(body) {
		return false, ErrDamaged
	}
	if err := readSections(body[at:], func(*section) {}); err != nil {
		return false, err
	}
	return body[1]&flagWhole != 0, readSections(body[at:], fn)
}

// cubeOf gives an entry of cells as a bucket holds it: in memory or where it lies.
func (f *form) cubeOf(name uint64) ([]byte, region) { return f.small[name], f.regions[name] }

// checked reports an error of a region's bytes.
func (r *region) checked(data []byte) error {
	if r.stored() && crc32.Checksum(data, castagnoli) != r.sum {
		return fmt.Errorf("%w (bytes %d to %d)", ErrDamaged, r.at, r.at+int64(r.length))
	}
	return nil
}
