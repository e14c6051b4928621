// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"encoding/binary"
	"slices"

	"haidang/event"
)

// A census that stays for long is packed: one piece without pointers, of some kilobytes.
// Only seats that have somebody are in it. Of those active some are attacked, of them
// some by malware: as many as there are, are all of them, and need not be said again.

// pack gives a census in one piece; the same census gives the same piece.
func (s *census) pack() []byte {
	var head, body []byte
	words, seats, end := 0, 0, 0
	body = s.packHappened(body, &words)
	for i := range s.seats {
		g := &s.seats[i]
		if g.active.count == 0 {
			continue
		}
		body = binary.AppendUvarint(body, uint64(i-end))
		body = g.active.pack(body, nil, &words)
		body = g.attacked.pack(body, &g.active, &words)
		body = g.malware.pack(body, &g.attacked, &words)
		body = g.infected.pack(body, &g.attacked, &words)
		body = binary.AppendUvarint(body, uint64(g.events))
		seats, end = seats+1, i+1
	}
	flags := byte(0)
	if s.whole {
		flags |= 1
	}
	if s.replay {
		flags |= 2
	}
	head = append(head, flags)
	for _, n := range []int{words, end, seats} {
		head = binary.AppendUvarint(head, uint64(n))
	}
	return slices.Concat(head, body)
}

// packHappened begins with how many there are, and how many different tallies.
func (s *census) packHappened(dst []byte, words *int) []byte {
	all := slices.Clone(s.happened)
	slices.SortFunc(all, func(a, b happened) int {
		return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.value, b.value), cmp.Compare(a.country, b.country))
	})
	numbers := map[*tally]int{} // from 1
	var out []byte
	for i := range all {
		h := &all[i]
		out = append(out, byte(slices.Index(dimensions, h.by)), h.value)
		out = binary.AppendUvarint(out, uint64(h.country))
		n := numbers[h.whom]
		if out = binary.AppendUvarint(out, uint64(n)); n == 0 {
			numbers[h.whom] = len(numbers) + 1
			out = h.whom.pack(out, nil, words)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	dst = binary.AppendUvarint(dst, uint64(len(numbers)))
	return append(dst, out...)
}

// pack appends a tally of some of those of another.
func (t *tally) pack(dst []byte, of *tally, words *int) []byte {
	dst = binary.AppendUvarint(dst, uint64(t.count))
	if t.count == 0 || of != nil && t.count == of.count {
		return dst
	}
	*words += len(t.orgs)
	return t.orgs.pack(binary.LittleEndian.AppendUint64(dst, t.key))
}

// pack appends a set: how many members it has, with the last bit set where their
// differences follow, else the bits, with how many bytes they take.
func (s set) pack(dst []byte) []byte {
	var list, all []byte
	n, last := uint64(0), uint32(0)
	s.each(func(member uint32) {
		list = binary.AppendUvarint(list, uint64(member-last))
		n, last = n+1, member
	})
	if n == 0 {
		return append(dst, 0)
	}
	if size := int(last/8) + 1; len(list) > size {
		for _, w := range s {
			all = binary.LittleEndian.AppendUint64(all, w)
		}
		return append(binary.AppendUvarint(binary.AppendUvarint(dst, n<<1), uint64(size)), all[:size]...)
	}
	return append(binary.AppendUvarint(dst, n<<1|1), list...)
}

// unpacker reads what pack wrote, which never left the memory.
type unpacker struct {
	reader
	words set // for sets, what is left
}

func (u *unpacker) number() int { return int(u.uvarint(1<<63 - 1)) }

// unpack makes the census that was packed.
func (s *census) unpack(data []byte) {
	u := unpacker{reader: reader{data: data}}
	flags := u.bytes(1)[0]
	s.whole, s.replay = flags&1 != 0, flags&2 != 0
	u.words = make(set, u.number())
	s.seats = make([]group, u.number())
	seats, at := u.number(), 0
	u.happened(s)
	for range seats {
		at += u.number()
		g := &s.seats[at]
		at++
		u.tally(&g.active, nil)
		u.tally(&g.attacked, &g.active)
		u.tally(&g.malware, &g.attacked)
		u.tally(&g.infected, &g.attacked)
		g.events = int64(u.number())
	}
}

func (u *unpacker) happened(s *census) {
	s.happened = make([]happened, u.number())
	tallies, n := make([]tally, u.number()), 0
	for i := range s.happened {
		h := &s.happened[i]
		x := u.bytes(2)
		h.by, h.value, h.country = dimensions[x[0]], x[1], event.Country(u.number())
		at := u.number()
		if at == 0 {
			u.tally(&tallies[n], nil)
			n++
			at = n
		}
		h.whom = &tallies[at-1]
	}
}

func (u *unpacker) tally(t, of *tally) {
	t.count = int64(u.number())
	switch {
	case t.count == 0:
	case of != nil && t.count == of.count:
		*t = *of
	default:
		t.key = binary.LittleEndian.Uint64(u.bytes(8))
		t.orgs = u.set()
	}
}

func (u *unpacker) set() (s set) {
	n := u.number()
	if n&1 == 0 {
		if n > 0 {
			n = u.number()
		}
		s = u.words[:(n+7)/8]
		for i, b := range u.bytes(n) {
			s[i/8] |= uint64(b) << (i % 8 * 8)
		}
	} else {
		member := uint32(0)
		for range n / 2 {
			member += uint32(u.number())
			s = u.words[:member/64+1]
			s[member/64] |= 1 << (member % 64)
		}
	}
	u.words = u.words[len(s):]
	return slices.Clip(s)
}
