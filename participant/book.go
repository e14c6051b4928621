// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"crypto/sha256"
	"encoding/binary"

	"haidang/event"
)

// place is where a participant was when it reported, and by what.
type place struct {
	country event.Country
	sector  event.Sector
	org     uint32
	beat    bool // by a heartbeat; else by an event
}

// seat is what of a place figures tell apart.
type seat struct {
	country event.Country
	sector  event.Sector
}

// slot is one participant at one place. Most participants have one, or two: by
// heartbeats and by events.
type slot struct {
	place
	who  uint32
	next int32  // next slot of the same participant, -1 at the end
	unit uint32 // number of the organisation, from 1; 0 without
	seat uint32
}

// person is one participant.
type person struct {
	id    event.Bytes16
	key   uint64 // secret keyed hash, for disclosure control
	first int32  // slot
}

// book knows participants and their places by number, in the order in which they
// came.
type book struct {
	seed    [16]byte
	numbers map[event.Bytes16]uint32
	people  []person
	slots   []slot
	orgs    map[uint32]uint32 // numbers of organisations, from 1
	seats   []seat
	seatOf  map[seat]uint32
}

func newBook(seed [16]byte) book {
	return book{seed: seed, numbers: map[event.Bytes16]uint32{}, seatOf: map[seat]uint32{}}
}

// slot finds or makes the number of a participant's place.
func (b *book) slot(id event.Bytes16, p place) uint32 {
	who, ok := b.numbers[id]
	if !ok {
		who = uint32(len(b.people))
		b.numbers[id] = who
		b.people = append(b.people, person{id: id, key: b.hash(id), first: -1})
	}
	last := int32(-1)
	for i := b.people[who].first; i >= 0; i = b.slots[i].next {
		if b.slots[i].place == p {
			return uint32(i)
		}
		last = i
	}
	n := int32(len(b.slots))
	b.slots = append(b.slots, slot{place: p, who: who, next: -1, unit: b.unit(p.org), seat: b.seat(seat{p.country, p.sector})})
	if last < 0 {
		b.people[who].first = n
	} else {
		b.slots[last].next = n
	}
	return uint32(n)
}

func (b *book) seat(at seat) uint32 {
	n, ok := b.seatOf[at]
	if !ok {
		n = uint32(len(b.seats))
		b.seats, b.seatOf[at] = append(b.seats, at), n
	}
	return n
}

func (b *book) unit(org uint32) uint32 {
	if org == 0 {
		return 0
	}
	if b.orgs == nil {
		b.orgs = map[uint32]uint32{}
	}
	if b.orgs[org] == 0 {
		b.orgs[org] = uint32(len(b.orgs) + 1)
	}
	return b.orgs[org]
}

// hash gives a member's secret keyed hash: SHA-256 over a secret of 16 bytes and
// a pseudonym of 16 bytes, both of fixed length, cut to 64 bits.
func (b *book) hash(id event.Bytes16) uint64 {
	sum := sha256.Sum256(append(append([]byte("haidang cell\x00"), b.seed[:]...), id[:]...))
	return binary.LittleEndian.Uint64(sum[:8])
}
