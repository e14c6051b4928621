// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// A question needs a few columns of every segment, whose footers name some seventy
// for each row group. To read all of them into structures takes longer than to
// count what the columns hold, so that the others are passed over here.

// errFooter is a footer that ends too early or says what none does.
var errFooter = errors.New("a damaged footer")

// unread stands in byAt for a column that was passed over.
const unread = -2

// compact reads Thrift's compact protocol
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
// After an error everything reads as nothing.
type compact struct {
	b   []byte
	bad bool
}

// Types of the compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// deepest is how far structures may lie within each other.
const deepest = 16

func (p *compact) fail() {
	p.b, p.bad = nil, true
}

func (p *compact) octet() byte {
	if len(p.b) == 0 {
		p.fail()
		return 0
	}
	x := p.b[0]
	p.b = p.b[1:]
	return x
}

func (p *compact) uvarint() uint64 {
	if len(p.b) > 0 && p.b[0] < 0x80 { // as most are
		x := p.b[0]
		p.b = p.b[1:]
		return uint64(x)
	}
	x, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.fail()
		return 0
	}
	p.b = p.b[n:]
	return x
}

func (p *compact) varint() int64 {
	x := p.uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

func (p *compact) bytes() []byte {
	n := p.uvarint()
	if n > uint64(len(p.b)) {
		p.fail()
		return nil
	}
	out := p.b[:n:n]
	p.b = p.b[n:]
	return out
}

// field gives the next field of a structure, whose last one had a number; type 0
// ends the structure.
func (p *compact) field(last *int64) (id int64, kind byte) {
	head := p.octet()
	kind = head & 15
	if kind == 0 {
		return 0, 0
	}
	if delta := int64(head >> 4); delta != 0 {
		*last += delta
	} else {
		*last = p.varint()
	}
	return *last, kind
}

// list gives the number and the type of a list's elements.
func (p *compact) list() (n int, kind byte) {
	head := p.octet()
	size := uint64(head >> 4)
	if size == 15 {
		size = p.uvarint()
	}
	if size > uint64(len(p.b)) { // an element takes at least a byte
		p.fail()
		return 0, 0
	}
	return int(size), head & 15
}

// skip passes over a value.
func (p *compact) skip(kind byte, depth int) {
	if depth > deepest {
		p.fail()
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		p.octet()
	case thriftI16, thriftI32, thriftI64:
		p.uvarint()
	case thriftDouble:
		p.cut(8)
	case thriftBinary:
		p.bytes()
	case thriftList, thriftSet:
		n, of := p.list()
		if of == thriftTrue || of == thriftFalse { // each takes a byte here
			of = thriftByte
		}
		for ; n > 0 && !p.bad; n-- {
			p.skip(of, depth+1)
		}
	case thriftStruct:
		for last := int64(0); !p.bad; {
			_, kind := p.field(&last)
			if kind == 0 {
				return
			}
			p.skip(kind, depth+1)
		}
	default: // there are no maps in a footer
		p.fail()
	}
}

func (p *compact) cut(n int) {
	if n > len(p.b) {
		p.fail()
		return
	}
	p.b = p.b[n:]
}

// structure calls read for each field of a structure; read says whether it took
// the value, which is passed over otherwise.
func (p *compact) structure(read func(id int64, kind byte) bool) {
	for last := int64(0); !p.bad; {
		id, kind := p.field(&last)
		if kind == 0 {
			return
		}
		if !read(id, kind) {
			p.skip(kind, 0)
		}
	}
}

// readFooter fills meta and byAt with the row groups of a footer, of whose columns
// those that are wanted.
func (r *Reader) readFooter(footer []byte, wanted []bool) error {
	p := compact{b: footer}
	var failed error
	p.structure(func(id int64, kind byte) bool {
		if id != 4 || kind != thriftList { // row_groups
			return false
		}
		n, of := p.list()
		if of != thriftStruct {
			p.fail()
		}
		for ; n > 0 && !p.bad && failed == nil; n-- {
			failed = r.readGroup(&p, wanted)
		}
		return true
	})
	if failed == nil && p.bad {
		failed = errFooter
	}
	return failed
}

func (r *Reader) readGroup(p *compact, wanted []bool) error {
	var g format.RowGroup
	at := make([]int, len(Columns))
	for i := range at {
		at[i] = -1
	}
	var failed error
	p.structure(func(id int64, kind byte) bool {
		switch {
		case id == 1 && kind == thriftList: // columns
			n, of := p.list()
			if of != thriftStruct {
				p.fail()
			}
			for place := 0; n > 0 && !p.bad && failed == nil; n-- {
				failed = r.readChunk(p, wanted, at, &place, &g)
			}
		case id == 3 && kind == thriftI64:
			g.NumRows = p.varint()
		default:
			return false
		}
		return true
	})
	r.meta.RowGroups = append(r.meta.RowGroups, g)
	r.byAt = append(r.byAt, at)
	return failed
}

// readChunk reads one column of a row group. Columns come in the order of Columns,
// but for those that the file does not have: place is where the next is expected.
func (r *Reader) readChunk(p *compact, wanted []bool, at []int, place *int, g *format.RowGroup) error {
	var m format.ColumnMetaData
	i := -1
	p.structure(func(id int64, kind byte) bool {
		if id != 3 || kind != thriftStruct { // meta_data
			return false
		}
		p.structure(func(id int64, kind byte) bool {
			if id == 3 && kind == thriftList { // path_in_schema
				i = p.path(*place)
				return true
			}
			// The type stands before the path.
			return (id == 1 || i >= 0 && wanted[i]) && p.metaData(id, kind, &m)
		})
		return true
	})
	if i < 0 || p.bad {
		return nil
	}
	*place = i + 1
	if m.Type != Columns[i].physical() {
		return fmt.Errorf("column %s is stored as %s, want %s", Columns[i].Name, m.Type, Columns[i].physical())
	}
	at[i] = unread
	if wanted[i] {
		at[i] = len(g.Columns)
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: m})
	}
	return nil
}

// path reads the name of a column and finds it, expected at a place; -1 for none of
// ours.
func (p *compact) path(place int) int {
	n, of := p.list()
	if of != thriftBinary {
		p.fail()
		return -1
	}
	var name []byte
	for k := range n {
		if name = p.bytes(); k > 0 {
			name = nil
		}
	}
	if place < len(Columns) && string(name) == Columns[place].Name {
		return place
	}
	for i := range Columns {
		if string(name) == Columns[i].Name {
			return i
		}
	}
	return -1
}

// metaData reads a field of what is said of a column that is wanted.
func (p *compact) metaData(id int64, kind byte, m *format.ColumnMetaData) bool {
	switch {
	case id == 1 && kind == thriftI32:
		m.Type = format.Type(p.varint())
	case id == 4 && kind == thriftI32:
		m.Codec = format.CompressionCodec(p.varint())
	case id == 5 && kind == thriftI64:
		m.NumValues = p.varint()
	case id == 6 && kind == thriftI64:
		m.TotalUncompressedSize = p.varint()
	case id == 7 && kind == thriftI64:
		m.TotalCompressedSize = p.varint()
	case id == 9 && kind == thriftI64:
		m.DataPageOffset = p.varint()
	case id == 11 && kind == thriftI64:
		m.DictionaryPageOffset = p.varint()
	case id == 12 && kind == thriftStruct:
		p.structure(func(id int64, kind byte) bool { return p.statistics(id, kind, &m.Statistics) })
	default:
		return false
	}
	return true
}

func (p *compact) statistics(id int64, kind byte, s *format.Statistics) bool {
	switch {
	case id == 3 && kind == thriftI64:
		s.NullCount = p.varint()
	case id == 5 && kind == thriftBinary:
		s.MaxValue = p.bytes()
	case id == 6 && kind == thriftBinary:
		s.MinValue = p.bytes()
	default:
		return false
	}
	return true
}
