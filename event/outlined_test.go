// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"strings"
	"testing"
)

func TestOutlinesAndWhatFillsThem(t *testing.T) {
	const gap = string(Gap)
	for _, c := range []struct{ outline, values, want string }{
		{"", "", ""},
		{"", `{"a":1}`, `{"a":1}`},
		{`{"a":` + gap + `}`, "17", `{"a":17}`},
		{`{"a":"` + gap + `","b":` + gap + `}`, gap + "[1]", `{"a":"","b":[1]}`},
		{gap + gap, "a" + gap + "b", "ab"},
		{`{"a":` + gap + `,"b":` + gap + `}`, "1", `{"a":1,"b":}`}, // damaged: no more than is there
	} {
		if got := string(AppendFilled([]byte("x"), c.outline, []byte(c.values))); got != "x"+c.want {
			t.Errorf("%q with %q: %s", c.outline, c.values, got)
		}
	}
}

// TestOutlinedRows: rows with outlines, with the same ones again, of one length,
// without, and with nothing, in batches that follow each other.
func TestOutlinedRows(t *testing.T) {
	var b Batch
	var e Event
	for batch := range 3 {
		b.Reset()
		var want []string
		for row := range 300 {
			e.Reset()
			name := string(rune('a' + row*(batch+1)%26))
			switch row % 4 {
			case 0:
				e.Outline, e.Residual = strings.Clone("{\""+name+"\":\x1f}"), fmt.Append(e.Residual, row)
			case 1:
				e.Outline, e.Residual = "{\"same\":\x1f,\"b\":\"\x1f\"}", fmt.Appendf(e.Residual, "%d\x1f%s", row, name)
			case 2:
				e.Residual = fmt.Appendf(e.Residual, `{"whole":%d}`, row)
			}
			want = append(want, string(AppendFilled(nil, e.Outline, e.Residual)))
			if row%2 == batch%2 {
				b.Append(&e)
			} else {
				b.AppendSet(&e)
			}
			b.Pad()
		}
		for row := range want {
			b.Row(row, &e)
			if got := string(b.Residual.At(row)); got != want[row] || string(e.Residual) != got || e.Outline != "" {
				t.Fatalf("batch %d, row %d: %q and %q, want %q", batch, row, got, e.Residual, want[row])
			}
		}
		if n := len(b.Residual.Outlines.Values); n > 30 {
			t.Errorf("%d outlines are kept", n)
		}
	}
}
