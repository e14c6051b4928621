// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/minio/minlz"
)

// usualPiece is what doors hand over at a time, a little more than half a MiB.
const usualPiece = 576 << 10

// pieces compresses data into one part, or several when it is longer than a
// message. All but the last say that the body goes on.
func (a *Append) pieces(data []byte, records int, first int64, preamble []byte) []*part {
	body, pool := compress(data)
	fragment := a.j.link.Load().limit * 3 / 4
	h := head{batch: a.batch, records: uint32(records), first: first, rawLen: uint32(len(data))}
	if len(preamble) > 0 {
		h.flags = flagPreamble
		h.preamble = append([]byte(nil), preamble...)
	}
	var out []*part
	for {
		n := min(len(body), fragment)
		p := &part{app: a, head: h, body: body[:n:n]}
		p.part = a.parts
		p.size = n + len(h.preamble) + 64
		p.cost = int64(p.size)
		a.parts++
		out = append(out, p)
		if body = body[n:]; len(body) == 0 {
			if p.pool = pool; pool != nil {
				p.cost = int64(cap(*pool))
			}
			return out
		}
		p.flags |= flagMore
		h = head{batch: a.batch, first: first + int64(records)}
	}
}

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, minlz.MaxEncodedLen(usualPiece)); return &b }}

// compress gives one block of MinLZ, at the level that is cheapest: what a
// better one saves in bytes to write, it costs several times in processor time.
// Those of the usual size lie in a pooled buffer.
func compress(data []byte) ([]byte, *[]byte) {
	if len(data) > minlz.MaxBlockSize {
		return s2.Encode(nil, data), nil // one record of megabytes; readers tell the two apart
	}
	var pool *[]byte
	var room []byte
	if len(data) >= 64<<10 && len(data) <= usualPiece {
		pool = bodies.Get().(*[]byte)
		room = (*pool)[:0]
	}
	body, err := minlz.Encode(room, data, minlz.LevelSuperFast)
	if err != nil { // neither the level nor the length can be wrong
		panic("journal: " + err.Error())
	}
	return body, pool
}

// recycle gives up what a part holds in memory. It may be called again.
func (p *part) recycle() {
	if p.pool != nil {
		bodies.Put(p.pool)
		p.pool = nil
	}
	p.raw.free()
	p.body, p.raw = nil, nil
}
