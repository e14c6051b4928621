// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// form is a part with a directory that has been opened.
type form struct {
	part    Kept
	id      partID
	regions map[uint64]region
	places  map[uint64]region // within the sections
	small   map[uint64][]byte // those that are kept in memory
	facts   []byte
	rest    int64 // bytes of what is not in the directory's entries
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
	f := &form{part: p, id: idOf(p, head), regions: map[uint64]region{}, small: map[uint64][]byte{}, facts: bytes.Clone(d.facts)}
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
	f.places = make(map[uint64]region, len(d.places))
	for _, e := range d.places {
		at += int64(e.gap)
		f.places[e.name] = region{src: p, at: at, length: int32(e.length), sum: e.sum}
		at += int64(e.length)
	}
	if at > p.Size()-partTail {
		return nil, ErrDamaged
	}
	return f, nil
}

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
func (f *form) cubeOf(name uint64) ([]byte, region) { return f.small[name], f.regions[name] }

// checked reports an error of a region's bytes.
func (r *region) checked(data []byte) error {
	if r.stored() && crc32.Checksum(data, castagnoli) != r.sum {
		return fmt.Errorf("%w (bytes %d to %d)", ErrDamaged, r.at, r.at+int64(r.length))
	}
	return nil
}
