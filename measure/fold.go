// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"

	"haidang/event"
)

// Folding, events/1: event.hash is the same for repeats of one event within
// one time bucket, which say the same of all that is counted by, and an event
// counts as the largest cert.count among them.
// It counts in the minute of that largest record, of the earliest where several
// are equal; so neither the total nor its place in time depends on the order of
// arrival. What is pushed out by the budget can be counted twice: the number of
// entries pushed out is a metric, and figures of that time stay provisional.

// foldSlot is what one entry of the window takes.
const foldSlot = 16

// foldKeep is how long after its event time an entry may still meet a repeat:
// the longest bucket, 24 hours, and some lateness.
const foldKeep = 26 * 60 // minutes

type folding struct {
	streams, feeds foldTable
	pushed         int64
}

// tables gives both windows, in the order in which they are numbered in parts.
func (f *folding) tables() [foldTables]*foldTable { return [...]*foldTable{&f.streams, &f.feeds} }

const foldTables = 2

func newFolding(budget int64) folding {
	f := folding{}
	// Feeds fold over 24 hours, streams over 60 seconds. They have budgets of
	// their own, so that a flood of alerts does not push out today's feeds.
	f.feeds.limit = foldSlots(budget / 4)
	f.streams.limit = foldSlots(budget - budget/4)
	return f
}

func foldSlots(budget int64) int {
	n := 1 << 10
	for int64(n)*2*foldSlot <= budget {
		n *= 2
	}
	return n
}

// repeat counts one record. events is what it adds at its own minute; where the
// event had been counted at another minute, events before is to be taken back
// there.
func (f *folding) repeat(hash event.Bytes16, feed bool, minute int64, count uint32) (events, before int64, at int64) {
	key := foldKey(hash)
	at32, table := uint32(max(minute, 0)), &f.streams
	if feed {
		table = &f.feeds
	}
	i, ok := table.find(key)
	if !ok {
		f.pushed += table.put(key, at32, count)
		table.note(foldEntry{key, count, at32})
		return int64(count), 0, minute
	}
	e := &table.entries[i]
	before, at = int64(e.count), int64(e.minute)
	switch {
	case !e.outdoneBy(count, at32):
		return 0, 0, minute
	case at32 == e.minute:
		events, before = int64(count)-before, 0
	default:
		events = int64(count)
	}
	e.count, e.minute = count, at32
	table.note(*e)
	return events, before, at
}

// outdoneBy reports whether a record takes the entry's place: the largest count,
// of equal ones the earliest. So the order of records does not matter, nor that
// of stored entries.
func (e *foldEntry) outdoneBy(count, minute uint32) bool {
	return count > e.count || count == e.count && minute < e.minute
}

// restore puts a stored entry back.
func (t *foldTable) restore(o foldEntry) {
	i, ok := t.find(o.key)
	if !ok {
		t.put(o.key, o.minute, o.count)
		return
	}
	if e := &t.entries[i]; e.outdoneBy(o.count, o.minute) {
		*e = o
	}
}

// foldKey shortens the hash; 0 stands for a free slot.
func foldKey(hash event.Bytes16) uint64 { return binary.LittleEndian.Uint64(hash[:8]) | 1 }

// foldTable is an open-addressing table from fold key to the largest count.
type foldTable struct {
	entries []foldEntry // power of two; key 0 is free
	n       int
	limit   int // most slots
	newest  uint32
	sweeps  uint64
	fresh   []foldEntry // what changed since the last cut
}

func (t *foldTable) note(e foldEntry) { t.fresh = append(t.fresh, e) }

type foldEntry struct {
	key    uint64
	count  uint32
	minute uint32
}

func (t *foldTable) home(key uint64) int {
	return int(scatter(key) >> 20 & uint64(len(t.entries)-1))
}

// find gives the entry of a key.
func (t *foldTable) find(key uint64) (int, bool) {
	if t.n == 0 {
		return 0, false
	}
	mask := len(t.entries) - 1
	for i := t.home(key); ; i = (i + 1) & mask {
		switch t.entries[i].key {
		case key:
			return i, true
		case 0:
			return i, false
		}
	}
}

// put adds a key that is not there; the result says how many others it pushed
// out before their time.
func (t *foldTable) put(key uint64, minute, count uint32) (pushed int64) {
	t.newest = max(t.newest, minute)
	if t.n*4 >= len(t.entries)*3 {
		pushed = t.grow()
	}
	i, ok := t.find(key)
	if ok {
		return pushed
	}
	if t.n == 0 {
		i = t.home(key)
	}
	t.entries[i] = foldEntry{key, count, minute}
	t.n++
	return pushed
}

// remove frees a slot and closes the gap it leaves.
func (t *foldTable) remove(i int) {
	mask := len(t.entries) - 1
	t.n--
	for j := (i + 1) & mask; t.entries[j].key != 0; j = (j + 1) & mask {
		h := t.home(t.entries[j].key)
		if (j-h)&mask >= (j-i)&mask {
			t.entries[i] = t.entries[j]
			i = j
		}
	}
	t.entries[i] = foldEntry{}
}

// grow makes room: by doubling while the budget lasts, so that archives of any
// age fold; then by dropping what is past its time; then the oldest half.
func (t *foldTable) grow() (pushed int64) {
	if len(t.entries) == 0 {
		t.entries = make([]foldEntry, min(1<<10, t.limit))
		return 0
	}
	if len(t.entries) < t.limit {
		t.resize(2 * len(t.entries))
		return 0
	}
	if t.newest > foldKeep {
		t.drop(func(e *foldEntry) bool { return e.minute < t.newest-foldKeep })
	}
	if t.n*2 <= len(t.entries) {
		return 0
	}
	cut, part := t.median()
	t.sweeps++ // chooses others of one minute each time
	return t.drop(func(e *foldEntry) bool {
		return e.minute < cut || e.minute == cut && scatter(e.key^t.sweeps<<32)>>32 < part
	})
}

// reserve makes room for n entries at once, within the budget, where there are none.
func (t *foldTable) reserve(n int) {
	size := min(1<<10, t.limit)
	for n*4 >= size*3 && size < t.limit {
		size *= 2
	}
	if t.n == 0 && size > len(t.entries) {
		t.resize(size)
	}
}

// resize moves the entries to a table of so many slots, more than there were.
func (t *foldTable) resize(slots int) {
	old := t.entries
	t.entries = make([]foldEntry, slots)
	clear(t.entries) // page by page: one that is read before it is written to is mapped twice
	mask := slots - 1
	for i := range old {
		if old[i].key == 0 {
			continue
		}
		at := t.home(old[i].key)
		for t.entries[at].key != 0 {
			at = (at + 1) & mask
		}
		t.entries[at] = old[i]
	}
}

// median gives the minute below which less than half of the entries lie, and the
// part of that minute, in 2^-32, that makes up the half.
func (t *foldTable) median() (cut uint32, part uint64) {
	var ages [foldKeep + 1]int
	for i := range t.entries {
		if e := &t.entries[i]; e.key != 0 {
			ages[min(t.newest-e.minute, foldKeep)]++
		}
	}
	half := (t.n + 1) / 2
	older, age := 0, foldKeep
	for ; age > 0 && older+ages[age] <= half; age-- {
		older += ages[age]
	}
	return t.newest - uint32(age), uint64(half-older) << 32 / uint64(max(ages[age], 1))
}

// drop removes the entries that match. A gap closed over the end of the table
// can bring an entry to a place already passed; it stays until the next time.
func (t *foldTable) drop(match func(*foldEntry) bool) (n int64) {
	for i := 0; i < len(t.entries); {
		if e := &t.entries[i]; e.key != 0 && match(e) {
			t.remove(i)
			n++
			continue
		}
		i++
	}
	return n
}
