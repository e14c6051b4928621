// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"

	"github.com/minio/minlz"

	"haidang/event"
)

// unpacker gathers the parts of one piece into a chunk.
type unpacker struct {
	chunk *event.Chunk
	body  []byte
	raw   uint32 // length that the body unpacks to
}

// add takes a part's bytes: as they came, where they never left the memory.
func (u *unpacker) add(p *decodedPart) {
	switch {
	case p.raw != nil:
		u.chunk.Data, u.chunk.Release = p.raw.take()
		p.raw = nil
	case u.body == nil:
		u.raw, u.body = p.rawLen, p.body
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
