// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/minio/minlz"

	"haidang/event"
)

// unpacker gathers the parts of one piece into a chunk.
type unpacker struct {
	chunk *event.Chunk
	body  []byte
	raw   uint32 // length that the body unpacks to
	zstd  bool   // the body is the sender's own
}

// add takes a part's bytes: as they came, where they never left the memory.
func (u *unpacker) add(p *decodedPart) {
	switch {
	case p.raw != nil:
		u.chunk.Data, u.chunk.Release = p.raw.take()
		p.raw = nil
	case u.body == nil:
		u.raw, u.body, u.zstd = p.rawLen, p.body, p.flags&flagZstd != 0
	default:
		u.body = append(u.body[:len(u.body):len(u.body)], p.body...)
	}
}

var errUnpack = errors.New("its length is not what it says")

// unpack fills the chunk; blocks of s2, which earlier releases wrote, are told
// from those of MinLZ by their first byte. A body that does not unpack passed its checksum, so
// this program wrote it wrongly; the chunk goes out empty.
func (u *unpacker) unpack() error {
	if len(u.body) == 0 {
		return nil
	}
	if u.zstd {
		return u.unpackZstd()
	}
	n, err := minlz.DecodedLen(u.body)
	if err == nil && n != int(u.raw) {
		err = errUnpack
	}
	if err != nil {
		return err
	}
	data, release := buffer(n)
	if data, err = minlz.Decode(data, u.body); err != nil {
		return err
	}
	u.chunk.Data, u.chunk.Release = data, release
	return nil
}

// frames unpacks what senders packed. Nothing is unpacked beyond the room that
// it is given.
var frames = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(maxRaw),
		zstd.IgnoreChecksum(true)) // the door looked at it, and parts have their own
})

// slack lets the decoder copy in blocks up to the end.
const slack = 64

func (u *unpacker) unpackZstd() error {
	d, err := frames()
	if err != nil {
		return err
	}
	room, release := buffer(int(u.raw) + slack)
	data, err := d.DecodeAll(u.body, room[:0])
	if err == nil && len(data) != int(u.raw) {
		err = errUnpack
	}
	if err != nil {
		return err // and the room is not used again
	}
	u.chunk.Data, u.chunk.Release = data, release
	return nil
}
