// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"haidang/store/duckdb/parquetfile"
)

// countName holds how many records a line stands for.
const countName = "cert.count"

// table gives the SQL of what was counted: a table with the columns that the
// question needs.
func (t *tally) table(a *args) string {
	keys := slices.Sorted(maps.Keys(t.cells))
	var outer, inner []string
	weights := make([]int64, len(keys))
	for i, key := range keys {
		weights[i] = t.cells[key]
	}
	for i, c := range t.columns {
		column := &parquetfile.Columns[c.at]
		values := c.texts(column)
		codes := make([]int64, len(keys))
		for k, key := range keys {
			codes[k] = int64(binary.LittleEndian.Uint32([]byte(key[4*i:])))
		}
		if column.Name == countName {
			for k, code := range codes {
				n, _ := strconv.ParseInt(values[code], 10, 64)
				weights[k] *= n
			}
			continue
		}
		code := "c" + strconv.Itoa(i)
		text := "nullif(list_extract(" + a.bind(values) + "::VARCHAR[], " + code + " + 1), '')"
		if column.Kind == parquetfile.Int32 {
			text += "::" + map[int]string{8: "UTINYINT", 16: "USMALLINT", 32: "UINTEGER"}[column.Bits]
		}
		outer = append(outer, text+" AS "+quote(column.Name))
		inner = append(inner, a.unnested(codes, code))
	}
	outer = append(outer, "n AS "+quote(countName))
	inner = append(inner, a.unnested(weights, "n"))
	return "(SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + "))"
}

// texts gives the values of the classes as text, "" for none.
func (c *tallyColumn) texts(column *parquetfile.Column) []string {
	if column.Kind == parquetfile.String {
		return c.values
	}
	out := make([]string, len(c.values))
	for i, v := range c.values[1:] {
		out[i+1] = strconv.FormatUint(uint64(binary.LittleEndian.Uint32([]byte(v))), 10)
	}
	return out
}

// unnested gives the SQL of a column of numbers, one a line: as one text, since each
// value that is bound by itself takes a microsecond.
func (a *args) unnested(numbers []int64, name string) string {
	var b []byte
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return "unnest(string_split(" + a.bind(string(b)) + ", ',')::BIGINT[]) AS " + name
}
