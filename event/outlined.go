// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"strings"
)

// Gap stands in an outline where texts that share it differ, and between the values
// that fill them. No JSON text holds it: it would have to be escaped.
const Gap = '\x1f'

// Outlined is a column of texts that are mostly alike, as JSON objects of one sort
// are: a row is an outline that many rows share, with a Gap at each place where
// they differ, and the values that fill the gaps, in their order and a Gap between
// two. A row whose outline is empty is its values as they are. The zero Outlined is
// ready to use.
type Outlined struct {
	Outlines Dict
	Values   Text

	near [32]outlineCode // given lately, by length
}

// outlineCode holds an outline as it was given: that the next one is the same is told
// by where it lies, mostly.
type outlineCode struct {
	outline string
	code    uint32
}

// Append adds a row without an outline.
func (o *Outlined) Append(s string) {
	o.Outlines.Append("")
	o.Values.Append(s)
}

// AppendBytes adds a row without an outline.
func (o *Outlined) AppendBytes(s []byte) { o.add("", s) }

func (o *Outlined) add(outline string, values []byte) {
	o.Outlines.Append(outline)
	o.Values.AppendBytes(values)
}

// put writes a row that is open.
func (o *Outlined) put(row int, outline string, values []byte) {
	if len(outline) != 0 {
		o.Outlines.Codes[row] = o.code(outline)
	}
	o.Values.putBytes(row, values)
}

func (o *Outlined) code(outline string) uint32 {
	known := &o.near[len(outline)%len(o.near)]
	if known.outline != outline {
		*known = outlineCode{outline, o.Outlines.Code(outline)}
	}
	return known.code
}

// At gives the text of a row, a view into the column or new.
func (o *Outlined) At(row int) []byte {
	outline, values := o.Outlines.At(row), o.Values.At(row)
	if outline == "" {
		return values
	}
	return AppendFilled(nil, outline, values)
}

// AppendFilled appends the text that is an outline with its values.
func AppendFilled(dst []byte, outline string, values []byte) []byte {
	if outline == "" {
		return append(dst, values...)
	}
	for {
		text, rest, more := strings.Cut(outline, string(Gap))
		dst = append(dst, text...)
		if !more {
			return dst
		}
		value, others, _ := bytes.Cut(values, []byte{Gap})
		dst = append(dst, value...)
		outline, values = rest, others
	}
}

// Reset empties the column.
func (o *Outlined) Reset() {
	o.Outlines.Reset()
	o.Values.Reset()
	clear(o.near[:])
}

func (o *Outlined) work(op columnOp, rows int) (bytes int64) {
	if op == opReset {
		clear(o.near[:])
	}
	return o.Outlines.work(op, rows) + o.Values.work(op, rows)
}
