// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

var errShort = errors.New("a page ends too early")

// dictionary is an unpacked dictionary page.
type dictionary struct {
	ints  []int64
	fixed []byte
	codes []uint32 // strings: code in the vector
	n     int
}

func (r *Reader) pages(c *Column, m *format.ColumnMetaData, rows int, v *Vector) error {
	var d dictionary
	for done := 0; done < rows; {
		h, body, err := r.next(m.Codec)
		if err != nil {
			return err
		}
		switch h.Type {
		case format.DictionaryPage:
			if err := d.load(c, h, body, v); err != nil {
				return err
			}
			continue
		case format.DataPage:
		default:
			return fmt.Errorf("page type %s is not ours", h.Type)
		}
		n := int(h.DataPageHeader.V.NumValues)
		if n <= 0 || n > rows-done {
			return fmt.Errorf("a page of %d rows is more than the rest of %d", n, rows-done)
		}
		done += n
		set, body, err := r.definition(c, n, body)
		if err != nil {
			return err
		}
		if err := r.values(c, &d, h.DataPageHeader.V.Encoding, n, set, body, v); err != nil {
			return err
		}
	}
	return nil
}

func (d *dictionary) load(c *Column, h *format.PageHeader, body []byte, v *Vector) error {
	d.n = int(h.DictionaryPageHeader.V.NumValues)
	if d.n < 0 || d.n > len(body) {
		return errShort
	}
	switch c.Kind {
	case String:
		return d.loadStrings(body, v)
	case UUID, Blob:
		d.fixed = append(d.fixed[:0], body...)
		if len(body) != d.n*c.Width {
			return errShort
		}
	default:
		var err error
		d.ints, err = c.readPlain(nil, body, d.n)
		return err
	}
	return nil
}

func (d *dictionary) loadStrings(body []byte, v *Vector) error {
	v.Dict.Code("")
	d.codes = d.codes[:0]
	for range d.n {
		if len(body) < 4 {
			return errShort
		}
		n := int(binary.LittleEndian.Uint32(body))
		body = body[4:]
		if n < 0 || n > len(body) {
			return errShort
		}
		d.codes = append(d.codes, v.Dict.Code(string(body[:n])))
		body = body[n:]
	}
	return nil
}

// definition reads the definition levels of a page of n rows into r.levels and
// gives how many rows are set.
func (r *Reader) definition(c *Column, n int, body []byte) (int, []byte, error) {
	if c.Required {
		return n, body, nil
	}
	if len(body) < 4 {
		return 0, nil, errShort
	}
	size := int(binary.LittleEndian.Uint32(body))
	body = body[4:]
	if size < 0 || size > len(body) {
		return 0, nil, errShort
	}
	var err error
	if r.levels, err = hybrid(r.levels, body[:size], 1, n); err != nil {
		return 0, nil, err
	}
	set := 0
	for _, l := range r.levels {
		set += int(l & 1)
	}
	return set, body[size:], nil
}

func (r *Reader) values(c *Column, d *dictionary, enc format.Encoding, n, set int, body []byte, v *Vector) error {
	switch {
	case set == 0 && !c.Required:
		v.AppendUnset(c, n)
		return nil
	case enc == format.RLEDictionary:
		return r.coded(c, d, n, set, body, v)
	case c.Kind == String || c.Kind == Text:
		return r.textValues(c, enc, n, set, body, v)
	case c.Kind == UUID || c.Kind == Blob:
		return r.fixedValues(c, enc, n, set, body, v)
	default:
		return r.intValues(c, enc, n, set, body, v)
	}
}

// coded reads dictionary codes.
func (r *Reader) coded(c *Column, d *dictionary, n, set int, body []byte, v *Vector) error {
	if len(body) == 0 || body[0] > 31 || c.Kind == Text || c.Kind == Bool {
		return errShort
	}
	var err error
	if r.codes, err = hybrid(r.codes, body[1:], int(body[0]), set); err != nil {
		return err
	}
	at := 0
	for row := range n {
		if !c.Required && r.levels[row] == 0 {
			v.AppendUnset(c, 1)
			continue
		}
		code := int(r.codes[at])
		at++
		if code < 0 || code >= d.n {
			return fmt.Errorf("code %d is not in a dictionary of %d", code, d.n)
		}
		switch c.Kind {
		case String:
			v.Dict.Codes = append(v.Dict.Codes, d.codes[code])
		case UUID, Blob:
			v.Fixed = append(v.Fixed, d.fixed[code*c.Width:(code+1)*c.Width]...)
		default:
			v.Ints = append(v.Ints, d.ints[code])
		}
	}
	return nil
}

func (r *Reader) textValues(c *Column, enc format.Encoding, n, set int, body []byte, v *Vector) error {
	if enc != format.DeltaLengthByteArray {
		return fmt.Errorf("encoding %s is not ours", enc)
	}
	lengths, body, err := r.lengths(set, body)
	if err != nil {
		return err
	}
	at := 0
	for row := range n {
		var s []byte
		if r.levels[row] != 0 {
			size := int(lengths[at])
			at++
			if size < 0 || size > len(body) {
				return errShort
			}
			s, body = body[:size], body[size:]
		}
		if c.Kind == Text {
			v.Text.AppendBytes(s)
		} else {
			v.Dict.Append(string(s))
		}
	}
	return nil
}

// lengths reads the delta-encoded lengths that stand before the bytes; the
// bytes are long enough for them.
func (r *Reader) lengths(set int, body []byte) ([]int32, []byte, error) {
	section, data, err := deltaSection(body, set, 32)
	if err != nil {
		return nil, nil, err
	}
	var enc delta.BinaryPackedEncoding
	if r.ints32, err = enc.DecodeInt32(r.ints32, section); err != nil {
		return nil, nil, err
	}
	left := len(data)
	for _, n := range r.ints32 {
		if n < 0 || int(n) > left {
			return nil, nil, errShort
		}
		left -= int(n)
	}
	return r.ints32, data, nil
}

func (r *Reader) fixedValues(c *Column, enc format.Encoding, n, set int, body []byte, v *Vector) error {
	if err := r.decodeFixed(c, enc, set, body); err != nil {
		return err
	}
	rank := 0
	for row := range n {
		if !c.Required && r.levels[row] == 0 {
			v.AppendUnset(c, 1)
			continue
		}
		v.Fixed = append(v.Fixed, r.fixed[rank*c.Width:(rank+1)*c.Width]...)
		rank++
	}
	return nil
}

// decodeFixed reads the values that are set into r.fixed.
func (r *Reader) decodeFixed(c *Column, enc format.Encoding, set int, body []byte) error {
	switch {
	case enc == format.Plain && len(body) < set*c.Width:
		return errShort
	case enc == format.Plain:
		r.fixed = append(r.fixed[:0], body[:set*c.Width]...)
		return nil
	case enc != format.DeltaByteArray:
		return fmt.Errorf("encoding %s is not ours", enc)
	}
	section, body, err := deltaSection(body, set, 32)
	if err != nil {
		return err
	}
	var shared delta.BinaryPackedEncoding
	if r.codes, err = shared.DecodeInt32(r.codes, section); err != nil {
		return err
	}
	lengths, data, err := r.lengths(set, body)
	if err != nil {
		return err
	}
	r.fixed = r.fixed[:0]
	for i, n := range lengths {
		common := int(r.codes[i])
		if common < 0 || common+int(n) != c.Width || i == 0 && common > 0 {
			return errShort
		}
		if common > 0 {
			last := len(r.fixed) - c.Width
			r.fixed = append(r.fixed, r.fixed[last:last+common]...)
		}
		r.fixed = append(r.fixed, data[:n]...)
		data = data[n:]
	}
	return nil
}

// decodeInts reads the integers that are set into r.ints.
func (r *Reader) decodeInts(c *Column, enc format.Encoding, set int, body []byte) (err error) {
	switch {
	case enc == format.Plain && c.Kind == Bool:
		r.ints, err = readBits(r.ints[:0], body, set)
	case enc == format.Plain:
		r.ints, err = c.readPlain(r.ints[:0], body, set)
	case enc == format.DeltaBinaryPacked:
		err = r.deltaValues(c, set, body)
	default:
		err = fmt.Errorf("encoding %s is not ours", enc)
	}
	if err == nil && len(r.ints) < set {
		err = errShort
	}
	return err
}

func (r *Reader) intValues(c *Column, enc format.Encoding, n, set int, body []byte, v *Vector) error {
	if err := r.decodeInts(c, enc, set, body); err != nil {
		return err
	}
	at := 0
	for row := range n {
		if !c.Required && r.levels[row] == 0 {
			v.Ints = append(v.Ints, c.unset())
			continue
		}
		v.Ints = append(v.Ints, r.ints[at])
		at++
	}
	return nil
}

func (r *Reader) deltaValues(c *Column, set int, body []byte) error {
	bits := 64
	if c.Kind == Int32 {
		bits = 32
	}
	body, _, err := deltaSection(body, set, bits)
	if err != nil {
		return err
	}
	var enc delta.BinaryPackedEncoding
	if c.Kind != Int32 {
		r.ints, err = enc.DecodeInt64(r.ints, body)
		return err
	}
	if r.ints32, err = enc.DecodeInt32(r.ints32, body); err != nil {
		return err
	}
	r.ints = r.ints[:0]
	for _, x := range r.ints32 {
		r.ints = append(r.ints, int64(uint32(x)))
	}
	return nil
}
