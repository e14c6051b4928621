// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/parquetfile"
)

// needs lists the stored fields from which derived ones follow.
var needs = map[string][]string{
	"affected.ip":      {"cert.affected", "source.ip", "destination.ip"},
	"affected.country": {"cert.affected", "source.geo.country_iso_code", "destination.geo.country_iso_code"},
	"affected.as":      {"cert.affected", "source.as.number", "destination.as.number"},
	"affected.sector":  {"cert.sector"},
	"affected.org":     {"cert.affected", "cert.orgs"},
	"hosting.ip":       {"cert.affected", "cert.stage", "source.ip", "destination.ip"},
	"hosting.country":  {"cert.affected", "cert.stage", "source.geo.country_iso_code", "destination.geo.country_iso_code"},
	"hosting.as":       {"cert.affected", "cert.stage", "source.as.number", "destination.as.number"},
}

// wantedColumns says for each column of a segment whether the fields ask for
// it. Time and id always come.
func wantedColumns(fields []string) ([]bool, error) {
	out := make([]bool, len(parquetfile.Columns))
	if len(fields) == 0 {
		for i := range out {
			out[i] = true
		}
		return out, nil
	}
	for _, name := range append([]string{"@timestamp", "event.id"}, fields...) {
		stored := needs[name]
		if stored == nil {
			stored = []string{name}
		}
		for _, n := range stored {
			i := slices.IndexFunc(parquetfile.Columns, func(c parquetfile.Column) bool { return c.Name == n })
			if i < 0 {
				return nil, &store.QueryError{Field: name, Detail: "is no field of the record; GET /api/v1/schema lists them"}
			}
			out[i] = true
		}
	}
	return out, nil
}

// fetch reads the records of the keys, in their order.
func (q *question) fetch(ctx context.Context, keys []key, wanted []bool) (*event.Batch, error) {
	if len(keys) == 0 {
		return new(event.Batch), nil
	}
	var a args
	oldest, newest := keys[len(keys)-1].at, keys[0].at
	span := event.Query{From: oldest, To: newest + 1}
	segments := slices.Clone(q.segments)
	segments = slices.DeleteFunc(segments, func(g segment) bool { return g.Time.Max < oldest || g.Time.Min > newest })
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = uuidText(k.id)
	}
	var names []string
	var at []int
	for i := range parquetfile.Columns {
		if c := &parquetfile.Columns[i]; wanted[i] {
			names = append(names, selected(c))
			at = append(at, i)
		}
	}
	text := "SELECT " + strings.Join(names, ", ") + " FROM " + q.files(&a, segments) +
		` WHERE "@timestamp" >= ` + a.time(span.From) + ` AND "@timestamp" < ` + a.time(span.To) +
		` AND "event.id" IN (SELECT unnest(` + a.bind(ids) + `::UUID[])) ORDER BY "@timestamp" DESC, "event.id" DESC`
	vectors := make([]parquetfile.Vector, len(parquetfile.Columns))
	rows := 0
	err := q.store.engine.query(ctx, text, &a, func(v []driver.Value) error {
		for i, x := range v {
			c := &parquetfile.Columns[at[i]]
			if err := appendValue(&vectors[at[i]], c, x); err != nil {
				return fmt.Errorf("store: %s: %w", c.Name, err)
			}
		}
		rows++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows < len(keys) {
		return nil, fmt.Errorf("store: %d records found and %d read", len(keys), rows)
	}
	b := new(event.Batch)
	for i := range vectors {
		if !wanted[i] {
			vectors[i].AppendUnset(&parquetfile.Columns[i], rows)
		}
		if err := parquetfile.Unpack(&vectors[i], &parquetfile.Columns[i], b); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	return b, nil
}

// selected gives a column in a form that the driver hands over exactly.
func selected(c *parquetfile.Column) string {
	if c.Kind == parquetfile.Time {
		return "epoch_ns(" + quote(c.Name) + ")"
	}
	return quote(c.Name)
}

func appendValue(v *parquetfile.Vector, c *parquetfile.Column, x driver.Value) error {
	switch x := x.(type) {
	case nil:
		v.AppendUnset(c, 1)
	case string:
		if c.Kind == parquetfile.Text {
			v.Text.Append(x)
		} else {
			v.Dict.Append(x)
		}
	case bool:
		n := int64(0)
		if x {
			n = 1
		}
		v.Ints = append(v.Ints, n)
	case int64:
		v.Ints = append(v.Ints, x)
	case uint8:
		v.Ints = append(v.Ints, int64(x))
	case uint16:
		v.Ints = append(v.Ints, int64(x))
	case uint32:
		v.Ints = append(v.Ints, int64(x))
	case uint64:
		v.Ints = append(v.Ints, int64(x))
	default:
		b, err := bytesOf(x)
		if err != nil || len(b) != c.Width {
			return fmt.Errorf("cannot read %T", x)
		}
		v.Fixed = append(v.Fixed, b...)
	}
	return nil
}
