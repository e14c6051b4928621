// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// encoder writes one page of records.
type encoder struct {
	mime  string
	write func(io.Writer, classify.Released[classify.Page], []*event.Field) error
}

var encoders = map[string]encoder{
	"json":    {"application/json", writeJSON},
	"ndjson":  {"application/x-ndjson", writeNDJSON},
	"csv":     {"text/csv; charset=utf-8; header=present", writeCSV},
	"parquet": {"application/vnd.apache.parquet", writeParquet},
}

func rows(p classify.Released[classify.Page]) (*event.Batch, int) {
	b := p.Value().Rows
	if b == nil {
		return nil, 0
	}
	return b, b.Rows()
}

func writeJSON(w io.Writer, p classify.Released[classify.Page], fields []*event.Field) error {
	out := bufio.NewWriter(w)
	b, n := rows(p)
	_, _ = out.WriteString(`{"events":[`)
	var buf []byte
	for row := range n {
		if row > 0 {
			_ = out.WriteByte(',')
		}
		buf = appendObject(buf[:0], b, row, fields)
		_, _ = out.Write(buf)
	}
	_, _ = out.WriteString(`]`)
	if next := p.Value().Next; next != "" {
		_, _ = out.WriteString(`,"next":`)
		_, _ = out.Write(appendString(nil, next))
	}
	_, _ = out.WriteString("}\n")
	return out.Flush() // bufio keeps the first error
}

func writeNDJSON(w io.Writer, p classify.Released[classify.Page], fields []*event.Field) error {
	out := bufio.NewWriter(w)
	b, n := rows(p)
	var buf []byte
	for row := range n {
		buf = append(appendObject(buf[:0], b, row, fields), '\n')
		_, _ = out.Write(buf)
	}
	return out.Flush()
}

// appendObject writes one record as a flat object of the fields that are set.
func appendObject(buf []byte, b *event.Batch, row int, fields []*event.Field) []byte {
	buf = append(buf, '{')
	first := true
	for _, f := range fields {
		value, ok := appendValue(nil, f, b, row)
		if !ok {
			continue
		}
		if !first {
			buf = append(buf, ',')
		}
		first = false
		buf = append(appendString(buf, f.Name), ':')
		buf = append(buf, value...)
	}
	return append(buf, '}')
}

func appendValue(buf []byte, f *event.Field, b *event.Batch, row int) ([]byte, bool) {
	if c, ok := f.Column(b).(*event.DictSet); ok {
		return appendList(buf, c.At(row))
	}
	s := share.Text(f, b, row)
	switch {
	case s == "":
		return buf, false
	case f.Type == event.TypeBool:
		return append(buf, "true"...), true
	case f.Type == event.TypeCategories:
		return appendList(buf, (*f.Column(b).(*[]event.Categories))[row].Names())
	case f.Type == event.TypeJSON && json.Valid([]byte(s)), numeric(f):
		return append(buf, s...), true
	default:
		return appendString(buf, s), true
	}
}

func appendList(buf []byte, values []string) ([]byte, bool) {
	if len(values) == 0 {
		return buf, false
	}
	raw, err := json.Marshal(values)
	return append(buf, raw...), err == nil
}

func appendString(buf []byte, s string) []byte {
	raw, _ := json.Marshal(s) // a string always has a form
	return append(buf, raw...)
}

// writeCSV writes a header and the rows. A cell that a spreadsheet would run as
// a formula is preceded by an apostrophe: attackers write these strings.
func writeCSV(w io.Writer, p classify.Released[classify.Page], fields []*event.Field) error {
	out := csv.NewWriter(w)
	line := make([]string, len(fields))
	for i, f := range fields {
		line[i] = f.Name
	}
	_ = out.Write(line)
	b, n := rows(p)
	for row := range n {
		for i, f := range fields {
			line[i] = harmless(share.Text(f, b, row))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return out.Error()
}

func harmless(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + s
	}
	return s
}
