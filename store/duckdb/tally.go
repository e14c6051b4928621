// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// How many records there are of each kind, where the kind is what some columns with
// dictionaries hold, our own reader finds out with a fraction of the engine's work:
// it decodes nothing but codes. The engine is then asked the question as it stands,
// scope and filters included, of a table with one line for each kind and its number
// of records in the place of cert.count. So that nothing is decided here, and what
// is decided there is what it decides of whole records.

// tally counts the records of a question's segments by the columns that it needs.
type tally struct {
	*question
	columns []*tallyColumn

	mu    sync.Mutex
	cells map[string]int64 // four bytes a column: the class
	err   error
}

// tallyColumn tells apart what records hold in a column: class 0 is "not set".
type tallyColumn struct {
	at    int               // in parquetfile.Columns
	alike map[string]string // nil, or by plain value the filters that list it: values listed by the same ones are one class

	mu      sync.Mutex
	classes map[string]uint32
	values  []string // a value of each class, in plain encoding
}

// errWide says that there are too many kinds, or a column without dictionary: the
// engine has to look at the records.
var errWide = errors.New("too many kinds of records")

// maxTallies bounds the questions that are counted for at once.
const maxTallies = 4

// count reads all segments.
func (t *tally) count(ctx context.Context) error {
	select {
	case t.store.tallies <- struct{}{}:
		defer func() { <-t.store.tallies }()
	case <-ctx.Done():
		return ctx.Err()
	}
	wanted := make([]bool, len(parquetfile.Columns))
	for _, c := range t.columns {
		wanted[c.at] = true
	}
	wanted[timeColumn] = t.From.IsSet() || t.To.IsSet()
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(t.store.cfg.Threads, len(t.segments)) {
		working.Go(func() {
			w := &tallier{tally: t, widths: make([]uint, len(t.columns)), numbers: forKeys(0)}
			err := error(nil)
			for i := next.Add(1) - 1; i < int64(len(t.segments)) && err == nil && !t.failed(); i = next.Add(1) - 1 {
				err = w.segment(ctx, &t.segments[i], wanted)
			}
			w.flush()
			t.fail(err)
		})
	}
	working.Wait()
	if t.err == nil && len(t.cells) > mostKinds {
		return errWide
	}
	return t.err
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *tally) failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err != nil
}

// class gives the class of a value, a new one where it is the first of it.
func (c *tallyColumn) class(value []byte) uint32 {
	key := value
	if c.alike != nil {
		key = []byte(c.alike[string(value)])
	}
	class, ok := c.classes[string(key)]
	if !ok {
		class = uint32(len(c.values))
		c.classes[string(key)] = class
		c.values = append(c.values, string(value))
	}
	return class
}

// classesOf appends the class of "not set" and those of all values of a dictionary;
// known is how many classes there are now.
func (c *tallyColumn) classesOf(values [][]byte, dst []uint32) (classes []uint32, known int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	classes = append(dst[:0], 0)
	for _, v := range values {
		classes = append(classes, c.class(v))
	}
	return classes, len(c.values)
}

// tallier counts for one goroutine, by keys in which the classes of all columns stand
// side by side.
type tallier struct {
	*tally
	widths  []uint // bits of each column
	numbers numbers
	since   int // rows since flush

	coded   parquetfile.Coded
	times   parquetfile.Vector
	classes []uint32
	keysOf  []uint32 // of each row, but for ones; empty while all are alike
	ones    []uint32 // by column, the class of all rows, or 0
	key     []byte
}

func (w *tallier) segment(ctx context.Context, g *segment, wanted []bool) error {
	err := w.read(g, wanted, func(r *parquetfile.Reader) error {
		for group := range r.Groups() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.group(r, group); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || errors.Is(err, errWide) || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("store: %s: %w", g.Name, err)
}

func (w *tallier) group(r *parquetfile.Reader, group int) error {
	rows, all, err := w.within(r, group)
	if err != nil || !all && len(rows) == 0 {
		return err
	}
	w.keysOf, w.ones = w.keysOf[:0], w.ones[:0]
	for i := range w.columns {
		one, err := w.column(r, group, i)
		if err != nil {
			return err
		}
		w.ones = append(w.ones, one)
	}
	n, base := r.Rows(group), uint32(0)
	for i, one := range w.ones {
		base |= one << w.shift(i)
	}
	if w.since += n; w.since > math.MaxUint32 {
		w.flush()
		w.since = n
	}
	switch {
	case len(w.keysOf) == 0 && all:
		w.numbers.add(base, uint32(n))
	case len(w.keysOf) == 0:
		w.numbers.add(base, uint32(len(rows)))
	case all:
		w.numbers.addAll(base, w.keysOf)
	default:
		for _, row := range rows {
			w.numbers.add(base|w.keysOf[row], 1)
		}
	}
	if w.numbers.used > mostKinds {
		return errWide
	}
	return nil
}

// within gives the rows of a row group that lie in the question's time; all says
// that all do.
func (w *tallier) within(r *parquetfile.Reader, group int) (rows []int, all bool, err error) {
	if !w.From.IsSet() && !w.To.IsSet() {
		return nil, true, nil
	}
	in := func(t int64) bool {
		return (!w.From.IsSet() || t >= int64(w.From)) && (!w.To.IsSet() || t < int64(w.To))
	}
	low, high, ok := r.TimesOf(group, timeColumn)
	switch {
	case ok && in(low) && in(high):
		return nil, true, nil
	case ok && (w.To.IsSet() && low >= int64(w.To) || w.From.IsSet() && high < int64(w.From)):
		return nil, false, nil
	}
	w.times = parquetfile.Vector{Ints: w.times.Ints[:0]}
	if err := r.Column(group, timeColumn, &w.times); err != nil {
		return nil, false, err
	}
	for row, t := range w.times.Ints {
		if in(t) {
			rows = append(rows, row)
		}
	}
	return rows, false, nil
}

// column adds a column's classes to the key of each row or, where all rows are of
// one class, gives that.
func (w *tallier) column(r *parquetfile.Reader, group, i int) (one uint32, err error) {
	c, rows := w.columns[i], r.Rows(group)
	ok, err := r.Coded(group, c.at, &w.coded)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, errWide
	}
	var known int
	w.classes, known = c.classesOf(w.coded.Values, w.classes)
	if err := w.widen(i, known); err != nil {
		return 0, err
	}
	if one, ok := only(w.classes, w.coded.Unset); ok {
		return one, nil
	}
	for k := range w.classes {
		w.classes[k] <<= w.shift(i)
	}
	if len(w.keysOf) == 0 {
		w.keysOf = slices.Grow(w.keysOf, rows)[:rows]
		clear(w.keysOf)
	}
	return 0, r.Mark(&w.coded, w.classes, w.keysOf)
}

// only says whether rows that hold one of some values are of one class: the first of
// the classes is that of rows without value.
func only(classes []uint32, unset bool) (uint32, bool) {
	if unset || len(classes) == 1 {
		classes = classes[:max(1, len(classes))]
	} else {
		classes = classes[1:]
	}
	for _, x := range classes[1:] {
		if x != classes[0] {
			return 0, false
		}
	}
	return classes[0], true
}

func (w *tallier) shift(column int) (bits uint) {
	for _, n := range w.widths[:column] {
		bits += n
	}
	return bits
}

// widen makes room for so many classes of a column.
func (w *tallier) widen(column, classes int) error {
	if classes <= 1<<w.widths[column] {
		return nil
	}
	w.flush()
	before := slices.Clone(w.widths)
	for 1<<w.widths[column] < classes {
		w.widths[column]++
	}
	total := w.shift(len(w.widths))
	if total > mostBits {
		return errWide
	}
	w.numbers = forKeys(total)
	for row, x := range w.keysOf { // of the columns before
		y, from, to := uint32(0), uint(0), uint(0)
		for i, n := range before {
			y |= x >> from & (1<<n - 1) << to
			from, to = from+n, to+w.widths[i]
		}
		w.keysOf[row] = y
	}
	return nil
}

// flush adds what was counted to what all have.
func (w *tallier) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.numbers.take(func(key, n uint32) {
		w.key = w.key[:0]
		for _, width := range w.widths {
			w.key = binary.LittleEndian.AppendUint32(w.key, key&(1<<width-1))
			key >>= width
		}
		w.cells[string(w.key)] += int64(n)
	})
	w.since = 0
}

// tallied counts what the question needs, if that can be counted this way, and has
// the rest of it asked of the counts.
func (p *plan) tallied(ctx context.Context) error {
	uses, ok := p.uses()
	if !ok || len(p.segments) == 0 {
		return nil
	}
	t := &tally{question: &p.question, cells: map[string]int64{}}
	for i := range parquetfile.Columns {
		u := uses[parquetfile.Columns[i].Name]
		if u == nil {
			continue
		}
		t.columns = append(t.columns, &tallyColumn{at: i, alike: u.alike(), values: []string{""}, classes: map[string]uint32{}})
	}
	switch err := t.count(ctx); {
	case errors.Is(err, errWide):
		return nil
	case err != nil:
		return err
	}
	q := *p.Query
	q.From, q.To = event.TimeUnset, event.TimeUnset // no others were counted
	p.Query, p.tally = &q, t
	p.scope = p.scope.within(uses)
	return nil
}
