// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"haidang/event"
	"haidang/store"
)

// quietStore is a store that merges when it is told to.
func quietStore(t *testing.T, dir string) *Store {
	t.Helper()
	s := New(Config{Dir: dir, NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func commitParts(t *testing.T, s *Store, parts ...store.Sidecar) {
	t.Helper()
	if err := s.Commit(t.Context(), store.Commit{Position: s.Position() + 1, Watermark: event.TimeUnset, Sidecars: parts}); err != nil {
		t.Fatal(err)
	}
}

func mergeAll(t *testing.T, s *Store) (n int) {
	t.Helper()
	for {
		more, err := s.mergePacks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return n
		}
		if n++; n > 10_000 {
			t.Fatal("merging does not end")
		}
	}
}

// Parts that were given out are read the same wherever merging moves them, and
// after others took their place.
func TestKeptPartsOutliveMergesAndReplacement(t *testing.T) {
	s := quietStore(t, t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	type known struct {
		part store.KeptPart
		data []byte
	}
	var all []known
	for i := range 120 {
		data := bytes.Repeat([]byte{byte(i)}, 1+r.IntN(3000))
		key := fmt.Sprint("day/", i%7)
		commitParts(t, s, store.Sidecar{Kind: "rollup", Key: key, Replace: r.IntN(4) == 0, Data: data}, store.Sidecar{Kind: "other", Key: key, Data: data})
		slots, err := s.Kept("rollup", key)
		if err != nil || len(slots) != 1 {
			t.Fatal(slots, err)
		}
		all = append(all, known{slots[0].Parts[len(slots[0].Parts)-1], data})
		if r.IntN(10) == 0 {
			mergeAll(t, s)
		}
	}
	if mergeAll(t, s); len(s.states.manifest().Packs) > 60 {
		t.Fatalf("%d packs are left", len(s.states.manifest().Packs))
	}
	for i, k := range all {
		got, err := k.part.Read()
		if err != nil || !bytes.Equal(got, k.data) || k.part.Size() != int64(len(k.data)) {
			t.Fatalf("part %d: %d bytes instead of %d, %v", i, len(got), len(k.data), err)
		}
		some, at := make([]byte, 10), len(k.data)/2
		n, err := k.part.ReadAt(some, int64(at))
		if !bytes.Equal(some[:n], k.data[at:min(len(k.data), at+10)]) || (n < 10) != errors.Is(err, io.EOF) {
			t.Fatalf("part %d: %d bytes from %d, %v", i, n, at, err)
		}
		if _, err := k.part.ReadAt(some, k.part.Size()+1); err == nil {
			t.Fatal("read beyond the end")
		}
	}
	for p := range s.kept {
		if !s.index.IsLive(p.File) {
			t.Errorf("%s is dead and remembered", p.File)
		}
	}
}

// However often parts of a file are asked for, it is open once.
func TestKeptPartsShareTheirFile(t *testing.T) {
	s := quietStore(t, t.TempDir())
	var parts []store.Sidecar
	for i := range 10 {
		parts = append(parts, store.Sidecar{Kind: "rollup", Key: fmt.Sprint("day/", i), Data: []byte{1}})
	}
	commitParts(t, s, parts...)
	for i := range 10 {
		if _, err := s.Kept("rollup", fmt.Sprint("day/", i)); err != nil {
			t.Fatal(err)
		}
	}
	files := map[*os.File]bool{}
	for _, k := range s.kept {
		files[k.at.Load().file] = true
	}
	if len(s.kept) != 10 || len(files) != 1 {
		t.Errorf("%d parts, %d open files", len(s.kept), len(files))
	}
}

// A part that is damaged on disk is an error to who reads it.
func TestDamagedKeptPart(t *testing.T) {
	dir := t.TempDir()
	s := quietStore(t, dir)
	commitParts(t, s, store.Sidecar{Kind: "rollup", Key: "a", Data: []byte("counts")})
	slots, err := s.Kept("rollup", "")
	if err != nil || len(slots) != 1 {
		t.Fatal(slots, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pack"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("C"), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := slots[0].Parts[0].Read(); err == nil {
		t.Error("a damaged part was read")
	}
}

// Merging copies no more than a commit may wait for, drops what is dead, and ends
// where parts are so small that the index is most of a file.
func TestMergesOfPartsAreBounded(t *testing.T) {
	s := quietStore(t, t.TempDir())
	s.maxPack = 1 << 20
	large := make([]byte, s.maxPack/4)
	for i := range 40 {
		commitParts(t, s, store.Sidecar{Kind: "rollup", Key: fmt.Sprint("day/", i), Data: large}, store.Sidecar{Kind: "ledger", Key: "x", Data: []byte{1}})
		mergeAll(t, s)
	}
	for _, p := range s.states.manifest().Packs {
		if p.Size > s.maxPack+1<<16 {
			t.Errorf("%s has %d bytes", p.Name, p.Size)
		}
	}
	for i := range 40 {
		commitParts(t, s, store.Sidecar{Kind: "rollup", Key: fmt.Sprint("day/", i), Replace: true})
		mergeAll(t, s)
	}
	if size := s.Stats().SidecarBytes; size > s.maxPack {
		t.Errorf("%d bytes are left of what is dead", size)
	}
	slots, err := s.Sidecars("ledger")
	if err != nil || len(slots) != 1 || len(slots[0].Data) != 40 {
		t.Errorf("%v, %v", slots, err)
	}
	for range 150 {
		commitParts(t, s, store.Sidecar{Kind: "l", Key: strings.Repeat("a longer key than the data", 50), Data: []byte{1}})
	}
	mergeAll(t, s)
}
