// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"io"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"

	"haidang/event"
)

// Most bodies come in one frame of zstd that says how long it is. Those of usual
// size are unpacked at once into the buffer that the journal is handed, and what
// they were packed in is handed on beside them.
const (
	mostPacked = 512 << 10
	mostWhole  = 1 << 20 // a chunk
	headBytes  = 18      // the longest header of a frame (RFC 8878)
	wholeSlack = 64      // beyond the end, for copies in blocks
)

// unpackers are shared: each call has a block decoder to itself. Nothing is
// unpacked beyond the room that it is given.
var unpackers = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(maxWindow))
})

// whole is a body unpacked at once.
type whole struct {
	room   []byte // buffer
	size   int    // bytes of it that the body takes
	packed []byte // as it came
	buffer []byte // of packed
}

// whole reads and unpacks a body at once, where it is one for that. If it is
// not, or is broken, the body is left to be read as it comes.
func (b *Body) whole(length int64, reserve func(int) error) (*whole, error) {
	if b.encoding != "zstd" || length <= 0 || length > mostPacked {
		return nil, nil
	}
	head := make([]byte, min(headBytes, length))
	n, err := io.ReadFull(&b.wire, head)
	b.wire.ahead = head[:n]
	size, ok := frameSize(b.wire.ahead)
	if err != nil || !ok || int64(size) > b.left || int64(size) < length {
		return nil, nil
	}
	packed, room := bufferFor(int(length)), bufferFor(size+wholeSlack)
	if err := reserve(packed + room); err != nil {
		return nil, err
	}
	b.packed = getBuffer(packed)
	n, err = io.ReadFull(&b.wire, b.packed[:length])
	b.wire.ahead = b.packed[:n]
	if err != nil || !b.wire.atEnd() {
		return nil, nil
	}
	w := &whole{room: getBuffer(room), packed: b.packed[:n], buffer: b.packed}
	if w.size, err = w.unpack(); err != nil || int64(w.size) > b.left {
		putBuffer(w.room)
		return nil, nil
	}
	b.left -= int64(w.size)
	b.packed = nil
	return w, nil
}

// atEnd takes the end that may follow the last byte.
func (w *wire) atEnd() bool {
	ahead := w.ahead
	w.ahead = nil
	n, err := w.Read(make([]byte, 1))
	w.ahead = ahead
	return n == 0 && err == io.EOF
}

func (w *whole) unpack() (int, error) {
	d, err := unpackers()
	if err != nil {
		return 0, err
	}
	data, err := d.DecodeAll(w.packed, w.room[:0])
	if err == nil && (len(data) > mostWhole || len(data) == 0 || &data[0] != &w.room[0]) {
		err = zstd.ErrDecoderSizeExceeded
	}
	return len(data), err
}

// frameSize reads from a frame's header what it unpacks to; false where it does
// not say, or where it is none for a whole.
func frameSize(head []byte) (int, bool) {
	var h zstd.Header
	if h.Decode(head) != nil || h.Skippable || !h.HasFCS || h.WindowSize > maxWindow {
		return 0, false
	}
	return int(min(h.FrameContentSize, math.MaxInt32)), h.FrameContentSize > 0 && h.FrameContentSize <= mostWhole
}

// cutter cuts the body, into one chunk unless a record is too long.
func (w *whole) cutter(framing event.Framing, maxRecord int, reserve func(int) error) *Cutter {
	sizes := usual
	sizes.ready = sizes.most
	return &Cutter{
		framing: framing, limit: maxRecord, sizes: sizes, reserve: reserve,
		buf: w.room, end: w.size, failed: io.EOF, whole: w,
	}
}
