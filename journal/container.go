// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"hash/crc32"

	"haidang/event"
)

// A journal message holds parts of one or more batches:
//
//	version (1 byte), nonce (8 bytes), time (8 bytes, ns since 1970), number of parts (uvarint)
//	each part: header length (uvarint), header, body length (uvarint), body, CRC-32C (4 bytes) over header and body
//
// The nonce tells a message whose acknowledgement got lost from a foreign one.
// A body is one block of MinLZ, or of s2 (earlier releases, records beyond 8 MiB),
// or, with flagZstd on its first part, frames of zstd as their sender packed them; a
// body longer than a message spans several parts (flagMore on all but the
// last of them).
const containerVersion = 1

// Flags of a part.
const (
	flagLast     = 1 << iota // makes the batch count; carries its delivery
	flagMore                 // the body goes on in the batch's next part
	flagDup                  // no body: records that came again
	flagPreamble             // a preamble follows
	flagReplay
	flagXXH3   // the digest is XXH3, not SHA-256
	flagZstd   // the body is the sender's zstd
	flagsKnown = flagLast | flagMore | flagDup | flagPreamble | flagReplay | flagXXH3 | flagZstd
)

// ref names a part: the message and the part's ordinal within it.
type ref struct {
	seq  uint64
	part uint16
}

// head is the header of a part. Fields from Delivery on are set with flagLast.
type head struct {
	flags    byte
	batch    uint64 // random, joins the parts of a batch
	part     uint32 // ordinal within the batch
	records  uint32
	first    int64 // ordinal of the first record within the batch
	rawLen   uint32
	preamble []byte

	delivery event.Delivery
	bytes    int64 // of the whole batch, decoded
	total    int64 // records of the whole batch
	of       batchID
	refs     []ref // earlier parts, in order
}

func (h *head) digestKind() digestKind {
	if h.flags&flagXXH3 != 0 {
		return digestXXH3
	}
	return digestSHA256
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (h *head) append(b []byte) []byte {
	b = append(b, h.flags)
	b = binary.LittleEndian.AppendUint64(b, h.batch)
	b = binary.AppendUvarint(b, uint64(h.part))
	b = binary.AppendUvarint(b, uint64(h.records))
	b = binary.AppendUvarint(b, uint64(h.first))
	b = binary.AppendUvarint(b, uint64(h.rawLen))
	if h.flags&flagPreamble != 0 {
		b = binary.AppendUvarint(b, uint64(len(h.preamble)))
		b = append(b, h.preamble...)
	}
	if h.flags&flagLast != 0 {
		b = h.appendDelivery(b)
	}
	return b
}

func (h *head) appendDelivery(b []byte) []byte {
	d := &h.delivery
	for _, s := range []string{d.Sensor, d.Door, d.Format, d.Key, d.Spool} {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(b, d.SpoolSeq)
	b = append(b, d.Digest[:]...)
	b = binary.AppendVarint(b, int64(d.Received))
	b = binary.AppendUvarint(b, d.Shed)
	b = binary.AppendUvarint(b, uint64(h.bytes))
	b = binary.AppendUvarint(b, uint64(h.total))
	b = binary.AppendUvarint(b, h.of.seq)
	b = binary.AppendUvarint(b, uint64(h.of.part))
	return appendRefs(b, h.refs)
}

// appendRefs writes refs as runs of parts that follow each other in a message.
func appendRefs(b []byte, refs []ref) []byte {
	b = binary.AppendUvarint(b, uint64(len(refs)))
	var prev uint64
	for i := 0; i < len(refs); {
		n := 1
		for i+n < len(refs) && refs[i+n].seq == refs[i].seq && int(refs[i+n].part) == int(refs[i].part)+n {
			n++
		}
		b = binary.AppendUvarint(b, refs[i].seq-prev)
		b = binary.AppendUvarint(b, uint64(refs[i].part))
		b = binary.AppendUvarint(b, uint64(n))
		prev = refs[i].seq
		i += n
	}
	return b
}

// message builds a container in a buffer that is used again.
type message struct {
	buf   []byte
	nonce uint64
}

func (m *message) begin(nonce uint64, at event.Time, parts int) {
	m.nonce = nonce
	m.buf = append(m.buf[:0], containerVersion)
	m.buf = binary.LittleEndian.AppendUint64(m.buf, nonce)
	m.buf = binary.LittleEndian.AppendUint64(m.buf, uint64(at))
	m.buf = binary.AppendUvarint(m.buf, uint64(parts))
}

// add appends a part. The header's length goes before it and is not known
// until it is written, so a small scratch holds the header.
func (m *message) add(h *head, body, scratch []byte) []byte {
	scratch = h.append(scratch[:0])
	m.raw(scratch, body)
	return scratch
}

func (m *message) raw(header, body []byte) {
	m.buf = binary.AppendUvarint(m.buf, uint64(len(header)))
	m.buf = append(m.buf, header...)
	m.buf = binary.AppendUvarint(m.buf, uint64(len(body)))
	m.buf = append(m.buf, body...)
	sum := crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, body)
	m.buf = binary.LittleEndian.AppendUint32(m.buf, sum)
}
