// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// Coded is a column of one row group with a dictionary, for who counts records by
// what they hold and need not see each value. Its memory is used again.
type Coded struct {
	// Values of the dictionary in their plain encoding: text, or the four little-endian
	// bytes of a number. They hold until the reader is used again, by Mark too.
	Values [][]byte
	// Unset says that there are rows that hold none.
	Unset bool

	column *Column
	meta   *format.ColumnMetaData // nil where all rows hold the same: Mark has nothing to read
}

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
		d.Unset = true
		return true, nil
	}
	s := &m.Statistics
	if s.NullCount == 0 && bytes.Equal(s.MinValue, s.MaxValue) && (len(s.MinValue) == 4 || c.Kind == String && len(s.MinValue) > 0) {
		d.Values = append(d.Values, s.MinValue)
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

// Mark sets in the key of each of a row group's rows the bits that marks has for
// what the row holds: marks[0] for nothing, marks[k+1] for Values[k]. Nothing else
// may have been read since Coded.
func (r *Reader) Mark(d *Coded, marks, keys []uint32) error {
	if len(marks) != len(d.Values)+1 {
		return fmt.Errorf("column %s: %d marks for %d values and nothing", d.column.Name, len(marks), len(d.Values))
	}
	if d.meta == nil {
		markAll(keys, marks[min(1, len(d.Values))])
		return nil
	}
	if err := r.mark(d, marks, keys); err != nil {
		return fmt.Errorf("column %s: %w", d.column.Name, err)
	}
	return nil
}

func (r *Reader) mark(d *Coded, marks, keys []uint32) error {
	for len(keys) > 0 {
		h, body, err := r.next(d.meta.Codec)
		if err != nil {
			return err
		}
		n, enc := int(h.DataPageHeader.V.NumValues), h.DataPageHeader.V.Encoding
		if h.Type != format.DataPage || n <= 0 || n > len(keys) {
			return errShort
		}
		set, body, err := r.setRows(d.column, n, body)
		if err != nil {
			return err
		}
		page := keys[:n]
		keys = keys[n:]
		if set == 0 {
			markAll(page, marks[0])
			continue
		}
		if enc != format.RLEDictionary || len(body) == 0 || body[0] > 31 {
			return errShort
		}
		if r.codes, err = hybrid(r.codes, body[1:], int(body[0]), set); err != nil {
			return err
		}
		for _, x := range r.codes {
			if uint(x) >= uint(len(d.Values)) {
				return errShort
			}
		}
		if set == n {
			markSet(page, r.codes, marks[1:])
		} else {
			markSome(page, append(r.codes, 0), r.levels, marks)
		}
	}
	return nil
}

// setRows is definition for who needs the levels only where they differ, as in most
// columns they do not.
func (r *Reader) setRows(c *Column, n int, body []byte) (set int, rest []byte, err error) {
	if !c.Required && len(body) > 4 {
		size := uint64(binary.LittleEndian.Uint32(body))
		head, k := binary.Uvarint(body[4:])
		if k > 0 && head&1 == 0 && head>>1 >= uint64(n) && size == uint64(k)+1 && uint64(len(body)) >= 4+size && body[4+k] <= 1 {
			return n * int(body[4+k]), body[4+size:], nil
		}
	}
	return r.definition(c, n, body)
}

func markAll(keys []uint32, mark uint32) {
	for i := range keys {
		keys[i] |= mark
	}
}

func markSet(keys []uint32, codes []int32, marks []uint32) {
	for i, x := range codes[:len(keys)] {
		keys[i] |= marks[x]
	}
}

// markSome marks rows of which some hold nothing. It has no branches, since what
// comes next cannot be foreseen; codes has one more than there are.
func markSome(keys []uint32, codes []int32, levels []uint8, marks []uint32) {
	rank := 0
	for i, level := range levels[:len(keys)] {
		keys[i] |= marks[(codes[rank]+1)*int32(level)]
		rank += int(level)
	}
}
