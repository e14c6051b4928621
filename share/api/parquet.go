// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// writeParquet writes one row group: numbers as INT64, times as timestamps in
// nanoseconds UTC, everything else as text; what is not set is null.
func writeParquet(w io.Writer, p classify.Released[classify.Page], fields []*event.Field) error {
	group := parquet.Group{}
	for _, f := range fields {
		group[f.Name] = parquet.Optional(parquet.Compressed(node(f), &parquet.Zstd))
	}
	schema := parquet.NewSchema("event", group)
	out := parquet.NewWriter(w, schema)
	b, n := rows(p)
	place := map[string]int{} // a group's columns are ordered by name
	for i, path := range schema.Columns() {
		place[path[0]] = i
	}
	line := make(parquet.Row, len(fields))
	for row := range n {
		for _, f := range fields {
			line[place[f.Name]] = value(f, b, row, place[f.Name])
		}
		if _, err := out.WriteRows([]parquet.Row{line}); err != nil {
			return err
		}
	}
	return out.Close()
}

func node(f *event.Field) parquet.Node {
	switch {
	case f.Type == event.TypeTime:
		return parquet.Timestamp(parquet.Nanosecond)
	case f.Type == event.TypeBool:
		return parquet.Leaf(parquet.BooleanType)
	case numeric(f):
		return parquet.Int(64)
	default:
		return parquet.String()
	}
}

func value(f *event.Field, b *event.Batch, row, column int) parquet.Value {
	null := parquet.NullValue().Level(0, 0, column)
	switch c := f.Column(b).(type) {
	case *[]event.Time:
		if t := (*c)[row]; t.IsSet() {
			return parquet.Int64Value(int64(t)).Level(0, 1, column)
		}
		return null
	case *[]bool:
		return parquet.BooleanValue((*c)[row]).Level(0, 1, column)
	}
	if numeric(f) {
		n, set := share.Number(f, b, row)
		if !set {
			return null
		}
		return parquet.Int64Value(int64(n)).Level(0, 1, column)
	}
	s := share.Text(f, b, row)
	if s == "" {
		return null
	}
	return parquet.ByteArrayValue([]byte(s)).Level(0, 1, column)
}
