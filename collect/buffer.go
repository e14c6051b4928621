// SPDX-License-Identifier: Apache-2.0

package collect

import "sync"

// Buffers are kept by size: the smallest for the many small bodies, those up to
// usual.chunk() for packed bodies, that one for the chunks of most others, the
// next for bodies that are unpacked as a whole. What else records need lies in
// large, whatever its size.
var (
	kept = [...]struct {
		size int
		pool sync.Pool
	}{{size: smallBuffer}, {size: 128 << 10}, {size: 256 << 10}, {size: usual.chunk()}, {size: 832 << 10}, {size: wholeBuffer}}
	large sync.Pool
)

// wholeBuffer holds the longest body that is unpacked as a whole.
const wholeBuffer = 1088 << 10

// bufferFor gives the size of the smallest buffer that holds n bytes.
func bufferFor(n int) int {
	for i := range kept {
		if n <= kept[i].size {
			return kept[i].size
		}
	}
	return n
}

func getBuffer(size int) []byte {
	for i := range kept {
		if kept[i].size == size {
			if p, ok := kept[i].pool.Get().(*[]byte); ok {
				return *p
			}
			return make([]byte, size)
		}
	}
	if p, ok := large.Get().(*[]byte); ok && len(*p) >= size {
		return (*p)[:size]
	}
	return make([]byte, size)
}

func putBuffer(b []byte) {
	if len(b) == 0 {
		return
	}
	for i := range kept {
		if kept[i].size == len(b) {
			kept[i].pool.Put(&b)
			return
		}
	}
	large.Put(&b)
}
