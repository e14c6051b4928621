// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names fills the dictionaries of a batch as a chunk with so many rules would.
func names(b *Batch, rules int) {
	var e Event
	for i := range 3 * rules {
		e.Reset()
		e.Time, e.Action = Time(i), "alert"
		e.RuleName = fmt.Sprintf("rule %d", i%rules)
		e.Techniques = append(e.Techniques, fmt.Sprintf("T%04d", i%5))
		b.AppendSet(&e)
	}
	b.Pad()
}

// Whoever fills batches with lent tables gets the batches that one without gets,
// whatever the batch before held.
func TestLentTablesChangeNoBatch(t *testing.T) {
	var tables Tables
	for _, rules := range []int{1, 700, 3, 0, 50, 2000, 50} {
		var own, lent Batch
		names(&own, rules)
		tables.Lend(&lent)
		names(&lent, rules)
		tables.Take(&lent)
		for _, d := range []func(*Batch) *Dict{
			func(b *Batch) *Dict { return &b.RuleName }, func(b *Batch) *Dict { return &b.Action },
			func(b *Batch) *Dict { return &b.Techniques.Dict }, func(b *Batch) *Dict { return &b.User },
		} {
			if diff := cmp.Diff(d(&own).Values, d(&lent).Values); diff != "" {
				t.Fatal(rules, diff)
			}
			if diff := cmp.Diff(d(&own).Codes, d(&lent).Codes); diff != "" {
				t.Fatal(rules, diff)
			}
		}
	}
}

// A batch whose tables were taken back still finds its values, and takes new ones.
func TestADictionaryWithoutItsTableMakesOne(t *testing.T) {
	var tables Tables
	var b Batch
	tables.Lend(&b)
	names(&b, 500)
	before := b.Size()
	tables.Take(&b)
	if after := b.Size(); after >= before {
		t.Errorf("the batch holds %d bytes, %d with tables", after, before)
	}
	d := &b.RuleName
	if c := d.Code("another rule"); d.Values[c] != "another rule" || len(d.Values) != 502 {
		t.Errorf("code %d of %d values", c, len(d.Values))
	}
	for want := range 500 {
		if c := d.Code(fmt.Sprintf("rule %d", want)); c != uint32(want+1) {
			t.Fatalf("rule %d has the code %d", want, c)
		}
	}
}

// A batch that holds something keeps what it has.
func TestTablesAreLentToEmptyBatchesOnly(t *testing.T) {
	var tables Tables
	var first, full Batch
	tables.Lend(&first)
	names(&first, 10)
	tables.Take(&first)
	names(&full, 10)
	tables.Lend(&full)
	if c := full.RuleName.Code("rule 3"); c != 4 || len(full.RuleName.Values) != 11 {
		t.Errorf("code %d of %d values", c, len(full.RuleName.Values))
	}
}

func TestLendingAllocatesNothing(t *testing.T) {
	var tables Tables
	var b Batch
	var e Event
	e.Reset()
	e.RuleName, e.Action = "rule", "alert"
	fill := func() {
		b.Reset()
		tables.Lend(&b)
		for range 100 {
			b.AppendSet(&e)
		}
		b.Pad()
		tables.Take(&b)
	}
	fill()
	if n := testing.AllocsPerRun(20, fill); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}
