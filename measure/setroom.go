// SPDX-License-Identifier: Apache-2.0

package measure

import "math/bits"

// setRoom is memory of a group's cells and of their small sets. There are tens of
// thousands, most of a handful of hashes, and the collector would have to find each
// by itself: here a few large pieces hold them all, and go with their group. What a
// growing set leaves, one that grows to that size takes.
type setRoom struct {
	cells []cellSets // what nobody took of the last piece
	slots []uint64   // likewise
	taken int        // slots so far
	left  [roomClasses][][]uint64
}

const (
	roomMost    = 512  // slots of a set: larger ones lie by themselves
	roomPiece   = 8192 // slots of a large piece
	roomClasses = 10   // powers of two to roomMost
	roomCells   = 64   // cells of a large piece
)

// cell gives an empty cell; there are so many by now.
func (r *setRoom) cell(there int) *cellSets {
	if len(r.cells) == 0 {
		r.cells = make([]cellSets, max(4, min(there/4, roomCells)))
	}
	c := &r.cells[0]
	r.cells = r.cells[1:]
	return c
}

// take gives free slots; without a room they lie by themselves.
func (r *setRoom) take(n int) []uint64 {
	if r == nil || n > roomMost {
		return make([]uint64, n)
	}
	if class := bits.Len(uint(n)) - 1; n == 1<<class && len(r.left[class]) > 0 {
		list := r.left[class]
		s := list[len(list)-1]
		r.left[class] = list[:len(list)-1]
		clear(s)
		return s
	}
	if len(r.slots) < n {
		r.slots = make([]uint64, max(roomMost, min(r.taken, roomPiece)))
	}
	s := r.slots[:n:n]
	r.slots, r.taken = r.slots[n:], r.taken+n
	return s
}

// leave takes slots back that a set of the room no longer needs.
func (r *setRoom) leave(s []uint64) {
	if r == nil || len(s) == 0 || len(s) > roomMost {
		return
	}
	class := bits.Len(uint(len(s))) - 1
	r.left[class] = append(r.left[class], s[:1<<class:1<<class])
}
