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
	slots map[slot][]held
	files map[string]int // file → its number
	names []string       // of files, by number; "" is free
	live  []int          // by file: live parts in it
	sizes []int64        // by file: what they take
	bytes int64          // of all live parts
	room  []held         // of slots of one part, most by far
}

type slot struct{ kind, key string }

// held is a Live part without its names: there are ten thousand in a year, and so the
// collector need not look at them.
type held struct {
	offset, size int64
	sum          uint32
	file         int32
	replace      bool
}

// Live is a part that counts, and the file that holds it.
type Live struct {
	File string
	Part
}

// NewIndex is an index of nothing.
func NewIndex() *Index {
	return &Index{slots: make(map[slot][]held), files: make(map[string]int)}
}

// Add takes in the parts of the next pack.
func (x *Index) Add(file string, parts []Part) {
	for i := range parts {
		p := &parts[i]
		s := slot{p.Kind, p.Key}
		if p.Replace {
			for _, old := range x.slots[s] {
				x.drop(s, old)
			}
			x.slots[s] = x.slots[s][:0]
		}
		// A replacement by nothing lives too: it keeps earlier parts dead when
		// the packs are read again.
		h := x.take(file, p)
		if before := x.slots[s]; cap(before) > 0 {
			x.slots[s] = append(before, h)
		} else {
			x.slots[s] = x.alone(h)
		}
	}
}

// roomParts is how many slots of one part lie together in memory.
const roomParts = 128

func (x *Index) alone(h held) []held {
	if len(x.room) == cap(x.room) {
		x.room = make([]held, 0, roomParts)
	}
	x.room = append(x.room, h)
	n := len(x.room)
	return x.room[n-1 : n : n]
}

func (x *Index) take(file string, p *Part) held {
	n := x.number(file)
	x.live[n]++
	x.sizes[n] += p.taking()
	x.bytes += p.Size
	return held{p.Offset, p.Size, p.Sum, int32(n), p.Replace}
}

// number finds a file or takes it in.
func (x *Index) number(file string) int {
	n, ok := x.files[file]
	if !ok {
		if n = slices.Index(x.names, ""); n < 0 {
			n = len(x.names)
			x.names, x.live, x.sizes = append(x.names, ""), append(x.live, 0), append(x.sizes, 0)
		}
		x.names[n], x.files[file] = file, n
	}
	return n
}

func (x *Index) drop(s slot, h held) {
	p := x.part(s, h)
	x.bytes -= p.Size
	x.sizes[h.file] -= p.taking()
	if x.live[h.file]--; x.live[h.file] == 0 {
		delete(x.files, x.names[h.file])
		x.names[h.file], x.sizes[h.file] = "", 0
	}
}

// part gives a part its names back.
func (x *Index) part(s slot, h held) Live {
	return Live{x.names[h.file], Part{s.kind, s.key, h.replace, h.offset, h.size, h.sum}}
}

// Bytes is the size of all parts that count.
func (x *Index) Bytes() int64 { return x.bytes }

// BytesIn is what the parts of a file that count take, with their place in its index.
func (x *Index) BytesIn(file string) int64 {
	if n, ok := x.files[file]; ok {
		return x.sizes[n]
	}
	return 0
}

// IsLive says whether any part of a file counts.
func (x *Index) IsLive(file string) bool {
	_, ok := x.files[file]
	return ok
}

// Slots gives the live parts of a kind by slot, ordered by key.
func (x *Index) Slots(kind string) (keys []string, parts [][]Live) {
	bySlot := make(map[string][]Live)
	for s, all := range x.slots {
		for _, h := range all {
			if s.kind == kind && h.size > 0 {
				bySlot[s.key] = append(bySlot[s.key], x.part(s, h))
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
	for s, parts := range x.slots {
		for _, h := range parts {
			if files[x.names[h.file]] && (!first || h.size > 0) {
				out = append(out, x.part(s, h))
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
		for _, h := range parts {
			t, ok := moved[x.part(s, h)]
			switch {
			case ok:
				kept = append(kept, x.take(file, &t))
				x.drop(s, h)
			case files[x.names[h.file]]:
				x.drop(s, h)
			default:
				kept = append(kept, h)
			}
		}
		if x.slots[s] = kept; len(kept) == 0 {
			delete(x.slots, s)
		}
	}
}
