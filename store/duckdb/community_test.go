// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"database/sql/driver"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"haidang/event"
	"haidang/store"
	"haidang/store/storetest"
)

// TestCommunityInSQL: the engine computes the ids that were left out as we do.
func TestCommunityInSQL(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := storetest.RandomBatch(rand.New(rand.NewPCG(9, 9)), 3000)
	if err := s.Commit(t.Context(), store.Commit{Position: 1, Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	state, release, err := s.states.pin()
	if err != nil {
		t.Fatal(err)
	}
	ask := question{Query: &event.Query{}, store: s, segments: state.Segments}
	var a args
	computed, row := 0, 0
	text := "SELECT " + communityColumn + ", " + quote(communityName) + " FROM " + ask.files(&a, ask.segments, "file_row_number = true") + " ORDER BY file_row_number"
	err = s.engine.query(t.Context(), text, &a, func(v []driver.Value) error {
		got, err := bytesOf(v[0])
		if want := b.CommunityID[row]; err != nil || want.IsSet() != (got != nil) || got != nil && event.Bytes20(got) != want {
			t.Errorf("row %d, %s %d to %s %d, %d: %x, want %x", row, b.SourceIP[row], b.SourcePort[row], b.DestinationIP[row],
				b.DestinationPort[row], b.Transport[row], got, want)
		}
		if got != nil && v[1] == nil {
			computed++
		}
		row++
		return err
	})
	release()
	if err != nil || row != b.Rows() || computed < 500 {
		t.Fatalf("%d rows, %d ids computed, %v", row, computed, err)
	}
	for row, id := range b.CommunityID[:200] {
		if !id.IsSet() {
			continue
		}
		want := int64(0)
		for _, other := range b.CommunityID {
			if other == id {
				want++
			}
		}
		f := []event.Filter{{Field: communityName, Op: event.OpEqual, Values: []string{hex.EncodeToString(id[:])}},
			{Field: "cert.excluded", Op: event.OpNot, Values: []string{"nothing"}}}
		page, err := s.Events(t.Context(), event.Query{From: event.TimeUnset, To: event.TimeUnset, Filters: f, Limit: 1000, Fields: []string{communityName}})
		if err != nil || int64(page.Batch.Rows()) != want {
			t.Fatalf("row %d: %d records of %x, want %d: %v", row, page.Batch.Rows(), id, want, err)
		}
		for _, got := range page.Batch.CommunityID {
			if got != id {
				t.Fatalf("row %d: %x, want %x", row, got, id)
			}
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
