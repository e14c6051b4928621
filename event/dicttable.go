// SPDX-License-Identifier: Apache-2.0

package event

import (
	"math/bits"
	"sync"
	"unsafe"
)

// Tables of dictionaries are needed while a batch is filled and not while it
// waits: a fifth of its memory. Whoever fills the next batch is given the same
// ones, which are still in the processor's cache.
var tables [maxTableBits + 1]sync.Pool // of *uint64, the first slot, by the binary logarithm of the length

const maxTableBits = 17

// takeTable gives an empty table of n slots, a power of two.
func takeTable(n int) []uint64 {
	if class := bits.TrailingZeros(uint(n)); class <= maxTableBits {
		if first, ok := tables[class].Get().(*uint64); ok {
			return unsafe.Slice(first, n) // only giveTable puts, and by the length
		}
	}
	return make([]uint64, n)
}

// giveTable takes a table back; nobody may use it any more.
func giveTable(t []uint64) {
	if class := bits.TrailingZeros(uint(len(t))); class <= maxTableBits {
		clear(t)
		tables[class].Put(unsafe.SliceData(t))
	}
}
