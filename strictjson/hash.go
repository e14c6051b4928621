// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"math/bits"
)

// Names are hashed a word at a time while they are scanned. The hash only
// spreads: equality is always decided on the bytes, and an object with many
// unknown names goes over to a seeded hash, so that nobody gains by choosing
// names that collide.
const (
	mixName = 0x9E3779B97F4A7C15
	mixSlot = 0xD6E8FEB86659FD93
)

func mixFirst(w uint64) uint64   { return w * mixName }
func mixNext(h, w uint64) uint64 { return (bits.RotateLeft64(h, 23) ^ w) * mixName }

func firstWord[S string | []byte](s S) uint64 {
	var w [8]byte
	copy(w[:], s)
	return binary.LittleEndian.Uint64(w[:])
}

// hashName gives what scanName computes along the way: the hash and the first
// eight bytes.
func hashName[S string | []byte](s S) (h, first uint64) {
	var w [8]byte
	rest := s[copy(w[:], s):]
	first = binary.LittleEndian.Uint64(w[:])
	h = mixFirst(first)
	for len(rest) > 0 {
		w = [8]byte{}
		rest = rest[copy(w[:], rest):]
		h = mixNext(h, binary.LittleEndian.Uint64(w[:]))
	}
	return h, first
}

// seal computes the perfect hash of this node and of those below, and numbers
// the places at which the next member is guessed.
func (n *node) seal(places *int) error {
	n.first = *places
	*places++
	n.entries = make([]entry, n.number)
	hashes := make([]uint64, n.number)
	for _, e := range n.byName {
		if err := e.seal(places); err != nil {
			return err
		}
		n.entries[e.id] = *e
		hashes[e.id], _ = hashName(e.name)
	}
	for width := uint8(3); width <= 16; width++ {
		for seed := range uint64(4096) {
			if n.place(hashes, width, seed*mixSlot) {
				return nil
			}
		}
	}
	return errors.New("no perfect hash for an object's members")
}

func (e *entry) seal(places *int) error {
	e.place = *places
	*places++
	e.plain = e.want&String != 0 && !e.item && e.check == nil
	e.digit = e.want&Number != 0 && !e.item && e.check == nil
	e.left = e.want&Any == 0 && e.child == nil && e.elem == nil && e.head == nil
	e.mask = ^uint64(0)
	if n := len(e.name); n < 8 {
		e.mask = 1<<(8*n) - 1
	} else {
		e.last = firstWord(e.name[n-8:])
	}
	if e.child != nil {
		if err := e.child.seal(places); err != nil {
			return err
		}
	}
	for _, x := range []*entry{e.elem, e.head} {
		if x != nil {
			if err := x.seal(places); err != nil {
				return err
			}
		}
	}
	return nil
}

// place tries one seed; it succeeds if no two members share a slot.
func (n *node) place(hashes []uint64, width uint8, seed uint64) bool {
	n.seed, n.shift, n.slots = seed, 64-width, make([]uint8, 1<<width)
	for id, h := range hashes {
		s := &n.slots[((h^seed)*mixSlot)>>(n.shift&63)]
		if *s != 0 {
			return false
		}
		*s = uint8(id) + 1
	}
	return true
}

// find looks a name up; nil when it is not known here. The name's first word
// and length tell most names apart before the bytes are compared.
func (n *node) find(h, first uint64, name []byte) *entry {
	s := n.slots[((h^n.seed)*mixSlot)>>(n.shift&63)]
	if s == 0 {
		return nil
	}
	e := &n.entries[s-1]
	if e.first != first || len(e.name) != len(name) || len(name) > 8 && e.name != string(name) {
		return nil
	}
	return e
}

// guessed gives the place of the value if the member whose name begins at i is
// e, as it was lately after the same predecessor: the name, its closing quote
// and the colon follow. Else it gives 0. Most names are met this way, without
// scanning or hashing them.
func guessed(b []byte, i int, e *entry) (value int) {
	end := i + len(e.name)
	if end+8 > len(b) || load(b, i)&e.mask != e.first || !colonAt(load(b, end)) || len(e.name) > 8 && !e.ends(b, i, end) {
		return 0
	}
	return end + 2
}

// colonAt reports whether the word begins with a closing quote, a colon and
// something that is no white space.
func colonAt(w uint64) bool { return uint16(w) == '"'|':'<<8 && byte(w>>16) > ' ' }

// ends compares what of a longer name its first word does not hold.
func (e *entry) ends(b []byte, i, end int) bool {
	return load(b, end-8) == e.last && (len(e.name) <= 16 || string(b[i:end]) == e.name)
}

// nobody stands where nothing was met yet: no name begins like it.
var nobody = entry{first: 1}

func newGuesses(n int) [][2]*entry {
	out := make([][2]*entry, n)
	for i := range out {
		out[i] = [2]*entry{&nobody, &nobody}
	}
	return out
}

// name is an unknown member name of an object being read.
type name struct {
	hash uint64
	off  uint32 // in the record, or in Reader.unescaped with escapedName set
	len  uint32
}

const escapedName = 1 << 31

// frame is what is known of the unknown names of one open object.
type frame struct {
	base  int      // first of its names in Reader.names
	bloom uint64   // one bit a name: most names are new at a glance
	big   *nameSet // when there are many
}

const smallObject = 32 // names compared one by one up to here

// unknown notes a name and reports whether it was there before.
func (r *Reader) unknown(f *frame, h uint64, text []byte, off uint32) (duplicate bool) {
	bit := uint64(1) << (h >> 58)
	if f.big != nil {
		duplicate = f.big.has(r, text)
	} else if f.bloom&bit != 0 {
		duplicate = r.among(f, h, text)
	}
	f.bloom |= bit
	r.names = append(r.names, name{h, off, uint32(len(text))})
	switch n := len(r.names) - f.base; {
	case f.big != nil:
		f.big.add(r, f.base, len(r.names)-1)
	case n > smallObject:
		f.big = r.takeSet()
		for i := f.base; i < len(r.names); i++ {
			f.big.add(r, f.base, i)
		}
	}
	return duplicate
}

func (r *Reader) among(f *frame, h uint64, text []byte) bool {
	for i := f.base; i < len(r.names); i++ {
		if n := &r.names[i]; n.hash == h && string(r.nameText(n)) == string(text) {
			return true
		}
	}
	return false
}

func (r *Reader) nameText(n *name) []byte {
	if n.off&escapedName != 0 {
		off := n.off &^ escapedName
		return r.unescaped[off : off+n.len]
	}
	return r.data[n.off : n.off+n.len]
}

// leave forgets the names of an object that has ended.
func (r *Reader) leave(f *frame) {
	r.names = r.names[:f.base]
	if f.big != nil {
		r.freeSets = append(r.freeSets, f.big)
	}
	r.depth--
}

// nameSet is an open-addressing set of indices into Reader.names, hashed with
// the Reader's own seed.
type nameSet struct {
	slots []uint32 // index+1
	used  int
}

func (r *Reader) takeSet() *nameSet {
	if n := len(r.freeSets); n > 0 {
		s := r.freeSets[n-1]
		r.freeSets = r.freeSets[:n-1]
		clear(s.slots)
		s.used = 0
		return s
	}
	return &nameSet{slots: make([]uint32, 4*smallObject)}
}

func (s *nameSet) has(r *Reader, text []byte) bool {
	mask := uint64(len(s.slots) - 1)
	for i := maphash.Bytes(r.seed, text) & mask; s.slots[i] != 0; i = (i + 1) & mask {
		if string(r.nameText(&r.names[s.slots[i]-1])) == string(text) {
			return true
		}
	}
	return false
}

func (s *nameSet) add(r *Reader, base, index int) {
	if s.used++; s.used*2 > len(s.slots) {
		s.slots = make([]uint32, 2*len(s.slots))
		for i := base; i < index; i++ {
			s.put(r, i)
		}
	}
	s.put(r, index)
}

func (s *nameSet) put(r *Reader, index int) {
	mask := uint64(len(s.slots) - 1)
	i := maphash.Bytes(r.seed, r.nameText(&r.names[index])) & mask
	for s.slots[i] != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = uint32(index) + 1
}
