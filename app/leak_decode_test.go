// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"haidang/event"
)

// decodePage reads one page of records in one of the four forms: the texts of the
// fields that are set.
func decodePage(body []byte, format string) ([]map[string]string, error) {
	switch format {
	case "json":
		var page struct{ Events []map[string]json.RawMessage }
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, err
		}
		return textsOf(page.Events), nil
	case "ndjson":
		var rows []map[string]json.RawMessage
		for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
			var row map[string]json.RawMessage
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		return textsOf(rows), nil
	case "csv":
		return decodeCSV(body)
	}
	return decodeParquet(body)
}

func textsOf(rows []map[string]json.RawMessage) (out []map[string]string) {
	for _, row := range rows {
		texts := map[string]string{}
		for name, raw := range row {
			var s string
			var list []string
			switch {
			case json.Unmarshal(raw, &s) == nil:
				texts[name] = s
			case json.Unmarshal(raw, &list) == nil:
				texts[name] = strings.Join(list, " ")
			case string(raw) == "true":
				texts[name] = "1"
			default:
				texts[name] = string(raw)
			}
		}
		out = append(out, texts)
	}
	return out
}

func decodeCSV(body []byte) (out []map[string]string, err error) {
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("CSV: %w", err)
	}
	for _, row := range rows[1:] {
		texts := map[string]string{}
		for i, cell := range row {
			if cell != "" {
				texts[rows[0][i]] = cell
			}
		}
		out = append(out, texts)
	}
	return out, nil
}

func decodeParquet(body []byte) (out []map[string]string, err error) {
	f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	columns := f.Schema().Columns()
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		buf := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				texts := map[string]string{}
				for _, v := range row {
					name := columns[v.Column()][0]
					if s := parquetText(name, v); s != "" {
						texts[name] = s
					}
				}
				out = append(out, texts)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func parquetText(name string, v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == parquet.Boolean && v.Boolean():
		return "1"
	case v.Kind() == parquet.Boolean:
		return ""
	case v.Kind() == parquet.Int64 && event.FieldByName(name).Type == event.TypeTime:
		return event.Time(v.Int64()).String()
	case v.Kind() == parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10)
	}
	return string(v.ByteArray())
}

// sameRows compares the rows that came with those that the oracle gives, field by
// field; a field more or less is a leak or a loss.
func sameRows(got []map[string]string, want []*leakRecord, fields []string) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d records, the oracle gives %d", len(got), len(want))
	}
	for i, row := range got {
		r := want[i]
		for name, text := range row {
			if len(fields) > 0 && !slices.Contains(fields, name) {
				return fmt.Errorf("record %d: %s was not asked for", r.n, name)
			}
			if r.text[name] != text {
				return fmt.Errorf("record %d: %s is %q, the oracle gives %q; seen as %v", r.n, name, text, r.text[name], r.text)
			}
		}
		for name, text := range r.text {
			if text != "" && row[name] == "" && (len(fields) == 0 || slices.Contains(fields, name)) {
				return fmt.Errorf("record %d: %s is missing, the oracle gives %q", r.n, name, text)
			}
		}
	}
	return nil
}
