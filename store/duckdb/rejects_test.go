// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"os"
	"path/filepath"
	"testing"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/manifest"
)

// Who asks for one reason, as every start does, reads no file in which nothing was
// quarantined for it; a file of which nobody noted the reasons is read.
func TestRejectsOfOneReason(t *testing.T) {
	dir := t.TempDir()
	s := New(Config{Dir: dir, NoMerge: true}, Dependencies{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop(t.Context()) }()
	for i, reasons := range [][]event.Reason{
		{event.ReasonTime, event.ReasonField}, {event.ReasonLabel, event.ReasonTime}, {event.ReasonField},
	} {
		c := store.Commit{Position: event.Position(i + 1)}
		for n, why := range reasons {
			c.Rejects = append(c.Rejects, event.Reject{Sensor: "hn-1", Reason: why, Batch: "b", Line: int64(n), At: event.Time(i + 1)})
		}
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	files := s.states.manifest().Rejects
	for _, f := range []manifest.Rejects{files[0], files[2]} {
		if err := os.Truncate(filepath.Join(dir, f.Name), 1); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.Rejects(t.Context(), store.RejectQuery{Reason: event.ReasonLabel})
	if err != nil || len(p.Rejects) != 1 || p.Rejects[0].Reason != event.ReasonLabel {
		t.Fatalf("%+v, %v: want the marked record, from the only file that has one", p, err)
	}
	if _, err := s.Rejects(t.Context(), store.RejectQuery{Reason: event.ReasonField}); err == nil {
		t.Error("a damaged file that has the reason was not read")
	}
	joined := files[0].Join(files[1])
	if !joined.May(event.ReasonLabel) || joined.May(event.ReasonUTF8) {
		t.Errorf("joined files hold %q", joined.Reasons)
	}
	files[0].Reasons = nil // as an older program wrote it
	if joined = files[0].Join(files[1]); !joined.May(event.ReasonUTF8) {
		t.Errorf("files of which one may hold any reason, joined, hold %q only", joined.Reasons)
	}
}
