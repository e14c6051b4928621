// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"math/bits"
)

// seeker reads single values out of a hybrid sequence (see hybrid), which must be
// asked for in rising order: runs that nobody asks for are not unpacked.
type seeker struct {
	rest   []byte // behind the current run
	width  int
	first  int    // index of the current run's first value
	n      int    // its values
	packed []byte // its values, if they differ
	value  uint32 // its value, if there is one
}

// next goes to the next run.
func (s *seeker) next() error {
	s.first += s.n
	head, k := binary.Uvarint(s.rest)
	if k <= 0 || head>>1 == 0 || head>>1 > 1<<28 {
		return errShort
	}
	s.rest = s.rest[k:]
	if head&1 != 0 {
		size := head >> 1 * uint64(s.width)
		if size > uint64(len(s.rest)) {
			return errShort
		}
		s.n = int(head>>1) * 8
		s.packed, s.rest = s.rest[:size], s.rest[size:]
		return nil
	}
	size := (s.width + 7) / 8
	if len(s.rest) < size {
		return errShort
	}
	s.n, s.packed, s.value = int(head>>1), nil, 0
	for i := range size {
		s.value |= uint32(s.rest[i]) << (8 * i)
	}
	s.rest = s.rest[size:]
	if s.value>>s.width != 0 {
		return errShort
	}
	return nil
}

// at gives value i.
func (s *seeker) at(i int) (uint32, error) {
	for i >= s.first+s.n {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	if s.packed == nil {
		return s.value, nil
	}
	bit := (i - s.first) * s.width
	var x uint64
	for k, b := range s.packed[bit/8 : min(bit/8+8, len(s.packed))] {
		x |= uint64(b) << (8 * k)
	}
	return uint32(x >> (bit % 8) & (1<<s.width - 1)), nil
}

// ranker counts the ones in a sequence of single bits: definition levels.
type ranker struct {
	seeker
	to   int // how far it counted
	ones int
}

// rank gives how many ones stand before i.
func (r *ranker) rank(i int) (int, error) {
	for r.to < i {
		if r.to >= r.first+r.n {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		end := min(i, r.first+r.n)
		if r.packed == nil {
			r.ones += int(r.value) * (end - r.to)
		} else {
			r.ones += onesBetween(r.packed, r.to-r.first, end-r.first)
		}
		r.to = end
	}
	return r.ones, nil
}

// onesBetween counts the ones among bits, from inclusive, to exclusive.
func onesBetween(b []byte, from, to int) (n int) {
	for ; from < to && from%8 != 0; from++ {
		n += int(b[from/8] >> (from % 8) & 1)
	}
	for ; from+64 <= to; from += 64 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b[from/8:]))
	}
	for ; from+8 <= to; from += 8 {
		n += bits.OnesCount8(b[from/8])
	}
	for ; from < to; from++ {
		n += int(b[from/8] >> (from % 8) & 1)
	}
	return n
}

// unsetRank stands for a row that is not set.
const unsetRank = -1

// ranks reads the definition levels of a page of n rows: into r.ranks the place
// of each of the rows, counted from first, among those that are set; and how many
// are.
func (r *Reader) ranksOf(c *Column, n int, body []byte, first int, rows []int) (set int, rest []byte, err error) {
	r.ranks = r.ranks[:0]
	if c.Required {
		for _, row := range rows {
			r.ranks = append(r.ranks, row-first)
		}
		return n, body, nil
	}
	if len(body) < 4 {
		return 0, nil, errShort
	}
	size := int(binary.LittleEndian.Uint32(body))
	body = body[4:]
	if size < 0 || size > len(body) {
		return 0, nil, errShort
	}
	levels := ranker{seeker: seeker{rest: body[:size], width: 1}}
	for _, row := range rows {
		before, err := levels.rank(row - first)
		if err != nil {
			return 0, nil, err
		}
		level, err := levels.at(row - first)
		if err != nil {
			return 0, nil, err
		}
		if level == 0 {
			before = unsetRank
		}
		r.ranks = append(r.ranks, before)
	}
	set, err = levels.rank(n)
	return set, body[size:], err
}
