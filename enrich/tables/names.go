// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"maps"
	"slices"
)

// Names holds names by number, compactly: one string and where each name ends.
type Names struct {
	numbers []uint32
	ends    []uint32
	text    string
}

// NamesOf builds Names.
func NamesOf(m map[uint32]string) Names {
	n := Names{numbers: slices.Sorted(maps.Keys(m))}
	var text []byte
	for _, k := range n.numbers {
		text = append(text, m[k]...)
		n.ends = append(n.ends, uint32(len(text)))
	}
	n.text = string(text)
	return n
}

// Len gives the number of names.
func (n *Names) Len() int { return len(n.numbers) }

// Of gives the name of a number; the empty string when it has none.
func (n *Names) Of(number uint32) string {
	i, ok := slices.BinarySearch(n.numbers, number)
	if !ok {
		return ""
	}
	var from uint32
	if i > 0 {
		from = n.ends[i-1]
	}
	return n.text[from:n.ends[i]]
}

// Bytes gives the memory that the names take.
func (n *Names) Bytes() int { return 4*(len(n.numbers)+len(n.ends)) + len(n.text) }
