// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Encodings lists the Content-Encodings that doors take, as Accept-Encoding
// tells them (RFC 9110 section 12.5.3).
const Encodings = "identity, gzip, zstd, s2"

const (
	maxWindow    = 8 << 20   // of zstd, as RFC 9659 bounds it for HTTP
	maxBlock     = 4 << 20   // of s2, as its format bounds it
	decoderSlack = 512 << 10 // what decoders use beside window and block
	peekBytes    = 32        // holds the header of any first frame
)

// errWindow is a frame that asks for more memory than its kind of body may.
var errWindow = problem(413, "window-too-large", "The compression window is too large",
	"zstd may use a window of 8 MiB; compress without --long and --ultra. Frames after the first may not need a larger one than it.")

// decoder is a reader of decoded bytes, and how to give its memory back.
type decoder struct {
	io.Reader
	close func()
}

// decode puts the decoder of a Content-Encoding before src. reserve is asked for
// the memory that the decoder needs.
func decode(src io.Reader, encoding string, reserve func(int) error) (decoder, error) {
	switch encoding {
	case "", "identity":
		return decoder{src, func() {}}, nil
	case "gzip", "x-gzip":
		return buffered(src, reserve, openGzip)
	case "zstd":
		return buffered(src, reserve, openZstd)
	case "s2", "snappy", "x-snappy-framed":
		return buffered(src, reserve, openS2)
	}
	p := ProblemFor(415)
	p.Accept = Encodings
	return decoder{}, p
}

const wireBuffer = 32 << 10

var wireBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, wireBuffer) }}

type opener func(b *bufio.Reader, reserve func(int) error) (io.Reader, func(), error)

func buffered(src io.Reader, reserve func(int) error, open opener) (decoder, error) {
	b := wireBuffers.Get().(*bufio.Reader)
	b.Reset(src)
	free := func() { b.Reset(nil); wireBuffers.Put(b) }
	if _, err := b.Peek(1); err == io.EOF { // nothing was sent: no records, rather than no gzip
		return decoder{b, free}, nil
	}
	r, closeDecoder, err := open(b, reserve)
	if err != nil {
		free()
		return decoder{}, err
	}
	return decoder{r, func() { closeDecoder(); free() }}, nil
}

var gzips sync.Pool

func openGzip(b *bufio.Reader, reserve func(int) error) (io.Reader, func(), error) {
	if err := reserve(wireBuffer + 64<<10); err != nil {
		return nil, nil, err
	}
	if magic, _ := b.Peek(2); len(magic) == 2 && string(magic) != "\x1f\x8b" {
		return nil, nil, gzip.ErrHeader // a short body of something else is not "cut off"
	}
	z, _ := gzips.Get().(*gzip.Reader)
	var err error
	if z == nil {
		z, err = gzip.NewReader(b)
	} else {
		err = z.Reset(b)
	}
	if err != nil {
		return nil, nil, err
	}
	return z, func() { gzips.Put(z) }, nil
}

// sizes are decoders by the window or block they may keep. The first frame says
// which is needed, so that small senders are not charged for what large ones use.
type sizes []struct {
	bytes int
	pool  *sync.Pool
}

var (
	zstdSizes = sizes{{256 << 10, &sync.Pool{}}, {1 << 20, &sync.Pool{}}, {4 << 20, &sync.Pool{}}, {maxWindow, &sync.Pool{}}}
	s2Sizes   = sizes{{64 << 10, &sync.Pool{}}, {1 << 20, &sync.Pool{}}, {maxBlock, &sync.Pool{}}}
)

func (s sizes) atLeast(n uint64) (int, *sync.Pool, bool) {
	for _, size := range s {
		if n <= uint64(size.bytes) {
			return size.bytes, size.pool, true
		}
	}
	return 0, nil, false
}

func openZstd(b *bufio.Reader, reserve func(int) error) (io.Reader, func(), error) {
	head, _ := b.Peek(peekBytes) // a short body's error comes when it is read
	var h zstd.Header
	if err := h.Decode(head); err != nil && len(head) == 0 {
		return nil, nil, err
	}
	need := h.WindowSize
	if h.SingleSegment {
		need = h.FrameContentSize
	}
	if h.Skippable {
		need = maxWindow // what follows is not known yet
	}
	size, pool, ok := zstdSizes.atLeast(need)
	if !ok {
		return nil, nil, errWindow
	}
	if err := reserve(wireBuffer + size + decoderSlack); err != nil {
		return nil, nil, err
	}
	d, _ := pool.Get().(*zstd.Decoder)
	var err error
	if d == nil {
		d, err = zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(uint64(size)), zstd.WithDecodeBuffersBelow(0))
	} else {
		err = d.Reset(b)
	}
	if err != nil {
		return nil, nil, err
	}
	return d, func() {
		if d.Reset(nil) == nil {
			pool.Put(d)
		}
	}, nil
}

func openS2(b *bufio.Reader, reserve func(int) error) (io.Reader, func(), error) {
	head, _ := b.Peek(peekBytes)
	size, pool, _ := s2Sizes.atLeast(firstBlock(head))
	if err := reserve(wireBuffer + 2*size + decoderSlack); err != nil {
		return nil, nil, err
	}
	r, _ := pool.Get().(*s2.Reader)
	if r == nil {
		r = s2.NewReader(b, s2.ReaderMaxBlockSize(size), s2.ReaderAllocBlock(size))
	} else {
		r.Reset(b)
	}
	return r, func() { r.Reset(nil); pool.Put(r) }, nil
}

// firstBlock reads the decoded size of a framed stream's first block: a stream
// identifier of ten bytes, then type (0 compressed, 1 not), length (3), checksum
// (4) and, when compressed, the decoded length. Anything else may be the largest.
func firstBlock(head []byte) uint64 {
	if len(head) < 19 {
		return maxBlock
	}
	length := uint64(head[11]) | uint64(head[12])<<8 | uint64(head[13])<<16
	switch head[10] {
	case 0:
		if n, k := binary.Uvarint(head[18:]); k > 0 {
			return min(n, maxBlock)
		}
	case 1:
		return min(length, maxBlock)
	}
	return maxBlock
}

// decodeProblem puts a decoder's failure into the sender's words.
func decodeProblem(err error, encoding string) error {
	var p Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, s2.ErrUnsupported):
		return errWindow
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem(400, "body-incomplete", "The body ends too early",
			"The %s data is cut off. Nothing was accepted; send the whole body again.", encoding)
	}
	return problem(400, "encoding-broken", "The body cannot be decoded",
		"The body is not valid %s. Check that Content-Encoding names how the body is packed, and send it again.", encoding)
}
