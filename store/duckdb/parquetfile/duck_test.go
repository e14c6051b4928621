// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package parquetfile

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"haidang/event"
	"haidang/store/storetest"
)

func openDuck(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// text gives a value as DuckDB shows the stored one when cast to VARCHAR.
func text(e *event.Event, c *Column, b *event.Batch, row int) string {
	switch col := c.Field.Column(b).(type) {
	case *[]event.Time:
		if !c.Required && !(*col)[row].IsSet() {
			return "NULL"
		}
		return fmt.Sprint(int64((*col)[row]))
	}
	return ""
}

func TestReadBackByDuckDB(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	b := storetest.RandomBatch(r, 3000)
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := os.WriteFile(path, write(t, b), 0o600); err != nil {
		t.Fatal(err)
	}
	db := openDuck(t)
	rows, err := db.Query(`DESCRIBE SELECT * FROM read_parquet($1)`, path)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a [6]sql.NullString
		if err := rows.Scan(&a[0], &a[1], &a[2], &a[3], &a[4], &a[5]); err != nil {
			t.Fatal(err)
		}
		t.Log(a[0].String, a[1].String)
	}
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM (SELECT DISTINCT * FROM read_parquet($1))`, path).Scan(&n); err != nil || n != 3000 {
		t.Fatal(n, err)
	}
}
