// SPDX-License-Identifier: Apache-2.0

package strictjson

import "math/bits"

// Objects of a path with Repeats are remembered with what was found in them. One
// that comes again, byte for byte, is not read again: it is strict because the
// same bytes were found to be at the same place, and they hold the same values.

const (
	repeatLong   = 1 << 10 // bytes of an object that is kept
	repeatValues = 16      // values in it
	repeatEvery  = 4       // an object takes another's slot at every so manyth try
)

// Repeat says which remembered object a record holds.
type Repeat struct {
	Slot   int    // below Slots of its path
	Serial uint64 // another one each time a slot takes an object; 0: it is not remembered
}

// Slots is how many objects of one path are remembered at most.
const Slots = 1 << 12

// memory is what is remembered of one path's objects.
type memory struct {
	kept   [Slots]*kept // by hash
	last   Repeat       // of the current record
	rest   []byte       // what the current record's object leaves in the residual
	own    []byte       // memory of rest, where the object is not kept
	serial uint64
}

// kept is one object.
type kept struct {
	tag     uint64 // hash of its first bytes
	serial  uint64
	text    []byte // as written, then what it leaves in the residual
	length  int    // as written
	tries   uint8
	values  uint8 // how many of found are values, the rest are items
	items   uint8
	present fieldSet
	found   [repeatValues]part
}

// part is where a value lies in an object.
type part struct {
	off, end uint16
	field    uint8
	kind     Kind
}

// Repeat gives the remembered object that the record has at the path of that
// number.
func (r *Reader) Repeat(number int) Repeat { return r.memories[number].last }

// tagOf hashes the first n bytes from i on; ok is false where the record ends
// before. It only spreads: equality is decided on all bytes.
func tagOf(b []byte, i, n int) (tag uint64, ok bool) {
	if i+n > len(b) {
		return 0, false
	}
	for end := i + n; i < end; i += 16 {
		hi, lo := bits.Mul64(load(b, i)^mixSlot, load(b, i+8)^mixName)
		tag = bits.RotateLeft64(tag, 9) ^ hi ^ lo
	}
	return tag*mixName | 1, true
}

// repeated reads an object of a path with Repeats from its opening brace. What it
// leaves is in memory.rest, not in the residual.
func (r *Reader) repeated(e *entry, i int) (after int) {
	m := &r.memories[e.memory]
	m.last, m.rest = Repeat{}, nil
	tag, ok := tagOf(r.data, i, e.repeat)
	slot := int(tag >> 32 % Slots)
	k := m.kept[slot]
	if ok && k != nil && k.tag == tag && i+k.length <= len(r.data) && string(k.text[:k.length]) == string(r.data[i:i+k.length]) {
		m.last, m.rest = Repeat{slot, k.serial}, k.text[k.length:]
		r.recall(k, i)
		return i + k.length
	}
	before, items, residual, on := r.present, len(r.items), len(r.residual), r.lesson.on
	r.present, r.lesson.on = fieldSet{}, false
	after = r.object(e.child, i+1)
	r.lesson.on = on
	if after < 0 {
		return -1
	}
	m.rest = append(m.own[:0], r.residual[residual:]...)
	m.own, r.residual = m.rest, r.residual[:residual]
	if ok {
		r.remember(m, tag, slot, i, after, items)
	}
	r.present[0] |= before[0]
	r.present[1] |= before[1]
	return after
}

// remember keeps the object at i, which was just read, with what was found.
func (r *Reader) remember(m *memory, tag uint64, slot, i, after, items int) {
	k := m.kept[slot]
	if k == nil {
		k = &kept{}
		m.kept[slot] = k
	}
	if k.tries++; k.tag != 0 && k.tries%repeatEvery != 0 || !r.keep(k, i, after, items) {
		return
	}
	k.text = append(append(k.text[:0], r.data[i:after]...), m.rest...)
	m.serial++
	k.tag, k.serial = tag, m.serial
	m.last = Repeat{slot, k.serial}
}

// keep notes what was found in it; false where that cannot be kept.
func (r *Reader) keep(k *kept, i, after, items int) bool {
	values := bits.OnesCount64(r.present[0]) + bits.OnesCount64(r.present[1])
	if after-i > repeatLong || values+len(r.items)-items > repeatValues {
		return false
	}
	k.tag, k.values, k.items = 0, 0, 0
	for word, set := range r.present {
		for ; set != 0; set &= set - 1 {
			field := word<<6 + bits.TrailingZeros64(set)
			if !k.part(field, &r.values[field], i) {
				return false
			}
		}
	}
	k.values = k.items
	for n := items; n < len(r.items); n++ {
		if !k.part(r.items[n].Field, &r.items[n].value, i) {
			return false
		}
	}
	k.items -= k.values
	k.present, k.length = r.present, after-i
	return true
}

// part notes a value; one with escapes does not lie in the object.
func (k *kept) part(field int, v *value, i int) bool {
	if v.scratch {
		return false
	}
	k.found[k.items] = part{uint16(int(v.off) - i), uint16(int(v.end) - i), uint8(field), v.kind}
	k.items++
	return true
}

// recall gives what was found in an object for the same bytes at i.
func (r *Reader) recall(k *kept, i int) {
	for n := range k.values {
		p := &k.found[n%repeatValues]
		r.values[p.field].set(i+int(p.off), i+int(p.end), p.kind)
	}
	for n := k.values; n < k.values+k.items; n++ {
		p := &k.found[n%repeatValues]
		r.items = append(r.items, Item{int(p.field), value{off: uint32(i + int(p.off)), end: uint32(i + int(p.end)), kind: p.kind}})
	}
	r.present[0] |= k.present[0]
	r.present[1] |= k.present[1]
}
