// SPDX-License-Identifier: Apache-2.0

package event

import (
	"slices"
	"unsafe"
)

// columnOp is what may be done to every column of a batch.
type columnOp uint8

const (
	opReset   columnOp = iota // empty it, keeping its memory
	opOpen                    // bring it up to so many rows with what "not set" is
	opClose                   // cut it to so many rows
	opReserve                 // make room for so many rows
	opSize                    // count the bytes that it holds
)

// column does op to a column, a pointer as Field.Column gives it. It panics on
// a type that the registry does not know, so that a new one cannot be forgotten.
func (op columnOp) column(c any, rows int) (bytes int64) {
	switch c := c.(type) {
	case interface {
		work(op columnOp, rows int) int64
	}:
		return c.work(op, rows)
	case *[]Time:
		return onSlice(op, c, rows, TimeUnset)
	case *[]bool:
		return onSlice(op, c, rows, false)
	case *[]uint8:
		return onSlice(op, c, rows, 0)
	case *[]uint16:
		return onSlice(op, c, rows, 0)
	case *[]uint32:
		return onSlice(op, c, rows, 0)
	case *[]uint64:
		return onSlice(op, c, rows, 0)
	case *[]Categories:
		return onSlice(op, c, rows, 0)
	case *[]Country:
		return onSlice(op, c, rows, 0)
	case *[]Addr:
		return onSlice(op, c, rows, Addr{})
	case *[]Bytes16:
		return onSlice(op, c, rows, Bytes16{})
	case *[]Bytes20:
		return onSlice(op, c, rows, Bytes20{})
	case *[]Bytes32:
		return onSlice(op, c, rows, Bytes32{})
	}
	if v, ok := EnumBytes(c); ok {
		return onSlice(op, v, rows, 0)
	}
	panic("event: column of unknown type")
}

func onSlice[T comparable](op columnOp, c *[]T, rows int, unset T) (bytes int64) {
	switch op {
	case opReset:
		*c = (*c)[:0]
	case opOpen:
		*c = pad(*c, rows, unset)
	case opClose:
		*c = (*c)[:rows]
	case opReserve:
		reserve(c, rows)
	case opSize:
		return int64(cap(*c)) * int64(unsafe.Sizeof(unset))
	}
	return 0
}

// reserve makes room for exactly so many rows.
func reserve[T any](c *[]T, rows int) {
	if cap(*c) < rows {
		*c = append(make([]T, 0, rows), *c...)
	}
}

// pad brings a column up to so many rows.
func pad[T comparable](c []T, rows int, unset T) []T {
	from := len(c)
	if from >= rows {
		return c
	}
	c = slices.Grow(c, rows-from)[:rows]
	if clear(c[from:]); unset != *new(T) {
		for i := from; i < rows; i++ {
			c[i] = unset
		}
	}
	return c
}

func (d *Dict) work(op columnOp, rows int) (bytes int64) {
	switch op {
	case opReset:
		d.Reset()
	case opOpen:
		d.Code("") // a row without a value has the empty string's code
		d.Codes = pad(d.Codes, rows, 0)
	case opClose:
		d.Codes = d.Codes[:rows]
	case opReserve:
		reserve(&d.Codes, rows)
	case opSize:
		return int64(4*cap(d.Codes) + 16*cap(d.Values) + 8*len(d.table) + cap(d.text))
	}
	return 0
}

func (t *Text) work(op columnOp, rows int) (bytes int64) {
	switch op {
	case opReset:
		t.Reset()
	case opClose: // rows are not opened ahead: where one ends is not known
		t.pad(rows)
	case opReserve:
		reserve(&t.Ends, rows)
	case opSize:
		return int64(cap(t.Data) + 4*cap(t.Ends))
	}
	return 0
}

func (s *DictSet) work(op columnOp, rows int) (bytes int64) {
	switch op {
	case opReset:
		s.Reset()
	case opClose: // rows are not opened ahead: where one ends is not known
		s.pad(rows)
	case opReserve:
		reserve(&s.Ends, rows)
	case opSize:
		return s.Dict.work(opSize, 0) + int64(4*cap(s.Ends))
	}
	return 0
}

func (s *OrgSet) work(op columnOp, rows int) (bytes int64) {
	switch op {
	case opReset:
		s.Reset()
	case opClose: // rows are not opened ahead: where one ends is not known
		s.pad(rows)
	case opReserve:
		reserve(&s.Ends, rows)
	case opSize:
		return int64(cap(s.Matches))*int64(unsafe.Sizeof(OrgMatch{})) + int64(4*cap(s.Ends))
	}
	return 0
}
