// SPDX-License-Identifier: Apache-2.0

package parquetfile

import "haidang/event"

// What a format has beyond our fields is JSON whose names, and much of whose text,
// stand in every record of a sort. They are stored once, as outlines in a column of
// their own; the column of the field holds what fills them, or the whole text where
// a record has no outline.

const residualName = "cert.residual"

// OutlineName is the column of outlines, which hold an event.Gap for each value.
const OutlineName = residualName + ".outline"

var residualColumns = struct{ values, outlines int }{place(residualName), place(OutlineName)}

// residual fills the column of what outlines are filled with.
func (f *filler) residual(v *Vector, b *event.Batch) { fillText(v, &b.Residual.Values) }

// outlines fills the column of outlines.
func (f *filler) outlines(v *Vector, b *event.Batch) { f.fillStrings(v, nil, &b.Residual.Outlines) }

// rebuildResiduals puts texts together again.
func rebuildResiduals(vectors []Vector) {
	values, outlines := &vectors[residualColumns.values].Text, &vectors[residualColumns.outlines].Dict
	if len(outlines.Values) <= 1 || len(outlines.Codes) != len(values.Ends) {
		return // nobody has one, or the texts were not read
	}
	var whole event.Text
	for row := range values.Ends {
		whole.Data = event.AppendFilled(whole.Data, outlines.At(row), values.At(row))
		whole.Ends = append(whole.Ends, uint32(len(whole.Data)))
	}
	*values = whole
}
