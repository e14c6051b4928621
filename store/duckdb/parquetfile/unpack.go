// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"fmt"
	"unsafe"

	"haidang/event"
)

// Batch reads a whole row group back as a batch.
func (r *Reader) Batch(group int) (*event.Batch, error) {
	vectors := make([]Vector, len(Columns))
	for i := range vectors {
		if err := r.Column(group, i, &vectors[i]); err != nil {
			return nil, err
		}
	}
	Rebuild(vectors)
	b := new(event.Batch)
	for i := range vectors {
		if err := Unpack(&vectors[i], &Columns[i], b); err != nil {
			return nil, fmt.Errorf("column %s: %w", Columns[i].Name, err)
		}
	}
	return b, nil
}

// Unpack appends a vector to its column of a batch. Derived columns have none.
func Unpack(v *Vector, c *Column, b *event.Batch) error {
	if c.Field == nil {
		return nil
	}
	switch col := c.Field.Column(b).(type) {
	case *[]event.Time:
		for _, x := range v.Ints {
			*col = append(*col, event.Time(x))
		}
	case *[]bool:
		for _, x := range v.Ints {
			*col = append(*col, x != 0)
		}
	case *[]uint8:
		*col = unpackInts(*col, v.Ints)
	case *[]uint16:
		*col = unpackInts(*col, v.Ints)
	case *[]uint32:
		*col = unpackInts(*col, v.Ints)
	case *[]uint64:
		*col = unpackInts(*col, v.Ints)
	case *[]event.Addr:
		*col = unpackFixed(*col, v.Fixed)
	case *[]event.Bytes16:
		*col = unpackFixed(*col, v.Fixed)
	case *[]event.Bytes20:
		*col = unpackFixed(*col, v.Fixed)
	case *[]event.Bytes32:
		*col = unpackFixed(*col, v.Fixed)
	case *event.Outlined:
		for row := range v.Text.Ends {
			col.AppendBytes(v.Text.At(row))
		}
	case *event.Text:
		for row := range v.Text.Ends {
			col.AppendBytes(v.Text.At(row))
		}
	default:
		return unpackStrings(v, c, col)
	}
	return nil
}

func unpackInts[T uint8 | uint16 | uint32 | uint64](dst []T, src []int64) []T {
	for _, x := range src {
		dst = append(dst, T(x))
	}
	return dst
}

func unpackFixed[T event.Addr | event.Bytes16 | event.Bytes20 | event.Bytes32](dst []T, src []byte) []T {
	if len(src) == 0 {
		return dst
	}
	var x T
	// The slice is its own encoding; see appendFixed. A [n]byte needs no alignment.
	return append(dst, unsafe.Slice((*T)(unsafe.Pointer(&src[0])), len(src)/len(x))...)
}

func unpackStrings(v *Vector, c *Column, column any) error {
	if codes, ok := event.EnumBytes(column); ok {
		for row := range v.Dict.Codes {
			x, err := c.Field.Enum.Parse(v.Dict.At(row))
			if err != nil {
				return err
			}
			*codes = append(*codes, x)
		}
		return nil
	}
	for row := range v.Dict.Codes {
		if err := unpackString(v.Dict.At(row), column); err != nil {
			return err
		}
	}
	return nil
}

func unpackString(s string, column any) error {
	switch col := column.(type) {
	case *event.Dict:
		col.Append(s)
	case *[]event.Country:
		x, ok := event.ParseCountry(s)
		if !ok && s != "" {
			return fmt.Errorf("%q is not a country code", s)
		}
		*col = append(*col, x)
	case *[]event.Categories:
		x, err := ParseCategories(s)
		if err != nil {
			return err
		}
		*col = append(*col, x)
	case *event.DictSet:
		col.Append(SplitSet(s))
	case *event.OrgSet:
		m, err := ParseOrgs(s)
		if err != nil {
			return err
		}
		col.Append(m)
	default:
		return fmt.Errorf("no way back to %T", column)
	}
	return nil
}

// ParseCategories reads the stored form of event.category.
func ParseCategories(s string) (event.Categories, error) {
	var out event.Categories
next:
	for _, name := range SplitSet(s) {
		for i, n := range event.CategoryNames {
			if n == name {
				out |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("%q is not one of %q", name, event.CategoryNames)
	}
	return out, nil
}
