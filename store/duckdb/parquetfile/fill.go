// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"haidang/event"
)

// fill appends a batch's column to the vector.
func (f *filler) fill(v *Vector, c *Column, b *event.Batch) {
	if c.Field == nil {
		c.fill(v, b)
		return
	}
	switch col := c.Field.Column(b).(type) {
	case *[]event.Time:
		for _, x := range *col {
			v.Ints = append(v.Ints, int64(x))
		}
	case *[]bool:
		for _, x := range *col {
			v.Ints = append(v.Ints, int64(*(*uint8)(unsafe.Pointer(&x))&1))
		}
	case *[]uint8:
		v.Ints = appendInts(v.Ints, *col)
	case *[]uint16:
		v.Ints = appendInts(v.Ints, *col)
	case *[]uint32:
		v.Ints = appendInts(v.Ints, *col)
	case *[]uint64:
		v.Ints = appendInts(v.Ints, *col)
	case *[]event.Addr:
		v.Fixed = appendFixed(v.Fixed, *col)
	case *[]event.Bytes16:
		v.Fixed = appendFixed(v.Fixed, *col)
	case *[]event.Bytes20:
		v.Fixed = appendFixed(v.Fixed, *col)
	case *[]event.Bytes32:
		v.Fixed = appendFixed(v.Fixed, *col)
	case *event.Text:
		fillText(v, col)
	default:
		f.fillStrings(v, c, col)
	}
}

// valid repairs a string that is not UTF-8. Formats refuse such records; but one
// that slipped through would make the whole file unreadable for others.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func fillText(v *Vector, col *event.Text) {
	ok := utf8.Valid(col.Data)
	from := uint32(0)
	for _, end := range col.Ends {
		// Valid as a whole and cut between characters only: valid row by row.
		ok = ok && (from == end || utf8.RuneStart(col.Data[from]))
		from = end
	}
	if !ok {
		for row := range col.Ends {
			v.Text.Append(valid(string(col.At(row))))
		}
		return
	}
	base := uint32(len(v.Text.Data))
	v.Text.Data = append(v.Text.Data, col.Data...)
	for _, e := range col.Ends {
		v.Text.Ends = append(v.Text.Ends, base+e)
	}
}

func appendInts[T uint8 | uint16 | uint32 | uint64](dst []int64, src []T) []int64 {
	for _, x := range src {
		dst = append(dst, int64(x))
	}
	return dst
}

func appendFixed[T event.Addr | event.Bytes16 | event.Bytes20 | event.Bytes32](dst []byte, src []T) []byte {
	if len(src) == 0 {
		return dst
	}
	// Arrays of bytes lie one after the other: the slice is its own encoding.
	return append(dst, unsafe.Slice((*byte)(unsafe.Pointer(&src[0])), len(src)*len(src[0]))...)
}

// filler holds what is reused from batch to batch.
type filler struct {
	remap []uint32
	text  []byte
}

// unmapped marks a code that was not seen yet.
const unmapped = ^uint32(0)

// table gives a remap table of n unmapped entries.
func (f *filler) table(n int) []uint32 {
	if cap(f.remap) < n {
		f.remap = make([]uint32, n)
	}
	f.remap = f.remap[:n]
	for i := range f.remap {
		f.remap[i] = unmapped
	}
	return f.remap
}

func (f *filler) fillStrings(v *Vector, c *Column, column any) {
	if codes, ok := event.EnumBytes(column); ok {
		remap := f.table(256)
		out := v.rowsOf(len(*codes))
		for i, x := range *codes {
			if remap[x] == unmapped {
				remap[x] = v.Dict.Code(c.Field.Enum.Text(x))
			}
			out[i] = remap[x]
		}
		return
	}
	switch col := column.(type) {
	case *event.Dict:
		out := v.rowsOf(len(col.Codes))
		if len(col.Values) <= 1 { // nothing but the empty string, whose code is 0
			v.Dict.Code("")
			clear(out)
			return
		}
		remap := f.table(len(col.Values))
		for i, x := range col.Codes {
			if remap[x] == unmapped {
				remap[x] = v.code(col.Values[x])
			}
			out[i] = remap[x]
		}
	case *[]event.Country:
		f.fillCountries(v, *col)
	case *[]event.Categories:
		f.fillCategories(v, *col)
	case *event.DictSet:
		f.fillSets(v, col)
	case *event.OrgSet:
		f.fillOrgs(v, col)
	default:
		panic(fmt.Sprintf("parquetfile: column %s is of a type that nobody taught the writer", c.Name))
	}
}

// rowsOf adds n rows and gives their codes to fill in.
func (v *Vector) rowsOf(n int) []uint32 {
	v.Dict.Codes = slices.Grow(v.Dict.Codes, n)
	v.Dict.Codes = v.Dict.Codes[:len(v.Dict.Codes)+n]
	return v.Dict.Codes[len(v.Dict.Codes)-n:]
}

// code gives the code of a string, repaired if need be. Only a string that is
// new to the dictionary needs to be looked at.
func (v *Vector) code(s string) uint32 {
	known := len(v.Dict.Values)
	code := v.Dict.Code(s)
	if len(v.Dict.Values) > known && !utf8.ValidString(s) {
		v.Dict.Values[code] = valid(s)
	}
	return code
}

func (f *filler) fillCountries(v *Vector, col []event.Country) {
	last, code := event.Country(0), v.Dict.Code("")
	for _, x := range col {
		if x != last {
			last, code = x, v.Dict.Code(x.String())
		}
		v.Dict.Codes = append(v.Dict.Codes, code)
	}
}

func (f *filler) fillCategories(v *Vector, col []event.Categories) {
	last, code := event.Categories(0), v.Dict.Code("")
	for _, x := range col {
		if x != last {
			last, code = x, v.Dict.Code(JoinSet(x.Names()))
		}
		v.Dict.Codes = append(v.Dict.Codes, code)
	}
}

func (f *filler) fillSets(v *Vector, col *event.DictSet) {
	v.Dict.Code("")
	remap := f.table(len(col.Dict.Values))
	from := uint32(0)
	for row, end := range col.Ends {
		switch end - from {
		case 0:
			v.Dict.Codes = append(v.Dict.Codes, 0)
		case 1:
			x := col.Dict.Codes[from]
			if remap[x] == unmapped {
				remap[x] = v.code(EscapeMember(col.Dict.Values[x]))
			}
			v.Dict.Codes = append(v.Dict.Codes, remap[x])
		default:
			v.Dict.Append(valid(JoinSet(col.At(row))))
		}
		from = end
	}
}

func (f *filler) fillOrgs(v *Vector, col *event.OrgSet) {
	v.Dict.Code("")
	for row := range col.Ends {
		f.text = appendOrgs(f.text[:0], col.At(row))
		v.Dict.Append(string(f.text))
	}
}
