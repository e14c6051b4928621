// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package parquetfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"haidang/event"
	"haidang/mutant"
	"haidang/store/storetest"
)

// TestReadBackByParquetGo reads the files with a reader that is not ours.
func TestReadBackByParquetGo(t *testing.T) {
	for seed, sizes := range [][]int{{1}, {3, 4}, {2000}, {pageRows + 3}} {
		r := rand.New(rand.NewPCG(3, uint64(seed)))
		var batches []*event.Batch
		for _, n := range sizes {
			batches = append(batches, storetest.RandomBatch(r, n))
		}
		data := write(t, batches...)
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		want := vectors(batches...)
		for i, group := range f.RowGroups()[0].ColumnChunks() {
			c := &Columns[i]
			got := readChunk(t, group)
			if len(got) != want[i].rows(c) {
				t.Fatalf("%s: %d values", c.Name, len(got))
			}
			for row, v := range got {
				if g, w := fromParquet(c, v), plain(&want[i], c, row); g != w {
					t.Fatalf("sizes %v, row %d, %s: %v (%T), want %v (%T)", sizes, row, c.Name, g, g, w, w)
				}
			}
		}
	}
}

func readChunk(t *testing.T, chunk parquet.ColumnChunk) (out []parquet.Value) {
	t.Helper()
	pages := chunk.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		values := make([]parquet.Value, page.NumValues())
		if n, err := page.Values().ReadValues(values); n != len(values) || err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(n, err)
		}
		for _, v := range values {
			out = append(out, v.Clone())
		}
	}
}

func fromParquet(c *Column, v parquet.Value) any {
	switch {
	case v.IsNull():
		return nil
	case c.Kind == String || c.Kind == Text:
		return string(v.ByteArray())
	case c.Width > 0:
		return fmt.Sprintf("%x", v.ByteArray())
	case c.Kind == Bool:
		return v.Boolean()
	case c.Kind == Int32:
		return int64(uint32(v.Int32()))
	case c.Kind == Int64:
		return uint64(v.Int64())
	}
	return v.Int64()
}

// TestStatistics: what the footer says of least and greatest values is true.
func TestStatistics(t *testing.T) {
	b := storetest.RandomBatch(rand.New(rand.NewPCG(4, 4)), 500)
	data := write(t, b)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := vectors(b)
	for i := range Columns {
		c, s := &Columns[i], f.meta.RowGroups[0].Columns[i].MetaData.Statistics
		nulls, ints := int64(0), []int64{}
		for row := range 500 {
			if plain(&want[i], c, row) == nil {
				nulls++
			} else if len(want[i].Ints) > 0 {
				ints = append(ints, want[i].Ints[row])
			}
		}
		if s.NullCount != nulls {
			t.Errorf("%s: %d nulls, want %d", c.Name, s.NullCount, nulls)
		}
		if c.Width > 0 && len(s.MinValue) > 0 { // a random column has no bounds
			low, high := extremes(want[i].Fixed, c.Width, c.Required)
			if !bytes.Equal(s.MinValue, low) || !bytes.Equal(s.MaxValue, high) {
				t.Errorf("%s: from %x to %x, want %x to %x", c.Name, s.MinValue, s.MaxValue, low, high)
			}
		}
		if len(ints) == 0 || c.Kind == Bool {
			continue
		}
		slices.SortFunc(ints, func(a, b int64) int {
			if c.less(a, b) {
				return -1
			}
			return 1
		})
		low, high := c.plainInts(nil, ints[:1]), c.plainInts(nil, ints[len(ints)-1:])
		if !bytes.Equal(s.MinValue, low) || !bytes.Equal(s.MaxValue, high) {
			t.Errorf("%s: from %x to %x, want %x to %x", c.Name, s.MinValue, s.MaxValue, low, high)
		}
	}
}

// extremes gives the least and the greatest value of those that are set.
func extremes(b []byte, width int, required bool) (low, high []byte) {
	for x := range slices.Chunk(b, width) {
		switch {
		case isZero(x) && !required:
			continue
		case low == nil:
			low, high = x, x
		}
		if bytes.Compare(x, low) < 0 {
			low = x
		}
		if bytes.Compare(x, high) > 0 {
			high = x
		}
	}
	return low, high
}

// TestPick reads single rows and compares them with the whole.
func TestPick(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	b := storetest.RandomBatch(r, 3*pageRows+11)
	data := write(t, b)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := []int{0, 1, 17, pageRows - 1, pageRows, 2*pageRows + 5, 3*pageRows + 10}
	vectors := make([]Vector, len(Columns))
	for i := range vectors {
		if err := f.Pick(0, i, rows, &vectors[i]); err != nil {
			t.Fatal(err)
		}
	}
	Rebuild(vectors)
	var got event.Batch
	for i := range vectors {
		if err := Unpack(&vectors[i], &Columns[i], &got); err != nil {
			t.Fatal(err)
		}
	}
	all := rowsOf(b)
	var want []event.Event
	for _, row := range rows {
		want = append(want, all[row])
	}
	same(t, want, rowsOf(&got))
}

// TestFind: the rows that hold a value are those that reading all gives.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	b := storetest.RandomBatch(r, pageRows+999)
	data := write(t, b)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range Columns {
		c := &Columns[i]
		if c.Kind == Bool || c.Kind == Text {
			continue
		}
		var all Vector
		if err := f.Column(0, i, &all); err != nil {
			t.Fatal(err)
		}
		for _, row := range []int{0, 5, pageRows + 7} {
			var value []byte
			switch {
			case c.Kind == String:
				value = []byte(all.Dict.At(row))
			case c.Width > 0:
				value = all.Fixed[row*c.Width : (row+1)*c.Width]
			default:
				value = c.plainInts(nil, all.Ints[row:row+1])
			}
			if !c.Required && (len(value) == 0 || c.Width > 0 && isZero(value) || len(all.Ints) > 0 && all.Ints[row] == c.unset()) {
				continue // nobody looks for what is not set
			}
			want := all.Holding(c, [][]byte{value}, nil)
			got, err := f.Find(0, i, [][]byte{value}, nil)
			if err != nil || len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s = %x: %d rows, %v, want %d", c.Name, value, len(got), err, len(want))
			}
		}
	}
}

// TestMerge: a merged file holds the same rows in the same order.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var batches []*event.Batch
	var sources []Source
	for _, n := range []int{1, 500, 33, copyRows, 5, copyRows + 3, 9} {
		b := storetest.RandomBatch(r, n)
		batches = append(batches, b)
		data := write(t, b)
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sources = append(sources, Source{Reader: f})
	}
	w, err := NewWriter(Thorough)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := w.Merge(t.Context(), &out, sources); err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []*event.Batch
	for g := range f.Groups() {
		b, err := f.Batch(g)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b)
	}
	if len(got) != 5 {
		t.Errorf("%d row groups, want the small ones joined and the large ones as they are", len(got))
	}
	same(t, rowsOf(batches...), rowsOf(got...))
}

// Row groups that are copied as they are pass through little memory.
func TestCopiedGroupsTakeLittleMemory(t *testing.T) {
	data := write(t, storetest.RandomBatch(rand.New(rand.NewPCG(9, 9)), 3*copyRows))
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(Thorough)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.Merge(t.Context(), io.Discard, []Source{{Reader: f}, {Reader: f}}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 512<<10 {
		t.Errorf("%d bytes are allocated to copy %d", n, 2*len(data))
	}
}

// FuzzReader: a damaged file is an error, never a crash.
func FuzzReader(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	data := write(f, storetest.RandomBatch(rand.New(rand.NewPCG(8, 8)), 40))
	f.Add(data, uint(0), byte(0))
	for i := uint(0); i < 40; i++ {
		f.Add(data, i*37*uint(len(data))/1500, byte(i))
	}
	f.Fuzz(func(_ *testing.T, in []byte, at uint, flip byte) {
		in = slices.Clone(in)
		if len(in) > 0 {
			in[at%uint(len(in))] ^= flip
		}
		r, err := Open(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			return
		}
		defer r.Close()
		for g := range r.Groups() {
			if n := r.Rows(g); n < 0 || n > 1000 {
				continue
			}
			_, _ = r.Batch(g)
			for i := range Columns {
				var v Vector
				_ = r.Pick(g, i, []int{0}, &v)
				_, _ = r.Find(g, i, [][]byte{[]byte("T1059")}, nil)
			}
		}
	})
}
