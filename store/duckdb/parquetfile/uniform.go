// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"

	"haidang/event"
)

// In a commit a third of the columns say one thing in all rows, mostly nothing.
// To see that costs one comparison of memory with itself, to write it a run a
// page.

// fillUniform puts a column's one value into the vector, for so many rows, when
// all rows of all batches have it.
func (f *filler) fillUniform(v *Vector, c *Column, batches []*event.Batch, rows int) bool {
	if c.fill != nil {
		return false
	}
	var first any
	var same func(column any) bool
	for _, b := range batches {
		if b.Rows() == 0 {
			continue
		}
		column := c.Field.Column(b)
		if first == nil {
			if first, same = uniformLike(column); first == nil {
				return false
			}
			continue
		}
		if !same(column) {
			return false
		}
	}
	f.fillColumn(v, c, first)
	v.uniform = rows
	return true
}

// uniformLike gives a column of the first row of a column that says the same in
// all rows, and how to tell whether another one says it too; nil for others.
// Sets and texts are uniform only when empty.
func uniformLike(column any) (first any, same func(column any) bool) {
	switch col := column.(type) {
	case *event.Dict:
		if !isUniform(memory(&col.Codes), 4) {
			return nil, nil
		}
		one := new(event.Dict)
		one.Append(col.At(0))
		return one, func(column any) bool {
			d := column.(*event.Dict)
			return isUniform(memory(&d.Codes), 4) && d.At(0) == one.Values[one.Codes[0]]
		}
	case *event.Text:
		empty := func(column any) bool { return len(column.(*event.Text).Data) == 0 }
		return emptyLike(column, empty, &event.Text{Ends: []uint32{0}}), empty
	case *event.DictSet:
		empty := func(column any) bool { return len(column.(*event.DictSet).Dict.Codes) == 0 }
		return emptyLike(column, empty, &event.DictSet{Ends: []uint32{0}}), empty
	case *event.OrgSet:
		empty := func(column any) bool { return len(column.(*event.OrgSet).Matches) == 0 }
		return emptyLike(column, empty, &event.OrgSet{Ends: []uint32{0}}), empty
	}
	bytesOf, width, head := fixedColumn(column)
	b := bytesOf(column)
	if !isUniform(b, width) {
		return nil, nil
	}
	value := bytes.Clone(b[:width])
	return head, func(column any) bool {
		b := bytesOf(column)
		return bytes.Equal(b[:width], value) && isUniform(b, width)
	}
}

func emptyLike(column any, empty func(column any) bool, one any) any {
	if empty(column) {
		return one
	}
	return nil
}

// isUniform: all values of so many bytes are one.
func isUniform(b []byte, width int) bool { return bytes.Equal(b[width:], b[:len(b)-width]) }

// fixedColumn says how to see a column of values of one width as memory, and
// gives a column of its first row.
func fixedColumn(column any) (bytesOf func(column any) []byte, width int, head any) {
	switch col := column.(type) {
	case *[]event.Time:
		return viewOf(col)
	case *[]bool:
		return viewOf(col)
	case *[]uint8:
		return viewOf(col)
	case *[]uint16:
		return viewOf(col)
	case *[]uint32:
		return viewOf(col)
	case *[]uint64:
		return viewOf(col)
	case *[]event.Categories:
		return viewOf(col)
	case *[]event.Country:
		return viewOf(col)
	case *[]event.Addr:
		return viewOf(col)
	case *[]event.Bytes16:
		return viewOf(col)
	case *[]event.Bytes20:
		return viewOf(col)
	case *[]event.Bytes32:
		return viewOf(col)
	}
	codes, ok := event.EnumBytes(column)
	if !ok {
		panic("parquetfile: column of unknown type")
	}
	_, width, head = viewOf(codes)
	return func(column any) []byte {
		codes, _ := event.EnumBytes(column)
		return *codes
	}, width, head
}

func viewOf[T any](col *[]T) (bytesOf func(column any) []byte, width int, head any) {
	one := slices.Clone((*col)[:1])
	return func(column any) []byte { return memory(column.(*[]T)) }, int(unsafe.Sizeof(one[0])), &one
}

// memory is a column as bytes, sharing memory.
func memory[T any](col *[]T) []byte {
	var x T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*col))), len(*col)*int(unsafe.Sizeof(x)))
}

// uniform writes a column that has one value in all rows, the vector's only one.
func (e *encoder) uniform(c *Column, v *Vector, rows int) error {
	var plain []byte
	set := c.Required
	switch c.Kind {
	case Text: // it is empty
	case String:
		if s := v.Dict.At(0); s != "" {
			plain = appendString(nil, s)
			e.chunk.bounds = boundsOfBytes([][]byte{plain[4:]})
			set = true
		}
	case Bool:
		return e.uniformBools(rows, v.Ints[0] != 0)
	case UUID, Blob:
		if set = set || !isZero(v.Fixed); set {
			plain = v.Fixed
			e.chunk.bounds = boundsOfFixed(plain, c.Width, true)
		}
	default:
		if set = set || v.Ints[0] != c.unset(); set {
			plain = c.plainInts(nil, v.Ints)
			e.chunk.bounds = c.intBounds(v.Ints)
		}
	}
	if !set {
		e.plainEncodings(format.Plain)
		return e.nullPages(rows)
	}
	e.chunk.codec = format.Uncompressed
	if err := e.dictionaryPage(plain, 1); err != nil {
		return err
	}
	e.chunk.firstData = int64(len(e.out))
	for from := 0; from < rows; from += pageRows {
		if err := e.constantPage(1, min(pageRows, rows-from), 0, c.Required); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) uniformBools(rows int, value bool) error {
	e.plainEncodings(format.Plain)
	fill := byte(0)
	if value {
		fill = 0xFF
	}
	e.page = append(e.page[:0], bytes.Repeat([]byte{fill}, (min(rows, pageRows)+7)/8)...)
	for from := 0; from < rows; from += pageRows {
		n := min(pageRows, rows-from)
		e.page = e.page[:(n+7)/8]
		if err := e.dataPage(n, format.Plain); err != nil {
			return err
		}
	}
	return nil
}
