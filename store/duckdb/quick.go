// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// equality is a filter that the dictionaries of segments answer: a column of one
// value a record holds one of some values.
type equality struct {
	column int
	values [][]byte // see parquetfile.Reader.Find
}

// equalities gives the query's filters as such, the most telling first; ok is
// false where they say more, or the asker may not see everything. The newest
// records of one rule or one address are what is asked most: our own reader finds
// them with a fifth of the engine's work, since it decodes nothing but codes.
func (q *question) equalities() (out []equality, ok bool) {
	if q.Scope != nil || len(q.Filters) == 0 {
		return nil, false
	}
	for i := range q.Filters {
		e, ok := equalityOf(&q.Filters[i])
		if !ok {
			return nil, false
		}
		out = append(out, e)
	}
	width := func(e equality) int { return parquetfile.Columns[e.column].Width }
	slices.SortStableFunc(out, func(a, b equality) int { return cmp.Compare(width(b), width(a)) })
	return out, true
}

func equalityOf(f *event.Filter) (e equality, ok bool) {
	name := f.Field
	if name == "affected.sector" {
		name = "cert.sector"
	}
	field := event.Lookup(f.Field)
	e.column = columnAt(name)
	if f.Op != event.OpEqual || field == nil || e.column < 0 || isAffected(name) {
		return e, false
	}
	for _, v := range f.Values {
		b, ok := plainValue(field, v)
		if !ok {
			return e, false
		}
		e.values = append(e.values, b)
	}
	return e, true
}

// plainValue gives a value as a segment's dictionary holds it; ok is false for
// "not set" and for types whose columns hold more than one.
func plainValue(f *event.Field, v string) (b []byte, ok bool) {
	if v == "" {
		return nil, false
	}
	switch f.Type {
	case event.TypeDict, event.TypeEnum:
		return []byte(v), true
	case event.TypeCountry:
		c, ok := event.ParseCountry(v)
		return []byte(c.String()), ok
	case event.TypeAddr:
		a, err := event.ParseAddr(v)
		return a[:], err == nil && a.IsSet()
	case event.TypeU8, event.TypeU16, event.TypeU32:
		n, err := strconv.ParseUint(v, 10, bitsOf[f.Type])
		return binary.LittleEndian.AppendUint32(nil, uint32(n)), err == nil && (n != 0 || isRequired(f.Name))
	}
	return nil, false
}

// hunt looks for the newest records in segments that are ordered from the newest
// on, several at a time.
type hunt struct {
	*question
	equal []equality
	after *key
	limit int

	mu   sync.Mutex
	best []place
	err  error
}

// quickest does what newest does, for filters that are equalities.
func (q *question) quickest(ctx context.Context, segments []segment, h *hunt) ([]place, error) {
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(q.store.cfg.Threads, len(segments)) {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(segments)) && h.goesOn(int64(segments[i].Time.Max)); i = next.Add(1) - 1 {
				found, err := h.segment(ctx, &segments[i])
				h.add(found, err)
			}
		})
	}
	working.Wait()
	return h.best, h.err
}

// goesOn says whether records of a time, or older ones, may still be wanted.
func (h *hunt) goesOn(newest int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err == nil && (len(h.best) < h.limit || newest >= int64(h.best[h.limit-1].at))
}

func (h *hunt) add(found []place, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && h.err == nil {
		h.err = err
	}
	h.best = append(h.best, found...)
	slices.SortFunc(h.best, func(a, b place) int { return newer(a.key, b.key) })
	h.best = h.best[:min(h.limit, len(h.best))]
}

// segment gives the places of a segment that may be among the newest.
func (h *hunt) segment(ctx context.Context, g *segment) (out []place, err error) {
	err = h.read(g, h.wanted(), func(r *parquetfile.Reader) error {
		first := int64(0)
		for group := range r.Groups() {
			if err := ctx.Err(); err != nil {
				return err
			}
			low, high, ok := r.TimesOf(group, timeColumn)
			if !ok || h.overlaps(low, high) && h.goesOn(high) {
				found, err := h.group(r, group)
				if err != nil {
					return err
				}
				for _, p := range found {
					p.file, p.row = g.Name, p.row+first
					out = append(out, p)
				}
			}
			first += int64(r.Rows(group))
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("store: %s: %w", g.Name, err)
	}
	return out, err
}

// wanted says which columns are looked at.
func (h *hunt) wanted() []bool {
	out := make([]bool, len(parquetfile.Columns))
	out[timeColumn], out[idColumn] = true, true
	for _, e := range h.equal {
		out[e.column] = true
	}
	return out
}

// overlaps says whether times from low to high can be asked for.
func (h *hunt) overlaps(low, high int64) bool {
	return !(h.From.IsSet() && high < int64(h.From) || h.To.IsSet() && low >= int64(h.To) || h.after != nil && low > int64(h.after.at))
}

// fewRows is up to how many rows are looked at one by one, not whole columns.
const fewRows = 1 << 10

// group gives the newest places of a row group, rows counted within it.
func (h *hunt) group(r *parquetfile.Reader, group int) ([]place, error) {
	rows, err := r.Find(group, h.equal[0].column, h.equal[0].values, nil)
	for _, e := range h.equal[1:] {
		if err != nil || len(rows) == 0 {
			break
		}
		rows, err = h.narrow(r, group, rows, &e)
	}
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return h.newestOf(r, group, rows)
}

// narrow keeps the rows for which another filter holds.
func (h *hunt) narrow(r *parquetfile.Reader, group int, rows []int, e *equality) ([]int, error) {
	if len(rows) <= fewRows {
		var v parquetfile.Vector
		if err := r.Pick(group, e.column, rows, &v); err != nil {
			return nil, err
		}
		kept := v.Holding(&parquetfile.Columns[e.column], e.values, nil)
		for i, at := range kept {
			kept[i] = rows[at]
		}
		return kept, nil
	}
	others, err := r.Find(group, e.column, e.values, nil)
	if err != nil {
		return nil, err
	}
	kept := rows[:0]
	for _, row := range rows {
		for len(others) > 0 && others[0] < row {
			others = others[1:]
		}
		if len(others) > 0 && others[0] == row {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// newestOf gives the newest of rows: by time all that can be among them, then by
// id.
func (h *hunt) newestOf(r *parquetfile.Reader, group int, rows []int) ([]place, error) {
	times, err := h.times(r, group, rows)
	if err != nil {
		return nil, err
	}
	var out []place
	for i, t := range times {
		at := event.Time(t)
		if h.From.IsSet() && at < h.From || h.To.IsSet() && at >= h.To || h.after != nil && at > h.after.at {
			continue
		}
		out = append(out, place{key: key{at: at}, row: int64(rows[i])})
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Compare(b.at, a.at) })
	// Records of the cursor's own moment may have been shown already.
	shown := 0
	for h.after != nil && shown < len(out) && out[shown].at == h.after.at {
		shown++
	}
	if n := shown + h.limit; n < len(out) {
		for n < len(out) && out[n].at == out[n-1].at {
			n++
		}
		out = out[:n]
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Compare(a.row, b.row) })
	if err := setIDs(r, group, out); err != nil {
		return nil, err
	}
	if h.after != nil {
		out = slices.DeleteFunc(out, func(p place) bool { return newer(*h.after, p.key) >= 0 })
	}
	slices.SortFunc(out, func(a, b place) int { return newer(a.key, b.key) })
	return out[:min(h.limit, len(out))], nil
}

func (h *hunt) times(r *parquetfile.Reader, group int, rows []int) ([]int64, error) {
	var v parquetfile.Vector
	if len(rows) <= fewRows {
		err := r.Pick(group, timeColumn, rows, &v)
		return v.Ints, err
	}
	if err := r.Column(group, timeColumn, &v); err != nil {
		return nil, err
	}
	out := make([]int64, len(rows))
	for i, row := range rows {
		out[i] = v.Ints[row]
	}
	return out, nil
}

// setIDs reads the ids of places that are ordered by row.
func setIDs(r *parquetfile.Reader, group int, places []place) error {
	rows := make([]int, len(places))
	for i, p := range places {
		rows[i] = int(p.row)
	}
	var v parquetfile.Vector
	if err := r.Pick(group, idColumn, rows, &v); err != nil {
		return err
	}
	for i := range places {
		copy(places[i].id[:], v.Fixed[i*len(places[i].id):])
	}
	return nil
}
