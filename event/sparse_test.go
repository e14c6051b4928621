// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// someOf sets a few fields of a record, so that each is set in some rows only.
func someOf(r *rand.Rand, e *Event) {
	e.Reset()
	var full Event
	full.Reset()
	fill(reflect.ValueOf(&full).Elem(), uint64(1+r.IntN(100)))
	from, to := reflect.ValueOf(&full).Elem(), reflect.ValueOf(e).Elem()
	for range r.IntN(8) {
		i := r.IntN(to.NumField())
		if to.Field(i).Kind() == reflect.Struct {
			j := r.IntN(to.Field(i).NumField())
			to.Field(i).Field(j).Set(from.Field(i).Field(j))
			continue
		}
		to.Field(i).Set(from.Field(i))
	}
}

// Whatever is set in which row, and whenever the columns are brought up, what
// AppendSet made is what Append makes.
func TestAppendSetGivesWhatAppendGives(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var plain, sparse Batch
		if seed%2 == 0 {
			sparse.Reserve(r.IntN(30))
		}
		for round := range 2 { // the second on used memory
			plain.Reset()
			sparse.Reset()
			for range r.IntN(40) {
				var e Event
				someOf(r, &e)
				plain.Append(&e)
				sparse.AppendSet(&e)
				if r.IntN(10) == 0 {
					sparse.Pad()
				}
			}
			sparse.Pad()
			if err := same(&plain, &sparse); err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
		}
	}
}

// same compares all rows, and that no column is longer or shorter than others.
func same(a, b *Batch) error {
	if a.Rows() != b.Rows() {
		return fmt.Errorf("%d rows, want %d", b.Rows(), a.Rows())
	}
	var x, y Event
	for row := range a.Rows() {
		x, y = Event{}, Event{}
		a.Row(row, &x)
		b.Row(row, &y)
		if !reflect.DeepEqual(x, y) {
			return fmt.Errorf("row %d is %+v\nwant %+v", row, y, x)
		}
	}
	for i := range Fields {
		if n, want := rowsOf(Fields[i].Column(b)), a.Rows(); n != want {
			return fmt.Errorf("%s has %d rows, want %d", Fields[i].Name, n, want)
		}
	}
	return nil
}

func rowsOf(column any) int {
	switch c := column.(type) {
	case *Dict:
		return len(c.Codes)
	case *Text:
		return len(c.Ends)
	case *Outlined:
		if len(c.Outlines.Codes) != len(c.Values.Ends) {
			return -1
		}
		return len(c.Values.Ends)
	case *DictSet:
		return len(c.Ends)
	case *OrgSet:
		return len(c.Ends)
	}
	return reflect.ValueOf(column).Elem().Len()
}

func TestReservedMemoryIsEnough(t *testing.T) {
	var b Batch
	b.Reserve(1000)
	before := b.Size()
	if min := int64(1000 * 300); before < min || before > 2*min {
		t.Errorf("1000 rows reserve %d bytes, want some %d", before, min)
	}
	var e Event
	e.Reset()
	for range 1000 {
		b.AppendSet(&e)
	}
	b.Pad()
	if after := b.Size(); after > before+4096 { // dictionaries hold the empty string
		t.Errorf("%d bytes grew to %d without a value", before, after)
	}
}

func TestAppendingToUsedMemoryAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	events := make([]Event, 200)
	for i := range events {
		someOf(r, &events[i])
	}
	for name, add := range map[string]func(*Batch, *Event){"Append": (*Batch).Append, "AppendSet": (*Batch).AppendSet} {
		var b Batch
		if n := testing.AllocsPerRun(20, func() {
			b.Reset()
			for i := range events {
				add(&b, &events[i])
			}
			b.Pad()
		}); n != 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

func TestTextGrowsInFewSteps(t *testing.T) {
	const rows = 2000
	for name, size := range map[string]int{"short": 7, "usual": 180, "long": 9000} {
		t.Run(name, func(t *testing.T) {
			var b Batch
			b.Reserve(rows)
			value := strings.Repeat("x", size)
			steps, room := 0, 0
			for range rows {
				b.Residual.Append(value)
				if c := cap(b.Residual.Values.Data); c != room {
					steps, room = steps+1, c
				}
			}
			if steps > 20 || room > 2*rows*size {
				t.Errorf("%d steps to %d bytes for %d", steps, room, rows*size)
			}
			for row := range rows {
				if string(b.Residual.At(row)) != value {
					t.Fatalf("row %d differs", row)
				}
			}
		})
	}
}
