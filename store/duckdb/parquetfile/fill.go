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
	if c.fill != nil {
		c.fill(f, v, b)
		return
	}
	f.fillColumn(v, c, c.Field.Column(b))
}

func (f *filler) fillColumn(v *Vector, c *Column, column any) {
	if c.Kind == String {
		f.fillStrings(v, c, column)
		return
	}
	switch col := column.(type) {
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
		panic(fmt.Sprintf("parquetfile: column %s is of a type that nobody taught the writer", c.Name))
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

// fillText borrows the batch's text: it is by far the largest column, and a
// copy of it would cost as much as a tenth of its compression.
func fillText(v *Vector, col *event.Text) {
	ok := utf8.Valid(col.Data)
	from := uint32(0)
	for _, end := range col.Ends {
		// Valid as a whole and cut between characters only: valid row by row.
		ok = ok && (from == end || utf8.RuneStart(col.Data[from]))
		from = end
	}
	if !ok {
		repaired := new(event.Text)
		for row := range col.Ends {
			repaired.Append(valid(string(col.At(row))))
		}
		col = repaired
	}
	v.texts = append(v.texts, col)
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
	remap      []uint32
	text       []byte
	countries  []uint32 // code of each country in the vector, or unmapped; as long as there are numbers of 16 bits
	categories [64]categoryCode
	flows      []flow                    // recent ones, by their community ids
	follows    map[*event.Batch]*flowIDs // what is stored of their community ids
}

// categoryCode remembers the code of a set of categories.
type categoryCode struct {
	set  event.Categories
	code uint32 // 0 for none
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
		column = codes
	}
	switch col := column.(type) {
	case *[]uint8:
		f.fillEnum(v, c.Field.Enum, *col)
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

func (f *filler) fillEnum(v *Vector, names *event.Enum, col []uint8) {
	remap := (*[256]uint32)(f.table(256))
	out := v.rowsOf(len(col))
	for i, x := range col {
		code := remap[x]
		if code == unmapped {
			code = v.Dict.Code(names.Text(x))
			remap[x] = code
		}
		out[i] = code
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
	f.noCountries(v)
	out := v.rowsOf(len(col))
	for i, x := range col {
		out[i] = f.country(v, x)
	}
}

// noCountries forgets the codes of another vector than the one under way.
func (f *filler) noCountries(v *Vector) {
	if len(v.Dict.Codes) > 0 {
		return // it is the vector of the batch before
	}
	v.Dict.Code("")
	if f.countries == nil {
		f.countries = make([]uint32, 1<<16)
	}
	for i := range f.countries {
		f.countries[i] = unmapped
	}
	f.countries[0] = 0
}

// country gives the code of a country in the vector.
func (f *filler) country(v *Vector, x event.Country) uint32 {
	code := f.countries[x]
	if code == unmapped {
		code = v.Dict.Code(x.String())
		f.countries[x] = code
	}
	return code
}

func (f *filler) fillCategories(v *Vector, col []event.Categories) {
	v.Dict.Code("")
	clear(f.categories[:])
	out := v.rowsOf(len(col))
	for i, x := range col {
		if x == 0 {
			out[i] = 0
			continue
		}
		known := &f.categories[uint32(x)*0x9E3779B1>>26]
		if known.set != x {
			*known = categoryCode{x, v.Dict.Code(JoinSet(x.Names()))}
		}
		out[i] = known.code
	}
}

func (f *filler) fillSets(v *Vector, col *event.DictSet) {
	v.Dict.Code("")
	if len(col.Dict.Codes) == 0 {
		clear(v.rowsOf(len(col.Ends)))
		return
	}
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
	if len(col.Matches) == 0 {
		clear(v.rowsOf(len(col.Ends)))
		return
	}
	for row := range col.Ends {
		f.text = appendOrgs(f.text[:0], col.At(row))
		v.Dict.Append(string(f.text))
	}
}
