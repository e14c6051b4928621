// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
)

// columnKind is how a column of a table is stored in Parquet.
type columnKind uint8

const (
	textColumn columnKind = iota
	wholeColumn
	decimalColumn
	truthColumn
	timeColumn
)

// columnKinds names the columns that are no text.
var columnKinds = map[string]columnKind{
	"from": timeColumn, "to": timeColumn, "revision": wholeColumn, "replay": truthColumn, "hidden": truthColumn, "few": truthColumn,
	"value": decimalColumn, "per_day": decimalColumn, "rank": wholeColumn, "ranked": wholeColumn, "best_rank": wholeColumn, "worst_rank": wholeColumn,
	"numerator": wholeColumn, "active": wholeColumn, "low": decimalColumn, "high": decimalColumn, "was": wholeColumn, "hosting_addresses": wholeColumn,
	"base_value": decimalColumn, "change_percent": decimalColumn, "change_per_day_percent": decimalColumn, "change_points": decimalColumn, "panel_percent": decimalColumn,
}

func (k columnKind) node() parquet.Node {
	switch k {
	case wholeColumn:
		return parquet.Int(64)
	case decimalColumn:
		return parquet.Leaf(parquet.DoubleType)
	case truthColumn:
		return parquet.Leaf(parquet.BooleanType)
	case timeColumn:
		return parquet.Timestamp(parquet.Nanosecond)
	}
	return parquet.String()
}

// value reads a cell of the table; what is empty is null.
func (k columnKind) value(cell string) (parquet.Value, error) {
	switch k {
	case wholeColumn:
		n, err := strconv.ParseInt(cell, 10, 64)
		return parquet.Int64Value(n), err
	case decimalColumn:
		v, err := strconv.ParseFloat(cell, 64)
		return parquet.DoubleValue(v), err
	case truthColumn:
		return parquet.BooleanValue(cell == "true"), nil
	case timeColumn:
		at, err := time.Parse(time.RFC3339Nano, cell)
		return parquet.Int64Value(at.UnixNano()), err
	}
	return parquet.ByteArrayValue([]byte(cell)), nil
}

// parquetSheet writes the lines of a table into one row group, until one fails.
type parquetSheet struct {
	err    error
	to     io.Writer
	out    *parquet.GenericWriter[any]
	kinds  []columnKind
	places []int // of the table's columns among the file's, which stand by name
}

// Write takes the names of the columns, then a line.
func (s *parquetSheet) Write(line []string) error {
	switch {
	case s.err != nil:
	case s.out == nil:
		s.open(line)
	default:
		s.err = s.row(line)
	}
	return s.err
}

func (s *parquetSheet) row(line []string) error {
	row := make(parquet.Row, len(line))
	for i, cell := range line {
		at := s.places[i]
		if cell == "" {
			row[at] = parquet.NullValue().Level(0, 0, at)
			continue
		}
		v, err := s.kinds[i].value(cell)
		if err != nil {
			return fmt.Errorf("column %d of a figure holds %q: %w", i, cell, err)
		}
		row[at] = v.Level(0, 1, at)
	}
	_, err := s.out.WriteRows([]parquet.Row{row})
	return err
}

func (s *parquetSheet) open(names []string) {
	group := parquet.Group{}
	for _, name := range names {
		s.kinds = append(s.kinds, columnKinds[name])
		group[name] = parquet.Optional(parquet.Compressed(columnKinds[name].node(), &parquet.Zstd))
	}
	schema := parquet.NewSchema("figure", group)
	at := map[string]int{}
	for i, path := range schema.Columns() {
		at[path[0]] = i
	}
	for _, name := range names {
		s.places = append(s.places, at[name])
	}
	s.out = parquet.NewGenericWriter[any](s.to, schema)
}

// writeParquet writes the table as CSV has it, with types: numbers as INT64 or DOUBLE,
// times as timestamps in nanoseconds UTC; what is not set is null.
func (b *statsBody) writeParquet(w io.Writer) error {
	s := &parquetSheet{to: w}
	if b.lines(s); s.err != nil {
		return s.err
	}
	return s.out.Close()
}
