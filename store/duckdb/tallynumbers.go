// SPDX-License-Identifier: Apache-2.0

package duckdb

// Limits of what one goroutine holds while it counts.
const (
	denseBits = 21      // up to so many bits there is a number for each key
	mostBits  = 32      // of a key
	mostKinds = 1 << 16 // of records
)

// numbers counts keys: in their place where keys are short, else in a hash table.
type numbers struct {
	dense  []uint32
	keys   []uint32 // of the slots; their number is a power of two
	counts []uint32 // 0 for an empty slot
	used   int
}

// forKeys gives empty numbers for keys of so many bits.
func forKeys(bits uint) numbers {
	if bits <= denseBits {
		return numbers{dense: make([]uint32, 1<<bits)}
	}
	return numbers{keys: make([]uint32, 1<<12), counts: make([]uint32, 1<<12)}
}

// addAll counts each of some keys, of which bits in base are set beside.
func (n *numbers) addAll(base uint32, keys []uint32) {
	if n.dense == nil {
		for _, x := range keys {
			n.add(x|base, 1)
		}
		return
	}
	from := n.dense[base:] // they share no bits
	for _, x := range keys {
		from[x]++
	}
}

// add counts a key so many times.
func (n *numbers) add(key, times uint32) {
	if n.dense != nil {
		n.dense[key] += times
		return
	}
	if 2*n.used >= len(n.keys) {
		n.grow()
	}
	mask := uint32(len(n.keys) - 1)
	at := key * 0x9E3779B1
	at = (at ^ at>>15) & mask
	for n.counts[at] != 0 && n.keys[at] != key {
		at = (at + 1) & mask
	}
	if n.counts[at] == 0 {
		n.keys[at] = key
		n.used++
	}
	n.counts[at] += times
}

func (n *numbers) grow() {
	old := *n
	n.keys, n.counts, n.used = make([]uint32, 2*len(old.keys)), make([]uint32, 2*len(old.keys)), 0
	for at, times := range old.counts {
		if times != 0 {
			n.add(old.keys[at], times)
		}
	}
}

// take gives all that was counted, and forgets it.
func (n *numbers) take(each func(key, times uint32)) {
	for key, times := range n.dense {
		if times != 0 {
			each(uint32(key), times)
			n.dense[key] = 0
		}
	}
	for at, times := range n.counts {
		if times != 0 {
			each(n.keys[at], times)
			n.counts[at] = 0
		}
	}
	n.used = 0
}
