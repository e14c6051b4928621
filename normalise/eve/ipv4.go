// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"haidang/event"
)

const (
	ones  = 0x0101010101010101
	tops  = 0x8080808080808080
	lanes = 0x0001000100010001
)

// ipv4 reads the usual case, four plain numbers; to is set only if it is one. The
// text is looked at as two words, and numbers of one, two and three digits are
// read without a branch that the processor would have to guess.
func ipv4(s string, to *event.Addr) bool {
	n := uint(len(s))
	if n < 7 || n > 15 {
		return false
	}
	lo, hi := twoWords(s)
	dots := topBits(same(lo, '.')) | topBits(same(hi, '.'))<<8
	lo, hi = lo^'0'*ones, hi^'0'*ones
	others := (topBits(beyond9(lo)) | topBits(beyond9(hi))<<8) & (1<<n - 1)
	if others != dots || bits.OnesCount64(dots) != 3 {
		return false
	}
	// Hundreds, tens and ones of the four numbers, and the least that each may be,
	// each in sixteen bits.
	var hundreds, tens, single, least uint64
	bad := uint(0)
	for ends := dots | 1<<n; ends != 0; {
		digits := uint(bits.TrailingZeros64(ends))
		bad |= digits>>2 | (digits-1)>>63 // four and more, or none
		x := uint32(lo) << (8 * (4 - digits) & 31)
		hundreds, tens, single = hundreds<<16|uint64(x>>8&0xFF), tens<<16|uint64(x>>16&0xFF), single<<16|uint64(x>>24)
		least = least<<16 | leastOf[digits&3]
		past := 8 * (digits + 1) & 63
		lo, hi, ends = lo>>past|hi<<(64-past&63), hi>>past, ends>>((digits+1)&63)
	}
	numbers := 100*hundreds + 10*tens + single
	tooLarge := numbers + (0x8000-256)*lanes
	tooSmall := ^((numbers | 0x8000*lanes) - least)
	if bad != 0 || (tooLarge|tooSmall)&(0x8000*lanes) != 0 {
		return false
	}
	all := numbers>>24&(0xFF<<24) | numbers>>16&(0xFF<<16) | numbers>>8&(0xFF<<8) | numbers&0xFF
	binary.BigEndian.PutUint64(to[0:8], 0)
	binary.BigEndian.PutUint64(to[8:16], 0xFFFF<<32|all)
	return true
}

// leastOf is the least number of so many digits that does not begin with zero.
var leastOf = [4]uint64{0, 0, 10, 100}

// twoWords gives a text of 7 to 15 bytes, filled up with zeros.
func twoWords(s string) (lo, hi uint64) {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	if len(b) == 7 {
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[3:]))<<24, 0
	}
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * (16 - uint(len(b))))
}

// same sets the top bit of each byte that is c.
func same(w uint64, c byte) uint64 {
	w ^= uint64(c) * ones
	return ^((w&^tops + ^uint64(tops)) | w | ^uint64(tops))
}

// beyond9 sets the top bit of each byte that is more than 9, up to the first
// that is more than 137 at least.
func beyond9(w uint64) uint64 { return ((w + (0x80-10)*ones) | w) & tops }

// topBits gathers the top bits of a word's bytes.
func topBits(w uint64) uint64 { return w * 0x0002040810204081 >> 56 }
