// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"

	"github.com/klauspost/compress/huff0"
)

// A page of codes or of addresses has nothing that a search for repetitions
// finds, and searching is what costs. What it does have is known beforehand, so
// its zstd frame is put together here (RFC 8878): bytes as they are, bytes in
// Huffman's code, or values of 16 bytes of which only some differ. Any reader
// of zstd reads them.

// framer makes zstd frames.
type framer struct{ huffman huff0.Scratch }

const (
	zstdMagic = 0xFD2FB528
	// maxBlock is the most that a block may hold, packed or not.
	maxBlock = 128 << 10
	// leastHuffman is the size below which a code's table outweighs its gain.
	leastHuffman = 1 << 10
)

// Types of blocks and of their literals.
const (
	rawBlock     = 0
	packedBlock  = 2
	rawLiterals  = 0
	codeLiterals = 2
)

// beginFrame appends the header of a frame that unpacks to size bytes: one
// segment, no checksum, the size in four bytes.
func beginFrame(dst []byte, size int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, zstdMagic)
	return binary.LittleEndian.AppendUint32(append(dst, 0xA0), uint32(size))
}

func blockHeader(dst []byte, kind, size int, last bool) []byte {
	h := size<<3 | kind<<1
	if last {
		h |= 1
	}
	return append(dst, byte(h), byte(h>>8), byte(h>>16))
}

// rawBlocks appends bytes as they are; the last block ends the frame if last.
func rawBlocks(dst, b []byte, last bool) []byte {
	for {
		n := min(len(b), maxBlock)
		end := last && n == len(b)
		dst = append(blockHeader(dst, rawBlock, n, end), b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return dst
		}
	}
}

// pack appends a frame of b in Huffman's code where that saves an eighth, else
// as it is.
func (f *framer) pack(dst, b []byte) []byte {
	dst = beginFrame(dst, len(b))
	f.huffman.Reuse, f.huffman.WantLogLess = huff0.ReusePolicyNone, 3
	for {
		n := min(len(b), maxBlock)
		dst = f.block(dst, b[:n], n == len(b))
		if b = b[n:]; len(b) == 0 {
			return dst
		}
	}
}

func (f *framer) block(dst, b []byte, last bool) []byte {
	if len(b) < leastHuffman {
		return rawBlocks(dst, b, last)
	}
	coded, _, err := huff0.Compress4X(b, &f.huffman)
	if err != nil { // nothing to gain
		return rawBlocks(dst, b, last)
	}
	const head = 5 // of literals with two sizes of 18 bits
	dst = blockHeader(dst, packedBlock, head+len(coded)+1, last)
	h := uint64(codeLiterals | 3<<2 | len(b)<<4 | len(coded)<<22)
	dst = append(dst, byte(h), byte(h>>8), byte(h>>16), byte(h>>24), byte(h>>32))
	return append(append(dst, coded...), 0) // no sequences
}

// spacing is how values of 16 bytes differ from each other: in a few bytes at
// the end (IPv4 addresses behind their prefix) or at the beginning (keys whose
// second half is zero).
type spacing struct {
	own   int  // bytes of its own that each value has
	first bool // they are its first
	same  [16]byte
}

var (
	mappedAddrs = spacing{own: 4, same: [16]byte{10: 0xFF, 11: 0xFF}}
	halfKeys    = spacing{own: 8, first: true}
)

// leastSpaced is from how many values on spaced blocks are shorter.
const leastSpaced = 8

// value writes out a value of which own are its own bytes.
func (s *spacing) value(dst, own []byte) []byte {
	if s.first {
		return append(append(dst, own...), s.same[:16-s.own]...)
	}
	return append(append(dst, s.same[:16-s.own]...), own...)
}

// blocks appends blocks that unpack to values, given their own bytes: the first
// two are written out, with the offset that all others repeat, and then each is
// a literal and a repetition that take no bits at all.
func (s *spacing) blocks(dst, own []byte, last bool) []byte {
	n := len(own) / s.own
	if n < leastSpaced {
		var b []byte
		for ; len(own) > 0; own = own[s.own:] {
			b = s.value(b, own[:s.own])
		}
		return rawBlocks(dst, b, last)
	}
	head := s.value(make([]byte, 0, 32), own[:s.own])
	taken := 1
	code, bits := byte(16), byte(0x26) // 16 literals in one bit, the offset in four: 1 0011 0
	if s.first {
		head = append(head, own[s.own:2*s.own]...)
		taken = 2
		code, bits = 20, 0x4C // 24 literals in two bits: 1 0011 00
	}
	match := byte(16 - s.own - 3)
	dst = blockHeader(dst, packedBlock, 1+len(head)+6, false)
	dst = append(append(dst, byte(len(head)<<3)), head...)
	dst = append(dst, 1, 0x54, code, 4, match, bits)
	own = own[taken*s.own:]
	const most = maxBlock/16 - 1
	for sequences := n - 2; sequences > 0; {
		k := min(sequences, most)
		sequences -= k
		literals := k * s.own
		if sequences == 0 {
			literals = len(own) // an address ends with bytes of its own
		}
		dst = blockHeader(dst, packedBlock, 3+literals+7, last && sequences == 0)
		h := rawLiterals | 3<<2 | literals<<4
		dst = append(append(dst, byte(h), byte(h>>8), byte(h>>16)), own[:literals]...)
		own = own[literals:]
		// Their number in two bytes; one code for all literals, offsets and
		// matches: the literals' length, the offset before, the match's length.
		dst = append(dst, byte(k>>8)+128, byte(k), 0x54, byte(s.own), 0, match, 1)
	}
	return dst
}
