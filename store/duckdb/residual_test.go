// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// found asks for the records that a filter finds, by their residuals.
func found(t *testing.T, s *Store, f ...event.Filter) map[string]int {
	t.Helper()
	page, err := s.Events(t.Context(), event.Query{
		From: event.TimeUnset, To: event.TimeUnset, Filters: f, Limit: 10_000, Fields: []string{residualName},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]int)
	for row := range page.Batch.Rows() {
		out[string(page.Batch.Residual.At(row))]++
	}
	return out
}

// TestResidualsInSQL: the engine puts texts together as we do, so that filters
// speak of what was sent.
func TestResidualsInSQL(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := storetest.RandomBatch(rand.New(rand.NewPCG(11, 11)), 2000)
	if err := s.Commit(t.Context(), store.Commit{Position: 1, Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	// A second filter, so that records that are known to be benign are asked for.
	all := event.Filter{Field: "cert.excluded", Op: event.OpNot, Values: []string{"nothing"}}
	want, outlined := make(map[string]int), 0
	for row := range b.Rows() {
		want[string(b.Residual.At(row))]++
		if b.Residual.Outlines.At(row) != "" {
			outlined++
		}
	}
	if outlined < 200 {
		t.Fatalf("%d records have an outline", outlined)
	}
	if got := found(t, s, all); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("all: %v\nwant %v", got, want)
	}
	asked := 0
	for text, n := range want {
		if asked++; text == "" || asked > 150 {
			continue
		}
		got := found(t, s, all, event.Filter{Field: residualName, Op: event.OpEqual, Values: []string{text}})
		if len(got) != 1 || got[text] != n {
			t.Errorf("%s: %v, want %d", text, got, n)
		}
	}
	set := found(t, s, all, event.Filter{Field: residualName, Op: event.OpExists})
	unset := found(t, s, all, event.Filter{Field: residualName, Op: event.OpMissing})
	if len(set) != len(want)-1 || set[""] != 0 || len(unset) != 1 || unset[""] != want[""] {
		t.Errorf("%d are set, %v are not", len(set), unset)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestMaskedResidualsInSQL: a residual that is hidden leaves nothing that a filter
// finds, its outline neither; those that are not are found as ever.
func TestMaskedResidualsInSQL(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := storetest.RandomBatch(rand.New(rand.NewPCG(12, 12)), 1000)
	if err := s.Commit(t.Context(), store.Commit{Position: 1, Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	hidden := []string{"alert"}
	scope := &event.Scope{Grants: []event.Grant{
		{All: []event.Filter{{Field: "event.action", Op: event.OpEqual, Values: hidden}}, Mask: []string{residualName}},
		{},
	}}
	want, outlines := make(map[string]int), make(map[string]bool)
	for row := range b.Rows() {
		if outline := b.Residual.Outlines.At(row); outline != "" {
			outlines[string(event.AppendFilled(nil, outline, nil))] = true
		}
		if b.Action.At(row) == hidden[0] {
			want[""]++
		} else {
			want[string(b.Residual.At(row))]++
		}
	}
	ask := func(f event.Filter) map[string]int {
		t.Helper()
		all := event.Filter{Field: "cert.excluded", Op: event.OpNot, Values: []string{"nothing"}}
		page, err := s.Events(t.Context(), event.Query{
			From: event.TimeUnset, To: event.TimeUnset, Filters: []event.Filter{f, all}, Limit: 10_000, Fields: []string{residualName}, Scope: scope,
		})
		if err != nil {
			t.Fatal(err)
		}
		out := make(map[string]int)
		for row := range page.Batch.Rows() {
			out[string(page.Batch.Residual.At(row))]++
		}
		return out
	}
	if got := ask(event.Filter{Field: residualName, Op: event.OpMissing}); len(got) != 1 || got[""] != want[""] {
		t.Errorf("missing: %v, want %d", got, want[""])
	}
	if got := ask(event.Filter{Field: residualName, Op: event.OpExists}); len(got) != len(want)-1 || got[""] != 0 {
		t.Errorf("%d are there, want %d", len(got), len(want)-1)
	}
	for outline := range outlines {
		if got := ask(event.Filter{Field: residualName, Op: event.OpEqual, Values: []string{outline}}); len(got) != 0 {
			t.Errorf("the outline %s finds %v", outline, got)
		}
	}
	asked := 0
	for text, n := range want {
		if asked++; text == "" || asked > 100 {
			continue
		}
		if got := ask(event.Filter{Field: residualName, Op: event.OpEqual, Values: []string{text}}); len(got) != 1 || got[text] != n {
			t.Errorf("%s: %v, want %d", text, got, n)
		}
	}
	if asked < 50 || len(outlines) == 0 {
		t.Fatalf("%d texts, %d outlines", asked, len(outlines))
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestSecondLayout: a folder written before residuals had outlines is read, alone,
// beside segments of today, and merged with them. Of its 40 records the even ones
// have a residual.
func TestSecondLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS("testdata/second-layout")); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"": 20}
	for row := 0; row < 40; row += 2 {
		want[fmt.Sprintf(`{"row":%d}`, row)]++
	}
	s := New(Config{Dir: dir}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := event.Filter{Field: "cert.excluded", Op: event.OpNot, Values: []string{"nothing"}}
	if got := found(t, s, all); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("alone: %v\nwant %v", got, want)
	}
	r := rand.New(rand.NewPCG(23, 23))
	for n := range fan - 1 {
		b := storetest.RandomBatch(r, 20)
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(2 + n), Batches: []*event.Batch{b}}); err != nil {
			t.Fatal(err)
		}
		for row := range b.Rows() {
			want[string(b.Residual.At(row))]++
		}
		if n == 0 {
			if got := found(t, s, all); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("beside another: %v\nwant %v", got, want)
			}
			one := event.Filter{Field: residualName, Op: event.OpEqual, Values: []string{`{"row":8}`}}
			if got := found(t, s, all, one); len(got) != 1 || got[`{"row":8}`] != 1 {
				t.Errorf("one of the folder's: %v", got)
			}
		}
	}
	merged(t, s)
	if got := found(t, s, all); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("merged: %v\nwant %v", got, want)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
