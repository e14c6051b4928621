// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

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

// Places in Columns of what the engine gives of every record.
var timeColumn, idColumn = columnAt("@timestamp"), columnAt("event.id")

func columnAt(name string) int {
	return slices.IndexFunc(parquetfile.Columns, func(c parquetfile.Column) bool { return c.Name == name })
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
			i := columnAt(n)
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
	var parts []part
	for from := 0; from < len(order); {
		p := part{name: places[order[from]].file}
		for ; from < len(order) && places[order[from]].file == p.name; from++ {
			p.rows = append(p.rows, places[order[from]].row)
		}
		parts = append(parts, p)
	}
	vectors, err := q.pickAll(ctx, parts, wanted)
	if err != nil {
		return nil, err
	}
	back := make([]uint32, len(places))
	for rank, at := range order {
		back[at] = uint32(rank)
	}
	return q.assemble(places, wanted, vectors, back)
}

// assemble makes the batch out of columns; back gives for each place its row in
// them. What the engine said of the places is taken from there.
func (q *question) assemble(places []place, wanted []bool, vectors []parquetfile.Vector, back []uint32) (*event.Batch, error) {
	codes := make([]int64, len(places))
	for i := range places {
		codes[i] = places[i].code
		vectors[timeColumn].Ints = append(vectors[timeColumn].Ints, int64(places[i].at))
		vectors[idColumn].Fixed = append(vectors[idColumn].Fixed, places[i].id[:]...)
	}
	b := new(event.Batch)
	for i := range vectors {
		c := &parquetfile.Columns[i]
		switch {
		case i == timeColumn, i == idColumn:
		case wanted[i]:
			vectors[i].Permute(c, back)
			q.scope.reduce(codes, c, &vectors[i])
		default:
			vectors[i].AppendUnset(c, len(places))
		}
		if err := parquetfile.Unpack(&vectors[i], c, b); err != nil {
			return nil, fmt.Errorf("store: column %s: %w", c.Name, err)
		}
	}
	return b, nil
}

// part is what is wanted of one segment: rows, in rising order.
type part struct {
	name    string
	rows    []int64
	vectors []parquetfile.Vector
	err     error
}

// pickAll reads the parts, as many at a time as the store may use processors, and
// puts them behind each other. What the places hold is not read again.
func (q *question) pickAll(ctx context.Context, parts []part, wanted []bool) ([]parquetfile.Vector, error) {
	needed := slices.Clone(parquetfile.Needed(wanted))
	needed[timeColumn], needed[idColumn] = false, false
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(q.store.cfg.Threads, len(parts)) {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
				p := &parts[i]
				p.vectors = make([]parquetfile.Vector, len(parquetfile.Columns))
				p.err = q.pick(ctx, p.name, p.rows, needed, p.vectors)
			}
		})
	}
	working.Wait()
	out := make([]parquetfile.Vector, len(parquetfile.Columns))
	for i := range parts {
		if err := parts[i].err; err != nil {
			return nil, fmt.Errorf("store: %s: %w", parts[i].name, err)
		}
		for k := range out {
			appendVector(&out[k], &parts[i].vectors[k])
		}
	}
	parquetfile.Rebuild(out)
	for k := range out {
		if needed[k] && !wanted[k] {
			out[k] = parquetfile.Vector{}
		}
	}
	return out, nil
}

// appendVector adds the rows of one part of a column to those before.
func appendVector(to, from *parquetfile.Vector) {
	to.Ints = append(to.Ints, from.Ints...)
	to.Fixed = append(to.Fixed, from.Fixed...)
	for row := range from.Dict.Codes {
		to.Dict.Append(from.Dict.At(row))
	}
	for row := range from.Text.Ends {
		to.Text.AppendBytes(from.Text.At(row))
	}
}

// read opens a segment for fn, which may read the wanted columns.
func (q *question) read(g *segment, wanted []bool, fn func(r *parquetfile.Reader) error) error {
	f, err := q.store.dir.Open(g.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := parquetfile.OpenColumns(f, g.Size, wanted)
	if err != nil {
		return err
	}
	defer r.Close()
	return fn(r)
}

// pick reads rows of one segment, in rising order.
func (q *question) pick(ctx context.Context, name string, rows []int64, wanted []bool, vectors []parquetfile.Vector) error {
	at := slices.IndexFunc(q.segments, func(g segment) bool { return g.Name == name })
	if at < 0 {
		return fmt.Errorf("no segment of this state")
	}
	return q.read(&q.segments[at], wanted, func(r *parquetfile.Reader) error {
		return pickRows(ctx, r, rows, wanted, vectors)
	})
}

func pickRows(ctx context.Context, r *parquetfile.Reader, rows []int64, wanted []bool, vectors []parquetfile.Vector) error {
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
