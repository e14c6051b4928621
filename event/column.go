// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"
)

var (
	dictSeed = maphash.MakeSeed()
	dictKeys = [2]uint64{maphash.String(dictSeed, "first"), maphash.String(dictSeed, "last")}
)

// hashOf hashes short strings, which most are, by one multiplication under keys
// of this process.
func hashOf(s string) uint64 {
	n := len(s)
	var first, last uint64
	switch p := unsafe.Pointer(unsafe.StringData(s)); {
	case n > 16:
		return maphash.String(dictSeed, s)
	case n >= 8:
		first, last = le64(p, 0), le64(p, n-8)
	case n >= 4:
		first, last = uint64(le32(p, 0)), uint64(le32(p, n-4))
	case n > 0:
		first = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	hi, lo := bits.Mul64(first^dictKeys[0], last^dictKeys[1]^uint64(n)<<56)
	return hi ^ lo
}

// le64 and le32 read at an offset that lies within the string.
func le64(p unsafe.Pointer, at int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, at))[:])
}
func le32(p unsafe.Pointer, at int) uint32 {
	return binary.LittleEndian.Uint32((*[4]byte)(unsafe.Add(p, at))[:])
}

// Dict is a column of strings with few distinct values: one code a row into
// Values. Code 0 is always the empty string. The zero Dict is ready to use. The
// strings lie in memory of the column's own: they hold until Reset.
type Dict struct {
	Codes  []uint32
	Values []string

	table []uint64  // open addressing over Values: 32 bits of the hash, then code+1; 0 is free
	text  []byte    // memory of Values
	near  [8]uint32 // codes given lately, by what tells short words apart
}

// Append adds a row, copying the string if it is new to the dictionary.
func (d *Dict) Append(s string) { d.Codes = append(d.Codes, d.Code(s)) }

// Code finds or makes the code of a value without adding a row.
func (d *Dict) Code(s string) uint32 {
	if len(d.Values) == 0 {
		d.Values = append(d.Values, "")
	}
	if s == "" {
		return 0
	}
	near := &d.near[(uint(s[0])+uint(s[len(s)-1])<<1+uint(len(s)))&7]
	if d.Values[*near] == s {
		return *near
	}
	if (len(d.Values)+1)*2 > len(d.table) {
		d.grow()
	}
	h := hashOf(s)
	mask := uint64(len(d.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := d.table[i]
		if slot == 0 {
			*near = d.add(s)
			d.table[i] = h&^(1<<32-1) | uint64(*near+1)
			return *near
		}
		if c := uint32(slot) - 1; slot>>32 == h>>32 && d.Values[c] == s {
			*near = c
			return c
		}
	}
}

// add copies a string into the column's memory. Where that has to move, the
// strings before keep the old one.
func (d *Dict) add(s string) (code uint32) {
	from := len(d.text)
	d.text = append(d.text, s...)
	d.Values = append(d.Values, unsafe.String(&d.text[from], len(s)))
	return uint32(len(d.Values) - 1)
}

func (d *Dict) grow() {
	size := max(64, len(d.table)*2)
	for size < 2*(len(d.Values)+1) { // the table that was there was taken back
		size *= 2
	}
	d.table = make([]uint64, size)
	mask := uint64(len(d.table) - 1)
	for c := 1; c < len(d.Values); c++ {
		h := hashOf(d.Values[c])
		i := h & mask
		for d.table[i] != 0 {
			i = (i + 1) & mask
		}
		d.table[i] = h&^(1<<32-1) | uint64(c+1)
	}
}

// At gives the value of a row.
func (d *Dict) At(row int) string { return d.Values[d.Codes[row]] }

// Reset empties the column, rows and dictionary, and keeps its memory: strings
// taken from Values hold no longer.
func (d *Dict) Reset() {
	clear(d.table)
	clear(d.Values)
	d.Codes, d.Values, d.text, d.near = d.Codes[:0], d.Values[:0], d.text[:0], [8]uint32{}
}

// Text is a column of strings that seldom repeat: one buffer and the end of
// each row in it. The zero Text is ready to use.
type Text struct {
	Data []byte
	Ends []uint32
}

// Append adds a row, copying the bytes.
func (t *Text) Append(s string) {
	if len(s) > cap(t.Data)-len(t.Data) {
		t.grow(len(s))
	}
	t.Data = append(t.Data, s...)
	t.Ends = append(t.Ends, uint32(len(t.Data)))
}

// AppendBytes adds a row, copying the bytes.
func (t *Text) AppendBytes(s []byte) {
	if len(s) > cap(t.Data)-len(t.Data) {
		t.grow(len(s))
	}
	t.Data = append(t.Data, s...)
	t.Ends = append(t.Ends, uint32(len(t.Data)))
}

// grow makes room for n bytes and, as far as the rows so far tell, for those of
// the rows that the column has room for: few steps, and little that is too much.
func (t *Text) grow(n int) {
	need, rows := len(t.Data)+n, len(t.Ends)+1
	room := max(need+need/4, leastText)
	if rows > tellingRows {
		room = max(room, min(need/rows*cap(t.Ends), need+mostAhead))
	} else {
		room = max(room, min(2*need, need+mostAhead))
	}
	t.Data = append(make([]byte, 0, room), t.Data...)
}

const (
	leastText   = 256 // bytes
	tellingRows = 16
	mostAhead   = 256 << 10 // bytes
)

// At gives the bytes of a row, a view into the column.
func (t *Text) At(row int) []byte {
	var from uint32
	if row > 0 {
		from = t.Ends[row-1]
	}
	return t.Data[from:t.Ends[row]]
}

// Reset empties the column.
func (t *Text) Reset() { t.Data, t.Ends = t.Data[:0], t.Ends[:0] }

// DictSet is a column of small sets of dictionary strings: Dict.Codes holds the
// members of all rows, Ends the end of each row in it.
type DictSet struct {
	Dict Dict
	Ends []uint32
}

// Append adds a row.
func (s *DictSet) Append(values []string) {
	for _, v := range values {
		s.Dict.Append(v)
	}
	s.Ends = append(s.Ends, uint32(len(s.Dict.Codes)))
}

// Codes gives a row's dictionary codes, a view into the column.
func (s *DictSet) Codes(row int) []uint32 {
	var from uint32
	if row > 0 {
		from = s.Ends[row-1]
	}
	return s.Dict.Codes[from:s.Ends[row]]
}

// At gives a row's values.
func (s *DictSet) At(row int) []string {
	codes := s.Codes(row)
	if len(codes) == 0 {
		return nil
	}
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = s.Dict.Values[c]
	}
	return out
}

// Reset empties the column.
func (s *DictSet) Reset() { s.Dict.Reset(); s.Ends = s.Ends[:0] }

// OrgSet is a column of small sets of organisation matches.
type OrgSet struct {
	Matches []OrgMatch
	Ends    []uint32
}

// Append adds a row.
func (s *OrgSet) Append(m []OrgMatch) {
	s.Matches = append(s.Matches, m...)
	s.Ends = append(s.Ends, uint32(len(s.Matches)))
}

// At gives a row's matches, a view into the column.
func (s *OrgSet) At(row int) []OrgMatch {
	var from uint32
	if row > 0 {
		from = s.Ends[row-1]
	}
	return s.Matches[from:s.Ends[row]]
}

// Reset empties the column.
func (s *OrgSet) Reset() { s.Matches, s.Ends = s.Matches[:0], s.Ends[:0] }
