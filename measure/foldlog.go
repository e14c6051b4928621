// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"time"
)

// The folding window is stored with the counts, so that a repeat that arrives
// after a restart is folded as before and nothing has to be read back from the
// records: each cut adds the entries that changed. Once these have grown beyond
// the window itself, or nothing more came for some minutes, the window takes
// their place. That bounds what is stored and what a start reads, whatever the
// rate.

// Bounds of what the differences may grow to before the window replaces them.
const (
	foldWhole  = 2       // times its size
	foldLeast  = 1 << 20 // bytes, however small it is
	foldWindow = 10      // bytes that an entry takes, about
)

// foldPart gives what is to be stored of the window; ok is false where nothing
// changed. It needs the turn, not the lock.
func (m *Measure) foldPart(now time.Time) (p Part, ok bool) {
	f, state := &m.fold, &m.foldState
	fresh := 0
	for _, t := range f.tables() {
		fresh += len(t.fresh)
	}
	quiet := fresh == 0 && now.Unix()-state.changed > compactAfter
	if fresh == 0 && !(quiet && state.differences > 1) {
		return Part{}, false
	}
	window := foldWindow * (f.streams.n + f.feeds.n)
	whole := quiet || state.differences >= manyDifferences || state.bytes > max(foldWhole*window, foldLeast)
	n := foldWindow * fresh
	if whole {
		n = window
	}
	w := &partWriter{buf: make([]byte, partHead, n+n/8+64)}
	w.begin(whole)
	for number, t := range f.tables() {
		if whole {
			w.entries(number, t.entries, t.n)
		} else {
			w.entries(number, t.fresh, len(t.fresh))
		}
		t.fresh = t.fresh[:0]
		if cap(t.fresh) > maxFreshEntries {
			t.fresh = nil
		}
	}
	data := w.finish()
	if whole {
		*state = partState{whole: len(data)}
	} else {
		state.differences++
		state.bytes += len(data)
	}
	state.changed = now.Unix()
	return Part{keyFold, whole, data}, true
}

// maxFreshEntries is the most room kept for the entries of the next cut.
const maxFreshEntries = 1 << 19

// entries writes n entries; free ones (key 0) are left out. Minutes are told by
// their distance to the first, mostly one byte.
func (w *partWriter) entries(table int, list []foldEntry, n int) {
	if n == 0 {
		return
	}
	var base uint32
	for i := range list {
		if list[i].key != 0 {
			base = list[i].minute
			break
		}
	}
	w.head(tagFold, byte(table), int64(base))
	w.buf = binary.AppendUvarint(w.buf, uint64(n))
	for i := range list {
		if e := &list[i]; e.key != 0 {
			w.buf = binary.LittleEndian.AppendUint64(w.buf, e.key)
			w.buf = binary.AppendVarint(w.buf, int64(e.minute)-int64(base))
			w.buf = binary.AppendUvarint(w.buf, uint64(e.count))
		}
	}
}

// fold checks a section of entries.
func (r *reader) fold(s *section) {
	s.role = r.byte()
	base := r.uvarint()
	n := r.uvarint()
	if r.check(s.role < foldTables && base < maxStart && n <= uint64(len(r.data))/foldLeastBytes); r.bad {
		return
	}
	s.start, s.id = int64(base), uint32(n)
	before := r.data
	for range n {
		key, minute, count := r.take(8), s.start+r.varint(), r.uvarint()
		if r.check(minute >= 0 && minute < maxStart && count < 1<<32); r.bad {
			return
		}
		r.check(binary.LittleEndian.Uint64(key) != 0)
	}
	s.run = before[:len(before)-len(r.data)]
}

// foldLeastBytes is what an entry takes at least.
const foldLeastBytes = 10

// loadFold puts the entries of a checked section back.
func (m *Measure) loadFold(s *section) {
	t := m.fold.tables()[s.role]
	t.reserve(int(s.id)) // the window, which comes first, is told whole
	r := reader{data: s.run}
	for range s.id {
		key := binary.LittleEndian.Uint64(r.take(8))
		minute := s.start + r.varint()
		t.restore(foldEntry{key: key, count: uint32(r.uvarint()), minute: uint32(minute)})
	}
}
