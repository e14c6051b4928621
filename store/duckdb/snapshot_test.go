// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"haidang/event"
)

// A snapshot is the state at its time, whatever is committed and dropped later.
func TestSnapshot(t *testing.T) {
	dir, _ := prepare(t, 4)
	s := open(t, dir, nil)
	want := shape(t, s)
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	position := s.Position()
	r := rand.New(rand.NewPCG(5, 5))
	if err := s.Commit(t.Context(), full(position+10, r)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Expire(t.Context(), event.Time(1<<62)); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for _, f := range snap.Files {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err := errors.Join(err, in.Close()); err != nil || int64(len(data)) != f.Size {
			t.Fatalf("%s: %d of %d bytes, %v", f.Name, len(data), f.Size, err)
		}
		if err := os.WriteFile(filepath.Join(to, f.Name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	snap.Release()
	copied := open(t, to, nil)
	if got := shape(t, copied); got != want || snap.Position != position || copied.Position() != position {
		t.Errorf("position %d, %d:\n%s\nwant position %d:\n%s", snap.Position, copied.Position(), got, position, want)
	}
	shut(t, copied)
	onlyLiveFiles(t, to)
	shut(t, s)
	onlyLiveFiles(t, dir)
	if _, err := s.Snapshot(); err == nil {
		t.Error("a snapshot of a stopped store")
	}
}
