// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/store/storetest"
)

func write(t testing.TB, batches ...*event.Batch) []byte {
	t.Helper()
	return writeWith(t, Quick, batches...)
}

func writeWith(t testing.TB, effort Effort, batches ...*event.Batch) []byte {
	t.Helper()
	w, err := NewWriter(effort)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := w.Reset(&buf); err != nil {
		t.Fatal(err)
	}
	if err := w.Batches(batches); err != nil {
		t.Fatal(err)
	}
	if size, _, err := w.Close(); err != nil || size != int64(buf.Len()) {
		t.Fatalf("size %d, written %d, error %v", size, buf.Len(), err)
	}
	return buf.Bytes()
}

func rowsOf(batches ...*event.Batch) []event.Event {
	var out []event.Event
	for _, b := range batches {
		for row := range b.Rows() {
			var e event.Event
			b.Row(row, &e)
			out = append(out, e)
		}
	}
	return out
}

func same(t *testing.T, want, got []event.Event) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Fatalf("row %d (-want +got): %s", i, cmp.Diff(want[i], got[i]))
		}
	}
}

func TestReadBackByOurReader(t *testing.T) {
	for _, sizes := range [][]int{{1}, {0, 3}, {7, 8, 9}, {1000, 1, 3000}, {pageRows + 17}} {
		r := rand.New(rand.NewPCG(1, uint64(len(sizes))))
		var batches []*event.Batch
		for _, n := range sizes {
			batches = append(batches, storetest.RandomBatch(r, n))
		}
		data := write(t, batches...)
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var got []*event.Batch
		for g := range f.Groups() {
			b, err := f.Batch(g)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b)
		}
		f.Close()
		same(t, rowsOf(batches...), rowsOf(got...))
	}
}
