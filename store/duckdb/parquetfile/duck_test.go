// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package parquetfile

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"

	"haidang/event"
	"haidang/store/storetest"
)

// plain gives the value of a row as a reader must see it: nil for NULL.
func plain(v *Vector, c *Column, row int) any {
	switch c.Kind {
	case Text:
		if s := v.Text.At(row); len(s) > 0 {
			return string(s)
		}
		return nil
	case String:
		if s := v.Dict.At(row); s != "" {
			return s
		}
		return nil
	case UUID, Blob:
		b := v.Fixed[row*c.Width : (row+1)*c.Width]
		if !c.Required && isZero(b) {
			return nil
		}
		return fmt.Sprintf("%x", b)
	case Bool:
		return v.Ints[row] != 0
	}
	if !c.Required && v.Ints[row] == c.unset() {
		return nil
	}
	if c.Kind == Int64 {
		return uint64(v.Ints[row])
	}
	return v.Ints[row]
}

// vectors gives the columns of a batch as the writer sees them.
func vectors(batches ...*event.Batch) []Vector {
	out := make([]Vector, len(Columns))
	var f filler
	for i := range Columns {
		for _, b := range batches {
			f.fill(&out[i], &Columns[i], b)
		}
		for _, t := range out[i].texts {
			for row := range t.Ends {
				out[i].Text.AppendBytes(t.At(row))
			}
		}
		out[i].texts = nil
	}
	return out
}

// fromDuck brings what the driver hands over into the form of plain.
func fromDuck(x any) any {
	switch x := x.(type) {
	case []byte:
		return fmt.Sprintf("%x", x)
	case duck.UUID:
		return fmt.Sprintf("%x", x[:])
	case time.Time:
		return x.UnixNano()
	case uint8:
		return int64(x)
	case uint16:
		return int64(x)
	case uint32:
		return int64(x)
	}
	return x
}

func TestReadBackByDuckDB(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for seed, sizes := range [][]int{{1}, {5, 0, 7}, {900, 1100}, {pageRows + 3}} {
		r := rand.New(rand.NewPCG(2, uint64(seed)))
		var batches []*event.Batch
		for _, n := range sizes {
			batches = append(batches, storetest.RandomBatch(r, n))
		}
		path := filepath.Join(t.TempDir(), "a.parquet")
		if err := os.WriteFile(path, write(t, batches...), 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(`SELECT * FROM read_parquet($1, file_row_number = true) ORDER BY file_row_number`, path)
		if err != nil {
			t.Fatal(err)
		}
		want := vectors(batches...)
		n := 0
		for ; rows.Next(); n++ {
			values := make([]any, len(Columns)+1)
			pointers := make([]any, len(values))
			for i := range values {
				pointers[i] = &values[i]
			}
			if err := rows.Scan(pointers...); err != nil {
				t.Fatal(err)
			}
			for i := range Columns {
				if got, want := fromDuck(values[i]), plain(&want[i], &Columns[i], n); got != want {
					t.Fatalf("sizes %v, row %d, %s: %v (%T), want %v (%T)", sizes, n, Columns[i].Name, got, got, want, want)
				}
			}
		}
		if err := rows.Err(); err != nil || n != want[1].rows(&Columns[1]) {
			t.Fatalf("sizes %v: %d rows, %v", sizes, n, err)
		}
		rows.Close()
	}
}

// TestMergedFileByDuckDB: row groups copied as they are can be read by others
// and still say the truth about themselves.
func TestMergedFileByDuckDB(t *testing.T) {
	tel := storetest.NewTelemetry(3)
	var sources []Source
	for _, n := range []int{copyRows, 100, copyRows + 1, 7} {
		data := write(t, tel.Batch(n))
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
	path := filepath.Join(t.TempDir(), "merged.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Merge(t.Context(), file, sources), file.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows, batches, inOrder, last int64
	err = db.QueryRow(`SELECT count(*), count(DISTINCT "cert.raw.sequence"),
		count(*) FILTER (WHERE "@timestamp" >= earlier), count(*) FILTER (WHERE "cert.raw.sequence" = 4)
		FROM (SELECT *, coalesce(lag("@timestamp") OVER (ORDER BY file_row_number), "@timestamp") AS earlier
			FROM read_parquet($1, file_row_number = true))`, path).Scan(&rows, &batches, &inOrder, &last)
	if want := int64(2*copyRows + 108); err != nil || rows != want || inOrder != want || batches != 4 || last != 7 {
		t.Errorf("%d rows of %d batches, %d in order, %d of the last: %v", rows, batches, inOrder, last, err)
	}
	if err := db.QueryRow(`SELECT count(*) FROM read_parquet($1) WHERE "cert.raw.sequence" = 3`, path).Scan(&rows); err != nil || rows != copyRows+1 {
		t.Errorf("%d rows of the third batch, %v", rows, err)
	}
}
