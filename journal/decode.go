// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"haidang/event"
)

// maxRaw bounds what one piece may claim to unpack to.
const maxRaw = 256 << 20

// maxParts bounds the parts of one batch, so that the list of them always fits
// into the message that ends it.
const maxParts = 40_000

var errDamaged = errors.New("journal message is damaged")

// decoded is a journal message read back; its slices point into the payload.
type decoded struct {
	nonce uint64
	at    event.Time
	size  int // of the payload
	parts []decodedPart
	// payload is what the parts point into, where it may be used again.
	payload []byte
}

type decodedPart struct {
	head
	offset uint32 // ordinal of the part's first record within the message
	body   []byte
	raw    *raw // in place of body, when the message never left the memory
}

// reader takes fields off a buffer; after the first failure it gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uvarint(limit uint64) uint64 {
	if r.bad {
		return 0
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	if r.bad {
		return 0
	}
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) string() string { return string(r.bytes(r.uvarint(math.MaxUint16))) }

// decode reads a container. It refuses a whole message when any part of it is
// damaged: the log below keeps checksums of its own, so this is a wrong
// message rather than a torn one.
func decode(payload []byte) (decoded, error) {
	r := reader{b: payload}
	if v := r.byte(); v != containerVersion {
		return decoded{}, fmt.Errorf("%w: version %d, this program knows %d", errDamaged, v, containerVersion)
	}
	m := decoded{nonce: r.u64(), at: event.Time(r.u64()), size: len(payload)}
	n := r.uvarint(math.MaxUint16)
	if n > uint64(len(r.b)) { // a part takes more than a byte
		r.bad = true
	}
	if r.bad {
		return decoded{}, errDamaged
	}
	m.parts = make([]decodedPart, n)
	var offset uint64
	for i := range m.parts {
		p := &m.parts[i]
		if !p.read(&r) || offset > math.MaxUint32 {
			return decoded{}, fmt.Errorf("%w: part %d", errDamaged, i)
		}
		p.offset = uint32(offset)
		if p.flags&flagDup == 0 {
			offset += uint64(p.records)
		}
	}
	if len(r.b) != 0 {
		return decoded{}, fmt.Errorf("%w: %d bytes too many", errDamaged, len(r.b))
	}
	return m, nil
}

func (p *decodedPart) read(r *reader) bool {
	hb := r.bytes(r.uvarint(math.MaxInt32))
	p.body = r.bytes(r.uvarint(math.MaxInt32))
	sum := r.bytes(4)
	if r.bad || crc32.Update(crc32.Checksum(hb, castagnoli), castagnoli, p.body) != binary.LittleEndian.Uint32(sum) {
		return false
	}
	h := reader{b: hb}
	p.head.read(&h)
	return !h.bad && len(h.b) == 0
}

func (h *head) read(r *reader) {
	h.flags = r.byte()
	h.batch = r.u64()
	h.part = uint32(r.uvarint(maxParts))
	h.records = uint32(r.uvarint(math.MaxUint32))
	h.first = int64(r.uvarint(math.MaxInt64))
	h.rawLen = uint32(r.uvarint(maxRaw))
	if h.flags&flagPreamble != 0 {
		h.preamble = r.bytes(r.uvarint(maxRaw))
	}
	if h.flags&flagLast != 0 {
		h.readDelivery(r)
	}
	if h.flags&^flagsKnown != 0 {
		r.bad = true
	}
}

func (h *head) readDelivery(r *reader) {
	d := &h.delivery
	for _, s := range []*string{&d.Sensor, &d.Door, &d.Format, &d.Key, &d.Spool} {
		*s = r.string()
	}
	d.SpoolSeq = r.uvarint(math.MaxUint64)
	copy(d.Digest[:], r.bytes(32))
	d.Received = event.Time(r.varint())
	d.Shed = r.uvarint(math.MaxUint64)
	d.Replay = h.flags&flagReplay != 0
	h.bytes = int64(r.uvarint(math.MaxInt64))
	h.total = int64(r.uvarint(math.MaxInt64))
	h.of.seq = r.uvarint(math.MaxUint64)
	h.of.part = uint16(r.uvarint(math.MaxUint16))
	h.refs = readRefs(r)
}

func readRefs(r *reader) []ref {
	n := r.uvarint(maxParts)
	if n == 0 || r.bad {
		return nil
	}
	var refs []ref
	var seq uint64
	for uint64(len(refs)) < n {
		seq += r.uvarint(math.MaxUint64)
		part := r.uvarint(math.MaxUint16)
		run := r.uvarint(n - uint64(len(refs)))
		if r.bad || run == 0 || part+run > math.MaxUint16+1 {
			r.bad = true
			return nil
		}
		for i := range run {
			refs = append(refs, ref{seq, uint16(part + i)})
		}
	}
	return refs
}
