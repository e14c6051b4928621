// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"encoding/binary"
	"math/bits"
)

func le64(b []byte) uint64       { return binary.LittleEndian.Uint64(b) }
func putLE64(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// sipState is the state of SipHash-2-4 (Aumasson and Bernstein, "SipHash: a
// fast short-input PRF", 2012).
type sipState struct{ v0, v1, v2, v3 uint64 }

func (s *sipState) round() {
	s.v0 += s.v1
	s.v2 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v1
	s.v0 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sipState) word(w uint64) {
	s.v3 ^= w
	s.round()
	s.round()
	s.v0 ^= w
}

func (s *sipState) finish() uint64 {
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

func newSip128(k0, k1 uint64) sipState {
	return sipState{
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
	}
}

// finish128 gives both halves of the output, low half first.
func (s *sipState) finish128() (lo, hi uint64) {
	s.v2 ^= 0xee
	lo = s.finish()
	s.v1 ^= 0xdd
	return lo, s.finish()
}

// sipHash128 is SipHash-2-4 with 128 bits of output, low half first.
func sipHash128(k0, k1 uint64, in []byte) (lo, hi uint64) {
	s := newSip128(k0, k1)
	n := len(in)
	for len(in) >= 8 {
		s.word(le64(in))
		in = in[8:]
	}
	var last [8]byte
	copy(last[:], in)
	last[7] = byte(n)
	s.word(le64(last[:]))
	return s.finish128()
}
