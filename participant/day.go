// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// day is one local day: in which hours each slot was active, and what happened.
// While it changes it is open; at rest it is packed, which takes a fifth. One that
// is long past is in the store alone.
type day struct {
	away Kept // where all of it is; nil where it is here
	lost bool // what was away could not be read: here is less than is stored

	touched int64 // second of the last change
	replay  bool  // some of it was sent by a replay
	version int64 // the room's at its last change

	masks []uint32       // by slot: bit h is set when it was active in hour h; nil when packed
	hits  map[uint64]hit // by the event's key; nil when packed

	packed packedMasks
	keys   []uint64 // of packed events, rising
	events []hit    // in the order of keys
}

// mark notes hours of a slot and gives those that were not known.
func (d *day) mark(slot uint32, hours uint32) (fresh uint32) {
	if n := int(slot) + 1; n > len(d.masks) {
		d.masks = append(d.masks, make([]uint32, n-len(d.masks))...)
	}
	fresh = hours &^ d.masks[slot]
	d.masks[slot] |= fresh
	return fresh
}

// hit notes an event: of repeats the largest count and the earliest hour stay.
func (d *day) hit(key uint64, h hit) (before hit, known bool) {
	before, known = d.hits[key]
	if known {
		h.count, h.hour = max(h.count, before.count), min(h.hour, before.hour)
	}
	d.hits[key] = h
	return before, known
}

// open makes the day ready to change.
func (d *day) open() {
	if d.hits != nil {
		return
	}
	d.hits = make(map[uint64]hit, len(d.keys))
	for i, k := range d.keys {
		d.hits[k] = d.events[i]
	}
	d.keys, d.events = nil, nil
	d.packed.each(func(slot, mask uint32) { d.mark(slot, mask) })
	d.packed = packedMasks{}
}

// rest packs the day.
func (d *day) rest() {
	if d.hits == nil {
		return
	}
	d.packed = pack(d.masks)
	d.keys = make([]uint64, 0, len(d.hits))
	for k := range d.hits {
		d.keys = append(d.keys, k)
	}
	slices.Sort(d.keys)
	d.events = make([]hit, len(d.keys))
	for i, k := range d.keys {
		d.events[i] = d.hits[k]
	}
	d.masks, d.hits = nil, nil
}

// eachHit gives every event.
func (d *day) eachHit(fn func(h *hit)) {
	for i := range d.events {
		fn(&d.events[i])
	}
	for _, h := range d.hits {
		fn(&h)
	}
}

func (d *day) bytes() int64 {
	const mapped = 40 // bytes of an entry of the map, about
	return int64(4*cap(d.masks) + mapped*len(d.hits) + 8*cap(d.keys) + 12*cap(d.events) + d.packed.bytes())
}

// packedMasks holds masks by slot. Few hours of a day are usual: a list of the
// most frequent masks is kept, and a byte for each slot says which, where most
// slots are active; else slots and masks stand in pairs.
type packedMasks struct {
	often []uint32 // by code; code 0 is "not active"
	codes []byte   // by slot; escape for a mask that is in rare
	rare  []byte   // varints: masks of escaped slots in order; without codes, differences of slots and masks
}

const escape = 255

// pack packs masks by slot.
func pack(masks []uint32) (p packedMasks) {
	counts, active := map[uint32]int{}, 0
	for _, m := range masks {
		if m != 0 {
			counts[m]++
			active++
		}
	}
	if active < len(masks)/4 {
		p.rare = make([]byte, 0, 5*active)
		last := 0
		for slot, m := range masks {
			if m != 0 {
				p.rare = binary.AppendUvarint(p.rare, uint64(slot-last))
				p.rare = binary.AppendUvarint(p.rare, uint64(m))
				last = slot
			}
		}
		p.rare = slices.Clip(p.rare)
		return p
	}
	type frequent struct {
		mask uint32
		n    int
	}
	order := make([]frequent, 0, len(counts))
	for m, n := range counts {
		order = append(order, frequent{m, n})
	}
	slices.SortFunc(order, func(a, b frequent) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.mask, b.mask)) })
	p.often = make([]uint32, 1, escape)
	code := make(map[uint32]byte, escape)
	for _, f := range order[:min(len(order), escape-1)] {
		code[f.mask] = byte(len(p.often))
		p.often = append(p.often, f.mask)
	}
	p.codes = make([]byte, len(masks))
	for slot, m := range masks {
		if m == 0 {
			continue
		}
		c, ok := code[m]
		if !ok {
			c = escape
			p.rare = binary.AppendUvarint(p.rare, uint64(m))
		}
		p.codes[slot] = c
	}
	p.rare = slices.Clip(p.rare)
	return p
}

func (p *packedMasks) each(fn func(slot, mask uint32)) {
	rare := p.rare
	if p.codes == nil {
		slot := uint64(0)
		for len(rare) > 0 {
			by, w := binary.Uvarint(rare)
			mask, v := binary.Uvarint(rare[w:])
			rare = rare[w+v:]
			slot += by
			fn(uint32(slot), uint32(mask))
		}
		return
	}
	for slot, c := range p.codes {
		switch c {
		case 0:
		case escape:
			mask, w := binary.Uvarint(rare)
			rare = rare[w:]
			fn(uint32(slot), uint32(mask))
		default:
			fn(uint32(slot), p.often[c])
		}
	}
}

func (p *packedMasks) bytes() int { return 4*cap(p.often) + cap(p.codes) + cap(p.rare) }

// add adds up in how many of the hours wanted each slot was active.
func (d *day) add(sum []uint32, wanted uint32) {
	switch {
	case d.hits != nil:
		for slot, mask := range d.masks {
			sum[slot] += uint32(bits.OnesCount32(mask & wanted))
		}
	case d.packed.codes == nil:
		d.packed.each(func(slot, mask uint32) { sum[slot] += uint32(bits.OnesCount32(mask & wanted)) })
	default:
		d.packed.add(sum, wanted)
	}
}

func (p *packedMasks) add(sum []uint32, wanted uint32) {
	var hours [256]uint32
	for code, mask := range p.often {
		hours[code] = uint32(bits.OnesCount32(mask & wanted))
	}
	rare, spread := p.rare, sevens(wanted)
	sum = sum[:len(p.codes)]
	for slot, c := range p.codes {
		switch {
		case c != escape:
			sum[slot] += hours[c]
		case len(rare) >= 8: // a varint as it lies, whose groups of bits are counted where they are
			x := binary.LittleEndian.Uint64(rare)
			end := bits.TrailingZeros64(^x&0x8080808080808080) + 1
			sum[slot] += uint32(bits.OnesCount64(x & (1<<end - 1) & spread))
			rare = rare[end/8:]
		default:
			mask, w := binary.Uvarint(rare)
			rare = rare[w:]
			sum[slot] += uint32(bits.OnesCount32(uint32(mask) & wanted))
		}
	}
}

// sevens spreads a mask to groups of seven bits, a byte each, as a varint has them.
func sevens(mask uint32) (out uint64) {
	for at := 0; mask != 0; mask, at = mask>>7, at+8 {
		out |= uint64(mask&0x7f) << at
	}
	return out
}

// month holds the sums of its days: by slot in how many hours it was active, by
// participant how many attacks it met, by cell whom they met.
type month struct {
	hours   []uint16
	attacks []uint32
	met     map[uint16]set
}

// set is a set of participants, a bit each.
type set []uint64

func (s *set) add(who uint32) {
	if n := int(who/64) + 1; n > len(*s) {
		*s = append(*s, make(set, n-len(*s))...)
	}
	(*s)[who/64] |= 1 << (who % 64)
}

func (s set) has(who uint32) bool {
	return int(who/64) < len(s) && s[who/64]&(1<<(who%64)) != 0
}

func (s *set) join(o set) {
	if len(o) > len(*s) {
		*s = append(*s, make(set, len(o)-len(*s))...)
	}
	for i, w := range o {
		(*s)[i] |= w
	}
}

// each gives the members in order.
func (s set) each(fn func(who uint32)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			fn(uint32(64*i + bits.TrailingZeros64(w)))
		}
	}
}

// hit takes in an event, of whose count so many are new.
func (m *month) hit(h hit, c cell, fresh uint32) {
	if m.met == nil {
		m.met = map[uint16]set{}
	}
	s := m.met[h.cell]
	s.add(h.who)
	m.met[h.cell] = s
	if !c.attacks() {
		return
	}
	if n := int(h.who) + 1; n > len(m.attacks) {
		m.attacks = append(m.attacks, make([]uint32, n-len(m.attacks))...)
	}
	m.attacks[h.who] += fresh
}

func (m *month) mark(slot uint32, fresh uint32) {
	if n := int(slot) + 1; n > len(m.hours) {
		m.hours = append(m.hours, make([]uint16, n-len(m.hours))...)
	}
	m.hours[slot] += uint16(bits.OnesCount32(fresh))
}
