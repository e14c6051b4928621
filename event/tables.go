// SPDX-License-Identifier: Apache-2.0

package event

// Tables are what a batch's dictionaries find their values by while it is
// filled. Who fills one batch after the other lends them to each in turn: they
// stay in the processor's cache then, and batches that wait hold none. The zero
// Tables is ready to use; it belongs to one goroutine.
type Tables struct {
	of [][]uint64 // by dictionary, in the order of Fields; empty ones
}

// Lend gives an empty batch the tables, until Take.
func (t *Tables) Lend(b *Batch) {
	for n, d := range b.dictionaries {
		if n == len(t.of) {
			return
		}
		if d.table == nil && len(d.Values) <= 1 {
			d.table, t.of[n] = t.of[n], nil
		}
	}
}

// Take has the tables back once the batch is filled. A dictionary that is asked
// for a code after that makes itself a new one.
func (t *Tables) Take(b *Batch) {
	for n, d := range b.dictionaries {
		if n == len(t.of) {
			t.of = append(t.of, nil)
		}
		if len(d.Values) > 1 {
			clear(d.table)
		}
		t.of[n], d.table = d.table, nil
	}
}

// dictionaries gives all dictionaries, numbered.
func (b *Batch) dictionaries(yield func(int, *Dict) bool) {
	n := 0
	for i := range Fields {
		var d *Dict
		switch c := Fields[i].Column(b).(type) {
		case *Dict:
			d = c
		case *DictSet:
			d = &c.Dict
		default:
			continue
		}
		if !yield(n, d) {
			return
		}
		n++
	}
}
