// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"fmt"
	"hash/maphash"
	"unsafe"
)

// Code says what is wrong with a record.
type Code uint8

// What can be wrong.
const (
	NotJSON       Code = iota + 1 // grammar, or the record ends too early
	NotObject                     // valid JSON, but no object
	DuplicateName                 // two members of one object share a name
	InvalidUTF8                   // or half of a surrogate pair
	TooDeep                       // nesting beyond the limit
	Trailing                      // something follows the value
	TooLong                       // 2 GiB or more
)

var codes = [...]string{
	"", "not JSON", "not an object", "duplicate name", "invalid UTF-8", "nested too deep",
	"data after the value", "too long",
}

func (c Code) String() string { return codes[c] }

// Error is what Read answers for a record that it refuses.
type Error struct {
	Code   Code
	Offset int // of the offending byte within the record
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Code, e.Offset) }

// DefaultDepth is the nesting that a Reader allows unless told otherwise.
const DefaultDepth = 64

// Reader reads records one after the other. What it gives of a record is valid
// until the next Read, and while the record's bytes are unchanged.
type Reader struct {
	table *Table
	max   int
	seed  maphash.Seed

	data     []byte
	values   []value
	decoded  []Decoded // by field
	present  fieldSet  // fields that the record has
	items    []Item
	scratch  []byte // text of strings that have escapes
	residual []byte

	names     []name
	unescaped []byte // names that have escapes
	freeSets  []*nameSet
	guess     [][2]*entry // by place: the members that followed lately
	depth     int
	inArray   int  // within an array of wanted elements
	leftover  bool // something in that array was not taken
	gave      bool // the last value was handed out
	unusual   bool // a string goes beyond ASCII, or has \u
	foreign   bool // a name does
	err       Error

	patterns patterns
	lesson   lesson
	ends     [maxSteps]uint32 // of the values of the pattern that is followed
	leaf     *leaf            // of that pattern; nil: none was, and residual is made
	fill     []byte           // what Outlined gave
}

// value is where a wanted value lies: in the record or, having escapes, in
// scratch.
type value struct {
	off, end uint32
	kind     Kind
	scratch  bool
}

// set writes field by field: a whole value would be put together elsewhere and
// read back before its bytes have arrived there.
func (v *value) set(off, end int, kind Kind) {
	v.off, v.end = uint32(off), uint32(end)
	v.kind, v.scratch = kind, false
}

// fieldSet is a set of fields, a bit each.
type fieldSet [maxFields / 64]uint64

func (s *fieldSet) add(field uint16) { s[field>>6&1] |= 1 << (field & 63) }

// Fields is a set of fields, for Any.
type Fields struct{ set fieldSet }

// FieldsOf makes a set.
func FieldsOf(fields ...int) (f Fields) {
	for _, n := range fields {
		f.set.add(uint16(n))
	}
	return f
}

// Item is one value from behind "[]", in the order of the record.
type Item struct {
	Field int
	value value
}

// NewReader makes a Reader; depth limits nesting, zero means DefaultDepth.
func NewReader(t *Table, depth int) *Reader {
	if depth <= 0 {
		depth = DefaultDepth
	}
	return &Reader{
		table: t, max: depth, seed: maphash.MakeSeed(),
		values: make([]value, t.fields), decoded: make([]Decoded, t.fields), guess: newGuesses(t.guesses),
	}
}

// Read reads one record. The error is an *Error that the next Read reuses;
// after an error no value is present.
func (r *Reader) Read(record []byte) error {
	r.data = record
	r.begin()
	if r.lesson.on = false; len(record) < escapedName && r.shaped() {
		return nil
	}
	r.begin()
	r.lesson.begin(r.learning())
	r.char('{')
	if r.root() < 0 {
		r.begin()
		return &r.err
	}
	if len(r.residual) == 1 {
		r.residual, r.lesson.pieces = r.residual[:0], r.lesson.pieces[:0]
	} else {
		r.char('}')
	}
	if r.lesson.on && !r.foreign { // who follows a pattern does not look into names
		r.learn()
	}
	return nil
}

// begin forgets the values.
func (r *Reader) begin() {
	r.items, r.scratch, r.residual = r.items[:0], r.scratch[:0], r.residual[:0]
	r.names, r.unescaped = r.names[:0], r.unescaped[:0]
	r.depth, r.inArray, r.leftover = 0, 0, false
	r.present = fieldSet{}
	r.unusual, r.foreign, r.leaf = false, false, nil
}

func (r *Reader) root() int {
	if len(r.data) >= escapedName {
		return r.fail(TooLong, 0)
	}
	i := space(r.data, 0)
	object := i < len(r.data) && r.data[i] == '{'
	if object {
		i = r.object(r.table.root, i+1)
	} else {
		i = r.skip(i)
	}
	if i < 0 {
		return i
	}
	if i = space(r.data, i); i < len(r.data) {
		return r.fail(Trailing, i)
	}
	if !object {
		return r.fail(NotObject, 0)
	}
	return i
}

// fail notes the error; it gives -1, which scanning functions hand on.
func (r *Reader) fail(c Code, at int) int {
	r.err = Error{c, at}
	return -1
}

// Has reports whether the field was in the record.
func (r *Reader) Has(field int) bool { return r.present[field>>6&1]>>(field&63)&1 != 0 }

// Any reports whether one of the fields was in the record.
func (r *Reader) Any(f *Fields) bool { return r.present[0]&f.set[0]|r.present[1]&f.set[1] != 0 }

// Kind gives a field's kind, zero when it was not there.
func (r *Reader) Kind(field int) Kind {
	if r.Has(field) {
		return r.values[field].kind
	}
	return 0
}

// Bytes gives a string's text without escapes and any other value as written;
// nil when the field was not there.
func (r *Reader) Bytes(field int) []byte {
	if r.Has(field) {
		return r.bytes(&r.values[field])
	}
	return nil
}

// Text is Bytes as a string that shares the memory.
func (r *Reader) Text(field int) string {
	if r.Has(field) {
		return view(r.bytes(&r.values[field]))
	}
	return ""
}

// Uint gives a field that is a whole, non-negative number, or a string of
// digits; ok is false for anything else and beyond 64 bits.
func (r *Reader) Uint(field int) (n uint64, ok bool) { return parseUint(r.Bytes(field)) }

// Decoded gives what a path's Decode made of a field; it says nothing about one
// that was not there.
func (r *Reader) Decoded(field int) *Decoded { return &r.decoded[field] }

// Items gives the values from behind "[]".
func (r *Reader) Items() []Item { return r.items }

// ItemText gives an item's text, as Text does.
func (r *Reader) ItemText(it Item) string { return view(r.bytes(&it.value)) }

// Unusual reports whether a name or a string of the record has a character
// beyond ASCII, or one written as \u and its number. That costs records without nothing.
func (r *Reader) Unusual() bool { return r.unusual }

// Residual gives the object without what was taken; empty when nothing is left.
func (r *Reader) Residual() []byte {
	if r.leaf != nil {
		r.residual = r.residual[:0]
		r.whole(r.leaf)
	}
	return r.residual
}

func (r *Reader) bytes(v *value) []byte {
	if v.scratch {
		return r.scratch[v.off:v.end]
	}
	return r.data[v.off:v.end]
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func parseUint(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	for i, c := range b {
		d := uint64(c - '0')
		if d > 9 || i == 19 && (n > (1<<64-1)/10 || n == (1<<64-1)/10 && d > 5) {
			return 0, false // only the twentieth digit can be too much
		}
		n = n*10 + d
	}
	return n, true
}
