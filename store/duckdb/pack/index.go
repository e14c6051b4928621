// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"maps"
	"slices"
	"sort"
)

// Index knows the live parts of all slots over a sequence of packs. It is not
// for concurrent use.
type Index struct {
	slots map[slot][]Live
	live  map[string]int   // file → live parts in it
	sizes map[string]int64 // file → what they take
	bytes int64            // of all live parts
}

type slot struct{ kind, key string }

// Live is a part that counts, and the file that holds it.
type Live struct {
	File string
	Part
}

// NewIndex is an index of nothing.
func NewIndex() *Index {
	return &Index{slots: make(map[slot][]Live), live: make(map[string]int), sizes: make(map[string]int64)}
}

// Add takes in the parts of the next pack.
func (x *Index) Add(file string, parts []Part) {
	for _, p := range parts {
		s := slot{p.Kind, p.Key}
		if p.Replace {
			for _, old := range x.slots[s] {
				x.drop(&old)
			}
			x.slots[s] = nil
		}
		// A replacement by nothing lives too: it keeps earlier parts dead when
		// the packs are read again.
		x.slots[s] = append(x.slots[s], Live{file, p})
		x.take(file, &p)
	}
}

func (x *Index) take(file string, p *Part) {
	x.live[file]++
	x.sizes[file] += p.taking()
	x.bytes += p.Size
}

func (x *Index) drop(p *Live) {
	x.bytes -= p.Size
	x.sizes[p.File] -= p.taking()
	if x.live[p.File]--; x.live[p.File] == 0 {
		delete(x.live, p.File)
		delete(x.sizes, p.File)
	}
}

// Bytes is the size of all parts that count.
func (x *Index) Bytes() int64 { return x.bytes }

// BytesIn is what the parts of a file that count take, with their place in its index.
func (x *Index) BytesIn(file string) int64 { return x.sizes[file] }

// IsLive says whether any part of a file counts.
func (x *Index) IsLive(file string) bool { return x.live[file] > 0 }

// Slots gives the live parts of a kind by slot, ordered by key.
func (x *Index) Slots(kind string) (keys []string, parts [][]Live) {
	bySlot := make(map[string][]Live)
	for s, all := range x.slots {
		for _, p := range all {
			if s.kind == kind && p.Size > 0 {
				bySlot[s.key] = append(bySlot[s.key], p)
			}
		}
	}
	keys = slices.Sorted(maps.Keys(bySlot))
	for _, k := range keys {
		parts = append(parts, bySlot[k])
	}
	return keys, parts
}

// Within gives the live parts in the given files, slot by slot, for merging
// them into one pack; tombstones are left out when nothing lies before.
func (x *Index) Within(files map[string]bool, first bool) []Live {
	var out []Live
	for _, parts := range x.slots {
		for _, p := range parts {
			if files[p.File] && (!first || p.Size > 0) {
				out = append(out, p)
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Kind != out[j].Kind {
			return out[i].Kind < out[j].Kind
		}
		return out[i].Key < out[j].Key
	})
	return out
}

// Moved says that what Within gave for files now lies in one pack. What became
// dead meanwhile stays dead; tombstones that were left out are forgotten.
func (x *Index) Moved(files map[string]bool, from []Live, file string, to []Part) {
	moved := make(map[Live]Part, len(from))
	for i, p := range from {
		moved[p] = to[i]
	}
	for s, parts := range x.slots {
		kept := parts[:0]
		for _, p := range parts {
			t, ok := moved[p]
			switch {
			case ok:
				kept = append(kept, Live{file, t})
				x.take(file, &t)
				x.drop(&p)
			case files[p.File]:
				x.drop(&p)
			default:
				kept = append(kept, p)
			}
		}
		if x.slots[s] = kept; len(kept) == 0 {
			delete(x.slots, s)
		}
	}
}
