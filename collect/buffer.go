// SPDX-License-Identifier: Apache-2.0

package collect

import "sync"

// Buffers are kept in three sizes: one for the many small bodies, one for the
// chunks of the others, one for what else records need.
var (
	small  = sync.Pool{New: func() any { b := make([]byte, smallBuffer); return &b }}
	middle = sync.Pool{New: func() any { b := make([]byte, usual.chunk()); return &b }}
	large  sync.Pool
)

func getBuffer(size int) []byte {
	switch size {
	case smallBuffer:
		return *small.Get().(*[]byte)
	case usual.chunk():
		return *middle.Get().(*[]byte)
	}
	if p, ok := large.Get().(*[]byte); ok && len(*p) >= size {
		return (*p)[:size]
	}
	return make([]byte, size)
}

func putBuffer(b []byte) {
	switch len(b) {
	case 0:
	case smallBuffer:
		small.Put(&b)
	case usual.chunk():
		middle.Put(&b)
	default:
		large.Put(&b)
	}
}
