// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"haidang/event"
)

// Part is what has to be stored under a key: one more difference or, with
// Replace, the whole.
type Part struct {
	Key     string
	Replace bool
	Data    []byte
}

// Keys of parts. The book comes first: days refer to its numbers.
const (
	keyBook = "book"
	keyDay  = "day/" // day/2026-11-21, a local day
)

func dayKey(number int32) string {
	y, m, d := dateOf(number)
	return fmt.Sprintf("%s%04d-%02d-%02d", keyDay, y, m, d)
}

// partState is what has piled up under a key.
type partState struct {
	differences, bytes, whole int

	changed int64 // second of the last part
	looked  int64 // second of the last look for it in the store, since
}

// When a key's differences are replaced by the whole: after some, once they are
// worth it, or when they are many.
const (
	someDifferences = 64
	manyDifferences = 1024
)

func (p *partState) due() bool {
	return p.differences >= someDifferences && p.bytes >= p.whole || p.differences >= manyDifferences
}

const formVersion = 1

// Cut gives what changed since the last cut. Each part must be stored, in this
// order, together with the journal position that the counted batches end at;
// parts that could not be stored must be kept and stored with the next.
func (r *Room) Cut() (parts []Part) {
	number, away := r.look()
	r.mu.Lock()
	defer r.mu.Unlock()
	if away != nil && r.changed[number] == nil {
		r.days[number].leave(away)
	}
	if n := len(r.book.slots); n > r.stored {
		whole := r.part(keyBook).due()
		from := r.stored
		if whole {
			from = 0
		}
		parts = append(parts, r.emit(keyBook, whole, r.appendBook(nil, from)))
		r.stored = n
	}
	for _, number := range slices.Sorted(maps.Keys(r.changed)) {
		key, d := dayKey(number), r.days[number]
		if r.part(key).due() && !d.lost {
			parts = append(parts, r.emit(key, true, r.packed(d)))
			continue
		}
		parts = append(parts, r.emit(key, false, r.appendDay(nil, r.changed[number], d.replay)))
	}
	parts = append(parts, r.rested()...)
	clear(r.changed)
	r.upkeep(r.deps.Now().Unix())
	return parts
}

func (r *Room) part(key string) *partState {
	if r.parts[key] == nil {
		r.parts[key] = &partState{}
	}
	return r.parts[key]
}

func (r *Room) emit(key string, whole bool, data []byte) Part {
	p := r.part(key)
	if whole {
		*p = partState{whole: len(data)}
	} else {
		p.differences++
		p.bytes += len(data)
	}
	p.changed, p.looked = r.deps.Now().Unix(), 0
	return Part{key, whole, data}
}

// packAfter is how many seconds a day rests before it is packed.
const packAfter = 120

func (r *Room) upkeep(now int64) {
	if now-r.cooled < 30 {
		return
	}
	r.cooled = now
	var size int64
	for _, d := range r.days {
		if now-d.touched > packAfter {
			d.rest()
		}
		size += d.bytes()
	}
	r.met.report(len(r.book.people), size+r.cache.aheadBytes())
}

func (r *Room) appendBook(dst []byte, from int) []byte {
	dst = append(dst, formVersion)
	dst = binary.AppendUvarint(dst, uint64(from))
	for i := range r.book.slots[from:] {
		s := &r.book.slots[from+i]
		dst = append(dst, r.book.people[s.who].id[:]...)
		dst = binary.AppendUvarint(dst, uint64(s.country))
		flags := uint64(s.org) << 1
		if s.beat {
			flags |= 1
		}
		dst = append(binary.AppendUvarint(dst, flags), byte(s.sector))
	}
	return dst
}

func (r *Room) appendDay(dst []byte, c *change, replay bool) []byte {
	dst = append(dst, formVersion, 0)
	if replay {
		dst[len(dst)-1] = 1
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.masks)))
	last := uint32(0)
	for _, slot := range slices.Sorted(maps.Keys(c.masks)) {
		dst = binary.AppendUvarint(dst, uint64(slot-last))
		dst = binary.AppendUvarint(dst, uint64(c.masks[slot]))
		last = slot
	}
	for _, key := range slices.Sorted(maps.Keys(c.hits)) {
		dst = r.appendHit(dst, key, c.hits[key])
	}
	return dst
}

var errPart = errors.New("participant: part is damaged")

// Load puts back one part. Parts are given in the order cut, those of the book
// before those of days (as their keys sort).
func (r *Room) Load(key string, data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(data) == 0 || data[0] != formVersion && data[0] != packedVersion {
		return errPart
	}
	r.version++
	if p := r.part(key); data[0] == packedVersion {
		p.whole = len(data)
	} else {
		p.differences++
		p.bytes += len(data)
	}
	if key == keyBook && data[0] == formVersion {
		err := r.loadBook(data[1:])
		r.stored = len(r.book.slots)
		return err
	}
	number, ok := dayOfKey(key)
	switch {
	case !ok:
		return errPart
	case data[0] == packedVersion:
		return r.loadPacked(number, data[1:])
	}
	return r.loadDay(number, data[1:])
}

// dayOfKey gives the day whose key it is.
func dayOfKey(key string) (number int32, ok bool) {
	text, ok := strings.CutPrefix(key, keyDay)
	day, err := time.Parse(time.DateOnly, text)
	return int32(day.Unix() / 86400), ok && err == nil
}

// reader takes numbers off a part; after the end it gives zeros and bad is set.
type reader struct {
	data []byte
	bad  bool
}

func (d *reader) uvarint(most uint64) uint64 {
	v, w := binary.Uvarint(d.data)
	if w <= 0 || v > most {
		d.data, d.bad = nil, true
		return 0
	}
	d.data = d.data[w:]
	return v
}

func (d *reader) bytes(n int) []byte {
	if len(d.data) < n {
		d.data, d.bad = nil, true
		return make([]byte, n)
	}
	out := d.data[:n]
	d.data = d.data[n:]
	return out
}

func (r *Room) loadBook(data []byte) error {
	d := reader{data: data}
	at := d.uvarint(1 << 31)
	for ; len(d.data) > 0 && !d.bad; at++ {
		id := event.Bytes16(d.bytes(16))
		p := place{country: event.Country(d.uvarint(1<<16 - 1))}
		flags := d.uvarint(1<<33 - 1)
		p.org, p.beat = uint32(flags>>1), flags&1 != 0
		p.sector = event.Sector(d.bytes(1)[0])
		if d.bad || r.book.slot(id, p) != uint32(at) {
			return errPart
		}
	}
	return nil
}

func (r *Room) loadDay(number int32, data []byte) error {
	in := reader{data: data}
	d := r.day(number)
	d.touched = 0 // at rest until a record comes
	d.replay = in.bytes(1)[0] != 0 || d.replay
	slot := uint64(0)
	for range in.uvarint(uint64(len(data))) {
		slot += in.uvarint(1<<32 - 1)
		mask := uint32(in.uvarint(1<<32 - 1))
		if in.bad || slot >= uint64(len(r.book.slots)) {
			return errPart
		}
		r.month(number).mark(uint32(slot), d.mark(uint32(slot), mask))
	}
	for len(in.data) > 0 && !in.bad {
		key, h := r.readHit(&in, r.cells.number)
		if in.bad {
			return errPart
		}
		before, _ := d.hit(key, h)
		now := d.hits[key]
		r.month(number).hit(now, r.cells.list[now.cell], now.count-before.count)
	}
	if in.bad {
		return errPart
	}
	if len(r.days) > 1 && r.loads != int(number) {
		r.restOthers(number)
	}
	return nil
}

// restOthers packs the days before the one being loaded: days come in order.
func (r *Room) restOthers(number int32) {
	if d := r.days[int32(r.loads)]; d != nil {
		d.rest()
	}
	r.loads = int(number)
}
