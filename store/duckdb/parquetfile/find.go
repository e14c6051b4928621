// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// Find appends the rows of a row group, rising, in which column i holds one of
// the values: the bytes of a string or an identifier, the plain encoding of a
// number; never "not set". Where the footer or the dictionary says that there are
// none, no page is unpacked.
func (r *Reader) Find(group, i int, values [][]byte, rows []int) ([]int, error) {
	c := &Columns[i]
	m, err := r.chunk(group, i)
	if err != nil || m == nil || c.Kind == Bool || c.Kind == Text || !mayHold(c, m, values) {
		return rows, err
	}
	if m.DictionaryPageOffset > 0 {
		rows, err = r.findCoded(c, m, values, rows)
	} else {
		rows, err = r.findPlain(group, i, values, rows)
	}
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.Name, err)
	}
	return rows, nil
}

// mayHold asks the footer. Of numbers it is not asked, since their order is not
// that of their bytes; nor of addresses, whose bounds are as wide as can be.
func mayHold(c *Column, m *format.ColumnMetaData, values [][]byte) bool {
	s := &m.Statistics
	if m.NumValues > 0 && s.NullCount == m.NumValues {
		return false
	}
	return c.Kind != String || len(s.MinValue) == 0 || slices.ContainsFunc(values, func(v []byte) bool {
		return bytes.Compare(v, s.MinValue) >= 0 && bytes.Compare(v, s.MaxValue) <= 0
	})
}

// findCoded looks the values up in the dictionary and their codes in the pages.
func (r *Reader) findCoded(c *Column, m *format.ColumnMetaData, values [][]byte, rows []int) ([]int, error) {
	if err := r.load(m); err != nil {
		return nil, err
	}
	h, body, err := r.next(m.Codec)
	if err != nil {
		return nil, err
	}
	if h.Type != format.DictionaryPage {
		return nil, fmt.Errorf("page type %s where the dictionary should be", h.Type)
	}
	wanted, any, err := c.codesOf(body, int(h.DictionaryPageHeader.V.NumValues), values)
	if err != nil || !any {
		return rows, err
	}
	for first := 0; first < int(m.NumValues); {
		h, body, err := r.next(m.Codec)
		if err != nil {
			return nil, err
		}
		n := int(h.DataPageHeader.V.NumValues)
		if n <= 0 || n > int(m.NumValues)-first {
			return nil, errShort
		}
		if rows, err = r.findInPage(c, h, body, wanted, first, rows); err != nil {
			return nil, err
		}
		first += n
	}
	return rows, nil
}

// codesOf says for each code of a dictionary of n values whether it is wanted.
func (c *Column) codesOf(body []byte, n int, values [][]byte) (wanted []bool, any bool, err error) {
	if n < 0 || n > len(body) {
		return nil, false, errShort
	}
	size := c.Width
	switch {
	case c.Kind == Int32:
		size = 4
	case c.Kind == Int64 || c.Kind == Time:
		size = 8
	}
	wanted = make([]bool, n)
	for code := range wanted {
		if c.Kind == String {
			if len(body) < 4 {
				return nil, false, errShort
			}
			size = int(binary.LittleEndian.Uint32(body))
			body = body[4:]
		}
		if size < 0 || size > len(body) {
			return nil, false, errShort
		}
		for _, v := range values {
			if bytes.Equal(body[:size], v) {
				wanted[code], any = true, true
			}
		}
		body = body[size:]
	}
	return wanted, any, nil
}

// findInPage appends the rows of a page whose codes are wanted.
func (r *Reader) findInPage(c *Column, h *format.PageHeader, body []byte, wanted []bool, first int, rows []int) ([]int, error) {
	n := int(h.DataPageHeader.V.NumValues)
	levels := body
	set, body, err := r.ranksOf(c, n, body, first, nil)
	if err != nil || set == 0 {
		return rows, err
	}
	if h.DataPageHeader.V.Encoding != format.RLEDictionary || len(body) == 0 || body[0] > 31 {
		return nil, errShort
	}
	if r.codes, err = hybrid(r.codes, body[1:], int(body[0]), set); err != nil {
		return nil, err
	}
	before := len(rows)
	for rank, code := range r.codes {
		if int(code) >= len(wanted) || code < 0 {
			return nil, errShort
		}
		if wanted[code] {
			rows = append(rows, first+rank)
		}
	}
	if set == n || len(rows) == before {
		return rows, nil
	}
	// What was found are places among the rows that are set.
	if _, _, err = r.definition(c, n, levels); err != nil {
		return nil, err
	}
	found, rank := rows[before:], 0
	for row, level := range r.levels {
		if level == 0 {
			continue
		}
		if len(found) > 0 && found[0] == first+rank {
			found[0] = first + row
			found = found[1:]
		}
		rank++
	}
	return rows, nil
}

// findPlain reads the whole column.
func (r *Reader) findPlain(group, i int, values [][]byte, rows []int) ([]int, error) {
	c := &Columns[i]
	var v Vector
	if err := r.Column(group, i, &v); err != nil {
		return nil, err
	}
	return v.Holding(c, values, rows), nil
}

// Holding appends the rows of a vector that hold one of the values, as Find
// takes them.
func (v *Vector) Holding(c *Column, values [][]byte, rows []int) []int {
	for row := range v.rows(c) {
		var x []byte
		switch {
		case c.Kind == String:
			x = []byte(v.Dict.At(row))
		case c.Width > 0:
			x = v.Fixed[row*c.Width : (row+1)*c.Width]
		default:
			x = c.plainInts(x, v.Ints[row:row+1])
		}
		for _, want := range values {
			if bytes.Equal(x, want) {
				rows = append(rows, row)
				break
			}
		}
	}
	return rows
}

// TimesOf gives the range of a column of times in a row group, as the footer says;
// ok is false where it does not.
func (r *Reader) TimesOf(group, i int) (low, high int64, ok bool) {
	m, err := r.chunk(group, i)
	if m == nil || err != nil {
		return 0, 0, false
	}
	s := &m.Statistics
	if len(s.MinValue) != 8 || len(s.MaxValue) != 8 {
		return 0, 0, false
	}
	return int64(binary.LittleEndian.Uint64(s.MinValue)), int64(binary.LittleEndian.Uint64(s.MaxValue)), true
}
