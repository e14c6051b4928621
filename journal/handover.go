// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync"

	"haidang/event"
)

// handover passes what was just written and synced to the consumer in memory,
// so that it is neither read back nor unpacked, as long as the consumer keeps up
// within the limit. What does not fit is read from the log: the consumer cannot
// tell the difference. A piece's bytes count from the moment the journal was
// given them until the consumer hands them on.
type handover struct {
	limit int64

	mu       sync.Mutex
	followed bool
	bytes    int64
	messages map[uint64]decoded
}

// raw is a piece's records as they came, in a buffer of their own. It has one
// owner at a time: the part being written, the message that waits for the
// consumer, the consumer.
type raw struct {
	data    []byte
	size    int64 // of the buffer
	release func()
	h       *handover
}

// buffers are those that pieces are copied or unpacked into: what doors cut, and
// whole bodies that were kept as they came.
var buffers = shelf{{size: usualPiece}, {size: 832 << 10}, {size: 1088 << 10}}

// leastKept bytes are the fewest that a buffer is kept for.
const leastKept = 64 << 10

// roomFor gives the size of the buffer that n bytes lie in.
func roomFor(n int) int {
	if i := buffers.fit(n); n >= leastKept && i < len(buffers) {
		return buffers[i].size
	}
	return n
}

// buffer gives room for n bytes, and how to give it back; nil when it is not
// to be used again.
func buffer(n int) ([]byte, func()) {
	i := buffers.fit(n)
	if n < leastKept || i == len(buffers) {
		return make([]byte, n), nil
	}
	b := buffers.take(i)
	return (*b)[:n], func() { buffers.giveBack(b) }
}

// keep takes a piece's bytes, copying them when they are not its own; nil when
// nobody follows or too much waits.
func (h *handover) keep(g *given) *raw {
	size := int64(cap(g.data))
	if !g.owned {
		size = int64(roomFor(len(g.data)))
	}
	h.mu.Lock()
	fits := h.followed && h.bytes+size <= h.limit
	if fits {
		h.bytes += size
	}
	h.mu.Unlock()
	if !fits {
		return nil
	}
	if g.owned {
		g.owned = false
		return &raw{g.data, size, g.release, h}
	}
	own, release := buffer(len(g.data))
	copy(own, g.data)
	return &raw{own, size, release, h}
}

// take gives the bytes to whoever uses them next; they count no longer.
func (r *raw) take() (data []byte, release func()) {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	r.h.bytes -= r.size
	return r.data, r.release
}

// free gives the bytes up.
func (r *raw) free() {
	if r == nil {
		return
	}
	if _, release := r.take(); release != nil {
		release()
	}
}

// offer lets the consumer have a message that is on disk, if all its pieces are
// still in memory; else it is read back. The parts own their pieces no more.
func (h *handover) offer(seq uint64, at event.Time, parts []*part) {
	m := decoded{at: at, parts: make([]decodedPart, len(parts))}
	var offset uint32
	whole := true
	for i, p := range parts {
		m.parts[i] = decodedPart{head: p.head, offset: offset, raw: p.raw}
		p.raw = nil
		if p.flags&flagDup == 0 {
			offset += p.records
		}
		whole = whole && p.flags&flagMore == 0 && (m.parts[i].raw != nil || p.rawLen == 0 && len(p.body) == 0)
	}
	h.mu.Lock()
	old, there := h.messages[seq]
	if whole = whole && h.followed; whole {
		h.messages[seq] = m
	} else if there {
		delete(h.messages, seq)
	}
	h.mu.Unlock()
	old.free(nil)
	if !whole {
		m.free(nil)
	}
}

// next gives a message, once.
func (h *handover) next(seq uint64) (decoded, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m, ok := h.messages[seq]
	delete(h.messages, seq)
	return m, ok
}

// follow claims the hand-over for one consumer; a second one at the same time
// reads from the log.
func (h *handover) follow() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followed || h.limit <= 0 {
		return false
	}
	h.followed = true
	h.messages = map[uint64]decoded{}
	return true
}

// leave ends the claim and gives up what still waits.
func (h *handover) leave() {
	h.mu.Lock()
	left := h.messages
	h.followed, h.messages = false, nil
	h.mu.Unlock()
	for _, m := range left {
		m.free(nil)
	}
}

// forget gives up what lies before a position that the consumer passed over.
func (h *handover) forget(before uint64) {
	h.mu.Lock()
	var left []decoded
	for seq, m := range h.messages {
		if seq < before {
			left = append(left, m)
			delete(h.messages, seq)
		}
	}
	h.mu.Unlock()
	for _, m := range left {
		m.free(nil)
	}
}

// waiting gives the bytes that the hand-over holds.
func (h *handover) waiting() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bytes
}

// free gives up the pieces that nobody took: those named, or all.
func (m *decoded) free(of func(*decodedPart) bool) {
	for i := range m.parts {
		if p := &m.parts[i]; of == nil || of(p) {
			p.raw.free()
			p.raw = nil
		}
	}
}
