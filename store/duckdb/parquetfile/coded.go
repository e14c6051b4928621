// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// Coded is a column of one row group as places in a dictionary, for who counts
// records by what they hold: one number a row, and each value once. It is for one
// row group at a time; its memory is used again.
type Coded struct {
	// Values of the dictionary in their plain encoding: text, or the four little-endian
	// bytes of a number. They hold until the reader is used again, by Places too.
	Values [][]byte
	// Unset says that there are rows that hold none, One that all rows hold the same.
	Unset, One bool

	column *Column
	meta   *format.ColumnMetaData // nil where Places has nothing to read
}

// NotSet is the place of a row that holds no value.
const NotSet = -1

// Coded reads the dictionary of column i of a row group, or what the footer says in
// its place. ok is false where the column has none: then nothing can be counted
// this way.
func (r *Reader) Coded(group, i int, d *Coded) (ok bool, err error) {
	c := &Columns[i]
	*d = Coded{Values: d.Values[:0], column: c}
	m, err := r.chunk(group, i)
	switch {
	case err != nil:
		return false, err
	case c.Kind != String && c.Kind != Int32:
		return false, nil
	case m == nil || m.NumValues > 0 && m.Statistics.NullCount == m.NumValues:
		d.Unset, d.One = true, true
		return true, nil
	}
	s := &m.Statistics
	if s.NullCount == 0 && bytes.Equal(s.MinValue, s.MaxValue) && (len(s.MinValue) == 4 || c.Kind == String && len(s.MinValue) > 0) {
		d.Values, d.One = append(d.Values, s.MinValue), true
		return true, nil
	}
	if m.DictionaryPageOffset <= 0 {
		return false, nil
	}
	d.Unset, d.meta = s.NullCount > 0, m
	if err = r.dictionary(d); err != nil {
		err = fmt.Errorf("column %s: %w", c.Name, err)
	}
	return true, err
}

// dictionary unpacks the dictionary page.
func (r *Reader) dictionary(d *Coded) error {
	if err := r.load(d.meta); err != nil {
		return err
	}
	h, body, err := r.next(d.meta.Codec)
	if err != nil {
		return err
	}
	n := int(h.DictionaryPageHeader.V.NumValues)
	if h.Type != format.DictionaryPage || n < 0 || n > len(body) {
		return errShort
	}
	d.Values = slices.Grow(d.Values, n)
	for range n {
		size := 4
		if d.column.Kind == String {
			if len(body) < 4 {
				return errShort
			}
			size = int(binary.LittleEndian.Uint32(body))
			body = body[4:]
		}
		if size < 0 || size > len(body) {
			return errShort
		}
		d.Values = append(d.Values, body[:size:size])
		body = body[size:]
	}
	return nil
}

// Places gives for each of a row group's rows the place of its value in Values, or
// NotSet, using the memory of dst. Nothing else may have been read since Coded.
func (r *Reader) Places(rows int, d *Coded, dst []int32) ([]int32, error) {
	dst = slices.Grow(dst[:0], rows)[:rows]
	if d.meta == nil {
		fill := int32(0)
		if len(d.Values) == 0 {
			fill = NotSet
		}
		for i := range dst {
			dst[i] = fill
		}
		return dst, nil
	}
	if err := r.places(d, dst); err != nil {
		return nil, fmt.Errorf("column %s: %w", d.column.Name, err)
	}
	return dst, nil
}

func (r *Reader) places(d *Coded, dst []int32) error {
	for len(dst) > 0 {
		h, body, err := r.next(d.meta.Codec)
		if err != nil {
			return err
		}
		n, enc := int(h.DataPageHeader.V.NumValues), h.DataPageHeader.V.Encoding
		if h.Type != format.DataPage || n <= 0 || n > len(dst) {
			return errShort
		}
		set, body, err := r.definition(d.column, n, body)
		if err != nil {
			return err
		}
		if set > 0 && (enc != format.RLEDictionary || len(body) == 0 || body[0] > 31) {
			return errShort
		}
		if set > 0 {
			// In place: the decoder writes no more than there are.
			if _, err = hybrid(dst[:0:n], body[1:], int(body[0]), set); err != nil {
				return err
			}
		}
		page := dst[:n]
		for _, x := range page[:set] {
			if int(x) >= len(d.Values) || x < 0 {
				return errShort
			}
		}
		if set < n {
			spread(page, r.levels, set)
		}
		dst = dst[n:]
	}
	return nil
}

// spread moves the places of those rows that are set to where they stand among all.
func spread(page []int32, levels []uint8, set int) {
	for row := len(page) - 1; row >= 0; row-- {
		if levels[row] == 0 {
			page[row] = NotSet
			continue
		}
		set--
		page[row] = page[set]
	}
}
