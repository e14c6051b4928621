// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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
			out[i] = parquetfile.Columns[i].Field != nil
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

// fetch reads the records at the places, in their order. The engine is good at
// finding records, less at reading all columns of a few: our reader unpacks only
// the pages that hold them.
func (q *question) fetch(ctx context.Context, places []place, wanted []bool) (*event.Batch, error) {
	order := make([]uint32, len(places)) // rank by file and row → place
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(places[a].file, places[b].file), cmp.Compare(places[a].row, places[b].row))
	})
	vectors := make([]parquetfile.Vector, len(parquetfile.Columns))
	for from := 0; from < len(order); {
		name := places[order[from]].file
		var rows []int64
		for ; from < len(order) && places[order[from]].file == name; from++ {
			rows = append(rows, places[order[from]].row)
		}
		if err := q.pick(ctx, name, rows, wanted, vectors); err != nil {
			return nil, fmt.Errorf("store: %s: %w", name, err)
		}
	}
	back := make([]uint32, len(places))
	for rank, at := range order {
		back[at] = uint32(rank)
	}
	codes := make([]int64, len(places))
	for i := range places {
		codes[i] = places[i].code
	}
	b := new(event.Batch)
	for i := range vectors {
		c := &parquetfile.Columns[i]
		if wanted[i] {
			vectors[i].Permute(c, back)
			q.scope.reduce(codes, c, &vectors[i])
		} else {
			vectors[i].AppendUnset(c, len(places))
		}
		if err := parquetfile.Unpack(&vectors[i], c, b); err != nil {
			return nil, fmt.Errorf("store: column %s: %w", c.Name, err)
		}
	}
	return b, nil
}

// pick reads rows of one segment, in rising order.
func (q *question) pick(ctx context.Context, name string, rows []int64, wanted []bool, vectors []parquetfile.Vector) (err error) {
	f, err := q.store.dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	at := slices.IndexFunc(q.segments, func(g segment) bool { return g.Name == name })
	if at < 0 {
		return fmt.Errorf("no segment of this state")
	}
	r, err := parquetfile.Open(f, q.segments[at].Size)
	if err != nil {
		return err
	}
	defer r.Close()
	first := int64(0)
	for g := 0; g < r.Groups() && len(rows) > 0; g++ {
		last := first + int64(r.Rows(g))
		var here []int
		for len(rows) > 0 && rows[0] < last {
			here = append(here, int(rows[0]-first))
			rows = rows[1:]
		}
		first = last
		for i := range parquetfile.Columns {
			if !wanted[i] || len(here) == 0 {
				continue
			}
			if err := r.Pick(g, i, here, &vectors[i]); err != nil {
				return errors.Join(err, ctx.Err())
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
