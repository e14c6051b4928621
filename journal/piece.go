// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"github.com/klauspost/compress/s2"
	"github.com/minio/minlz"
)

// usualPiece is what doors hand over at a time, a little more than half a MiB.
const usualPiece = 576 << 10

// pieces makes data into one part, or several when it is longer than a message
// once packed. All but the last say that the body goes on.
func (a *Append) pieces(g *given, first int64) []*part {
	h := head{batch: a.batch, records: uint32(g.records), first: first, rawLen: uint32(len(g.data))}
	if len(g.preamble) > 0 {
		h.flags = flagPreamble
		h.preamble = append([]byte(nil), g.preamble...)
	}
	body, room := g.zstd, int64(cap(g.zstd))
	var pool *[]byte
	if len(body) > 0 {
		h.flags |= flagZstd
	} else if body, pool = compress(g.data); pool != nil {
		room = int64(cap(*pool))
	}
	fragment := a.j.link.Load().limit * 3 / 4
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
			p.cost = max(p.cost, room)
			p.pool, p.done, g.done = pool, g.done, nil
			return out
		}
		p.flags |= flagMore
		h = head{batch: a.batch, first: first + int64(g.records)}
	}
}

// bodies are buffers for packed pieces by size. A piece is packed in the largest,
// and lies in the smallest that holds it until it is written.
var bodies = shelf{{size: 64 << 10}, {size: 128 << 10}, {size: 256 << 10}, {size: minlz.MaxEncodedLen(usualPiece)}}

// compress gives one block of MinLZ, at the level that is cheapest: what a
// better one saves in bytes to write, it costs several times in processor time.
// Those of the usual size lie in a pooled buffer.
func compress(data []byte) ([]byte, *[]byte) {
	if len(data) > minlz.MaxBlockSize {
		return s2.Encode(nil, data), nil // one record of megabytes; readers tell the two apart
	}
	if len(data) < 64<<10 || len(data) > usualPiece {
		return packInto(nil, data), nil
	}
	room := bodies.take(len(bodies) - 1)
	body := packInto((*room)[:0], data)
	if i := bodies.fit(len(body)); i < len(bodies)-1 {
		small := bodies.take(i)
		body = append((*small)[:0], body...)
		bodies.giveBack(room)
		return body, small
	}
	return body, room
}

func packInto(room, data []byte) []byte {
	body, err := minlz.Encode(room, data, minlz.LevelSuperFast)
	if err != nil { // neither the level nor the length can be wrong
		panic("journal: " + err.Error())
	}
	return body
}

// recycle gives up what a part holds in memory. It may be called again.
func (p *part) recycle() {
	if p.pool != nil {
		bodies.giveBack(p.pool)
		p.pool = nil
	}
	if p.done != nil {
		p.done()
		p.done = nil
	}
	p.raw.free()
	p.body, p.raw = nil, nil
}
