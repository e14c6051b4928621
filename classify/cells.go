// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"haidang/event"
)

// maxCells bounds into how many parts rulings may divide the records: each costs
// every question a part of its scope.
const maxCells = 200

// cell is the records that some rulings are about together.
type cell struct {
	overlay
	within  [][]event.Filter // the records, and those of larger cells
	sensor  string           // whose records they are, where all are one's
	shelves []shelf
	size    int // how many rulings
}

// matter is rulings that always hold together, and what they are about.
type matter struct {
	rulings []Ruling
	ids     []event.Bytes16 // of single records
	meets   []Selector      // what another matter must meet one of
}

// CheckRulings says what is wrong with rulings that are in force together.
func CheckRulings(list []Ruling) error {
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
	}
	if _, ok := cellsOf(list); !ok {
		return fmt.Errorf("%w: too many rulings are about the same records; withdraw some, or make their periods shorter", ErrRuling)
	}
	return nil
}

// matters sorts rulings about labels: all about one record are one matter, and
// records with the same rulings are.
func matters(list []Ruling) (out []matter) {
	byRecord := map[event.Bytes16][]Ruling{}
	var order []event.Bytes16
	for _, r := range list {
		switch {
		case r.Does == Benign, r.Does == FalseAlarm:
		case !r.Of.One():
			out = append(out, matter{rulings: []Ruling{r}, meets: []Selector{r.Of}})
		default:
			if byRecord[r.Of.Record] == nil {
				order = append(order, r.Of.Record)
			}
			byRecord[r.Of.Record] = append(byRecord[r.Of.Record], r)
		}
	}
	alike := map[string]int{}
	for _, id := range order {
		rulings := byRecord[id]
		key := ""
		for i := range rulings {
			key += rulings[i].Does.String() + " " + rulings[i].Label.String() + "\n"
		}
		at, known := alike[key]
		if !known {
			at = len(out)
			alike[key] = at
			out = append(out, matter{rulings: rulings})
		}
		out[at].ids = append(out[at].ids, id)
		out[at].meets = append(out[at].meets, rulings[0].Of)
	}
	return out
}

func (m *matter) overlaps(o *matter) bool {
	if m.ids != nil && o.ids != nil {
		return false
	}
	return slices.ContainsFunc(m.meets, func(s Selector) bool {
		return slices.ContainsFunc(o.meets, func(t Selector) bool { return s.meets(&t) })
	})
}

func (m *matter) filters() [][]event.Filter {
	if m.ids == nil {
		return m.rulings[0].Of.Filters()
	}
	texts := make([]string, len(m.ids))
	for i, id := range m.ids {
		texts[i] = id.String()
	}
	var out [][]event.Filter
	for _, part := range chunks(texts) {
		out = append(out, []event.Filter{{Field: "event.id", Values: part}})
	}
	return out
}

// cellsOf divides records by which rulings are about them, the most rulings
// first; ok is false where that would be too many.
func cellsOf(list []Ruling) (cells []cell, ok bool) {
	all := matters(list)
	var grow func(from int, in []int) bool
	grow = func(from int, in []int) bool {
		for i := from; i < len(all); i++ {
			if slices.ContainsFunc(in, func(j int) bool { return !all[i].overlaps(&all[j]) }) {
				continue
			}
			now := append(in[:len(in):len(in)], i)
			c := cell{within: [][]event.Filter{nil}}
			for _, j := range now {
				c.take(&all[j])
			}
			if cells = append(cells, c); len(cells) > maxCells || len(c.within) > maxCells || !grow(i+1, now) {
				return false
			}
		}
		return true
	}
	if !grow(0, nil) {
		return nil, false
	}
	slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(b.size, a.size) })
	return cells, true
}

func (c *cell) take(m *matter) {
	var within [][]event.Filter
	for _, a := range c.within {
		for _, b := range m.filters() {
			within = append(within, concat(a, b))
		}
	}
	c.within = within
	c.size++
	for i := range m.rulings {
		r := &m.rulings[i]
		c.add(r)
		if m.ids == nil {
			c.sensor = cmp.Or(c.sensor, r.Of.Sensor)
		}
	}
}

// rulebook is the rulings in force, ready to be asked.
type rulebook struct {
	version uint64
	labels  []Ruling // that change labels of sets
	records map[event.Bytes16][]Ruling
	marked  [][]event.Filter // what is known to be benign
	alarms  [][]event.Filter // what was a false alarm
	cells   []cell
	unclear bool // too many cells: nobody reads anything
}

func newRulebook(list []Ruling, version uint64) *rulebook {
	b := &rulebook{version: version, records: map[event.Bytes16][]Ruling{}}
	list = slices.SortedFunc(slices.Values(list), func(x, y Ruling) int { return strings.Compare(x.ID, y.ID) })
	for _, r := range list {
		switch {
		case r.Does == Benign:
			b.marked = append(b.marked, r.Of.Filters()...)
		case r.Does == FalseAlarm:
			b.alarms = append(b.alarms, r.Of.Filters()...)
		case r.Of.One():
			b.records[r.Of.Record] = append(b.records[r.Of.Record], r)
		default:
			b.labels = append(b.labels, r)
		}
	}
	cells, ok := cellsOf(list)
	b.cells, b.unclear = cells, !ok
	return b
}

// about reports whether some ruling changes labels.
func (b *rulebook) about() bool { return b != nil && (len(b.labels) > 0 || len(b.records) > 0) }

// of gives what rulings make of a record's label; ok is false where none is about
// it.
func (b *rulebook) of(e *event.Event) (o overlay, ok bool) {
	if !b.about() {
		return o, false
	}
	for i := range b.labels {
		if b.labels[i].Of.Covers(e) {
			o.add(&b.labels[i])
			ok = true
		}
	}
	for _, r := range b.records[e.ID] {
		o.add(&r)
		ok = true
	}
	return o, ok
}

// ruled reports whether a ruling changes the label of a record.
func (b *book) ruled(e *event.Event) bool {
	_, ok := b.rulings.of(e)
	return ok
}

// essence gives of a row what its label follows from.
func essence(b *event.Batch, row int) event.Event {
	e := event.Event{
		ID: b.ID[row], Time: b.Time[row], Ingested: b.Ingested[row], Observer: b.Observer.At(row), RuleID: b.RuleID.At(row),
		RSIT: b.RSIT[row], Audience: b.Audience[row], TLP: b.TLP[row],
	}
	e.Source.IP, e.Destination.IP = b.SourceIP[row], b.DestinationIP[row]
	return e
}
