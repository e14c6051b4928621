// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package parquetfile

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/parquet-go/parquet-go"

	"haidang/event"
	"haidang/store/storetest"
)

// TestLongTexts: texts that fill pages, in pieces large and small, are the same
// to our reader, to DuckDB and to parquet-go, however they are compressed.
func TestLongTexts(t *testing.T) {
	tel := storetest.NewTelemetry(5)
	var batches []*event.Batch
	for i, n := range []int{9000, 3, 0, 4000, 1, 70} {
		b := tel.Batch(n)
		b.Residual.Reset()
		for row := range n {
			b.Residual.Append(fmt.Sprintf(`{"batch":%d,"row":%d,"same":"%0*d"}`, i, row, 40+row%200, row*row))
		}
		batches = append(batches, b)
	}
	batches[3].Residual.Values.Data = bytes.Replace(batches[3].Residual.Values.Data, []byte("same"), []byte("\xffame"), 1)
	var want []string
	for _, b := range batches {
		for row := range b.Rows() {
			want = append(want, valid(string(b.Residual.At(row))))
		}
	}
	for _, effort := range []Effort{Quick, Thorough} {
		data := writeWith(t, effort, batches...)
		for name, got := range map[string][]string{
			"ours": residualsByUs(t, data), "DuckDB": residualsByDuckDB(t, data), "parquet-go": residualsByParquetGo(t, data),
		} {
			if len(got) != len(want) {
				t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
			}
			for row := range want {
				if got[row] != want[row] {
					t.Fatalf("%s, row %d: %q, want %q", name, row, got[row], want[row])
				}
			}
		}
	}
}

var residual = place("cert.residual")

func residualsByUs(t *testing.T, data []byte) (out []string) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var v Vector
	if err := f.Column(0, residual, &v); err != nil {
		t.Fatal(err)
	}
	for row := range v.Text.Ends {
		out = append(out, string(v.Text.At(row)))
	}
	return out
}

func residualsByDuckDB(t *testing.T, data []byte) (out []string) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT "cert.residual" FROM read_parquet($1, file_row_number = true) ORDER BY file_row_number`, path)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func residualsByParquetGo(t *testing.T, data []byte) (out []string) {
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range readChunk(t, f.RowGroups()[0].ColumnChunks()[residual]) {
		out = append(out, string(v.ByteArray()))
	}
	return out
}

// TestWriterAfterALargeFile: a writer that let its memory go writes on.
func TestWriterAfterALargeFile(t *testing.T) {
	w, err := NewWriter(Quick)
	if err != nil {
		t.Fatal(err)
	}
	tel := storetest.NewTelemetry(6)
	for _, rows := range []int{keptRows + 1, 100} {
		var buf bytes.Buffer
		b := tel.Batch(rows)
		if err := w.Reset(&buf); err != nil {
			t.Fatal(err)
		}
		if err := w.Batches([]*event.Batch{b}); err != nil {
			t.Fatal(err)
		}
		if _, n, err := w.Close(); err != nil || n != int64(rows) {
			t.Fatalf("%d rows, %v", n, err)
		}
		if rows > 1000 {
			if cap(w.vec.Ints)+cap(w.enc.out)+cap(w.enc.page) > 0 {
				t.Error("the memory of a large file is kept")
			}
			continue
		}
		f, err := Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Batch(0)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		same(t, rowsOf(b), rowsOf(got))
	}
}
