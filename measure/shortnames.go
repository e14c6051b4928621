// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// shortNames finds the numbers of strings of at most 15 bytes, which most names
// are. They lie in the table itself, so that a look-up touches one place of
// memory where a map of strings touches three. Senders choose the names: what
// they hash to depends on secrets of this process.
type shortNames struct {
	slots   []shortName // power of two, at most half of them taken
	n       int
	secrets [2]uint64
}

// shortName is a string in two words, its length the last byte; no string is all
// zero but the empty one, which marks a free slot.
type shortName struct {
	a, b uint64
	id   uint32
}

const longestShort = 15

// shortOf packs a string; ok is false for one that is too long, or empty.
func shortOf(s string) (k shortName, ok bool) {
	n, p := len(s), []byte(s)
	switch {
	case n == 0 || n > longestShort:
		return k, false
	case n >= 8:
		k.a = binary.LittleEndian.Uint64(p)
		k.b = binary.LittleEndian.Uint64(p[n-8:]) >> (8 * (16 - n))
	case n >= 4: // the two halves overlap in equal bytes
		k.a = uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint32(p[n-4:]))<<(8*(n-4))
	default:
		k.a = uint64(p[0]) | uint64(p[n/2])<<(8*(n/2)) | uint64(p[n-1])<<(8*(n-1))
	}
	k.b |= uint64(n) << 56
	return k, true
}

func newShortNames() shortNames {
	return shortNames{slots: make([]shortName, 16), secrets: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// place gives the slot of a key, or the free one where it belongs.
func (t *shortNames) place(k *shortName) *shortName {
	high, low := bits.Mul64(k.a^t.secrets[0], k.b^t.secrets[1])
	mask := uint64(len(t.slots) - 1)
	for i := (high ^ low) & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.b == 0 || s.a == k.a && s.b == k.b {
			return s
		}
	}
}

func (t *shortNames) find(k *shortName) (id uint32, ok bool) {
	s := t.place(k)
	return s.id, s.b != 0
}

// put sets the number of a key.
func (t *shortNames) put(k *shortName, id uint32) {
	if 2*t.n >= len(t.slots) {
		old := t.slots
		t.slots = make([]shortName, 2*len(old))
		for i := range old {
			if old[i].b != 0 {
				*t.place(&old[i]) = old[i]
			}
		}
	}
	s := t.place(k)
	if s.b == 0 {
		t.n++
	}
	*s = shortName{k.a, k.b, id}
}
