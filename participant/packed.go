// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"bytes"
	"encoding/binary"
	"slices"

	"haidang/event"
)

// A day that is over is stored as it is kept in memory: a start takes it up without
// going through its participants one by one.

// packedVersion begins the part of such a day.
const packedVersion = 2

// restAfter is how many seconds nothing may have come for a day that is over,
// before its differences are replaced by the whole.
const restAfter = 15 * 60

// packed gives a whole day.
func (r *Room) packed(d *day) []byte {
	p, keys, events := d.packed, d.keys, d.events
	if d.hits != nil {
		p = pack(d.masks)
		keys = slices.Sorted(mapKeysOf(d.hits))
		events = make([]hit, len(keys))
		for i, k := range keys {
			events[i] = d.hits[k]
		}
	}
	dst := []byte{packedVersion, 0}
	if d.replay {
		dst[1] = 1
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.often)))
	for _, mask := range p.often {
		dst = binary.AppendUvarint(dst, uint64(mask))
	}
	for _, run := range [][]byte{p.codes, p.rare} {
		dst = append(binary.AppendUvarint(dst, uint64(len(run))), run...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	for i, key := range keys {
		dst = r.appendHit(dst, key, events[i])
	}
	return dst
}

func mapKeysOf(hits map[uint64]hit) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for k := range hits {
			if !yield(k) {
				return
			}
		}
	}
}

// rested gives the part of one day that is over and at rest and stored in
// differences, or not as it is kept in memory.
func (r *Room) rested() (parts []Part) {
	now := r.deps.Now()
	y, m, d := now.In(r.cfg.Zone).Date()
	today, least := numberOf(y, m, d), int32(0)
	for number, d := range r.days {
		if p := r.parts[dayKey(number)]; p != nil && p.differences > 0 && !d.lost && number < today && now.Unix()-d.touched > restAfter && (least == 0 || number < least) {
			least = number
		}
	}
	if least == 0 {
		return nil
	}
	return []Part{r.emit(dayKey(least), true, r.packed(r.days[least]))}
}

// loadPacked takes up a whole day.
func (r *Room) loadPacked(number int32, data []byte) error {
	d, err := r.readPacked(bytes.Clone(data), r.cells.number)
	if err == nil && !d.packed.sound(len(r.book.slots)) {
		err = errPart
	}
	if err != nil {
		return err
	}
	if r.days[number] != nil {
		r.join(number, d)
		return nil
	}
	r.days[number] = d
	mo := r.month(number)
	d.packed.each(func(slot, mask uint32) { mo.mark(slot, mask) })
	for _, h := range d.events {
		mo.hit(h, r.cells.list[h.cell], h.count)
	}
	return nil
}

// readPacked reads a whole day, which keeps data, and checks all but its masks: who
// reads a day that was taken up before knows that they are sound.
func (r *Room) readPacked(data []byte, number func(cell) uint16) (*day, error) {
	in := reader{data: data}
	d := &day{replay: in.bytes(1)[0] != 0}
	for range in.uvarint(escape) {
		d.packed.often = append(d.packed.often, uint32(in.uvarint(1<<32-1)))
	}
	for _, run := range []*[]byte{&d.packed.codes, &d.packed.rare} {
		if n := in.uvarint(uint64(len(in.data))); n > 0 {
			*run = in.bytes(int(n))
		}
	}
	n := in.uvarint(uint64(len(in.data)) / 8)
	d.keys, d.events = make([]uint64, 0, n), make([]hit, 0, n)
	for range n {
		key, h := r.readHit(&in, number)
		if in.bad || len(d.keys) > 0 && key <= d.keys[len(d.keys)-1] {
			return nil, errPart
		}
		d.keys, d.events = append(d.keys, key), append(d.events, h)
	}
	if in.bad || len(in.data) > 0 {
		return nil, errPart
	}
	return d, nil
}

// join adds a day to what is known of it.
func (r *Room) join(number int32, o *day) {
	d := r.day(number)
	d.touched, d.replay = 0, d.replay || o.replay
	o.packed.each(func(slot, mask uint32) { r.month(number).mark(slot, d.mark(slot, mask)) })
	for i, key := range o.keys {
		before, _ := d.hit(key, o.events[i])
		now := d.hits[key]
		r.month(number).hit(now, r.cells.list[now.cell], now.count-before.count)
	}
}

// sound reports whether masks can be read, of no more slots than there are.
func (p *packedMasks) sound(slots int) bool {
	if p.codes == nil {
		in := reader{data: p.rare}
		for slot := uint64(0); len(in.data) > 0; {
			slot += in.uvarint(1<<32 - 1)
			if in.uvarint(1<<32-1) == 0 || slot >= uint64(slots) {
				return false
			}
		}
		return !in.bad
	}
	if len(p.often) < escape && slices.ContainsFunc(p.codes, func(c byte) bool { return int(c) >= len(p.often) && c != escape }) {
		return false
	}
	n, ok := masksIn(p.rare)
	return ok && n == bytes.Count(p.codes, []byte{escape}) && len(p.codes) <= slots
}

// masksIn counts varints that are masks; a day has some hundred thousand.
func masksIn(data []byte) (n int, ok bool) {
	width := 0
	for _, b := range data {
		if width++; b >= 0x80 {
			continue
		}
		if width > maxMask || width == maxMask && b > 0x0f {
			return n, false
		}
		n, width = n+1, 0
	}
	return n, width == 0
}

// maxMask is how many bytes a mask takes at most.
const maxMask = 5

func (r *Room) appendHit(dst []byte, key uint64, h hit) []byte {
	x := r.cells.list[h.cell]
	dst = binary.LittleEndian.AppendUint64(dst, key)
	dst = binary.AppendUvarint(dst, uint64(h.who))
	dst = binary.AppendUvarint(dst, uint64(h.count))
	return append(dst, h.hour, uint8(x.class), uint8(x.kind), uint8(x.way), uint8(x.stage))
}

// readHit reads what appendHit wrote.
func (r *Room) readHit(in *reader, number func(cell) uint16) (key uint64, h hit) {
	key = binary.LittleEndian.Uint64(in.bytes(8))
	h = hit{who: uint32(in.uvarint(1<<32 - 1)), count: uint32(in.uvarint(1<<32 - 1))}
	x := in.bytes(5)
	h.hour = x[0]
	if in.bad = in.bad || int(h.who) >= len(r.book.people) || x[1] >= uint8(classes); !in.bad {
		h.cell = number(cell{class(x[1]), event.RSIT(x[2]), event.Way(x[3]), event.Stage(x[4])})
	}
	return key, h
}
