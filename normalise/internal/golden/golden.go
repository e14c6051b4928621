// SPDX-License-Identifier: Apache-2.0

// Package golden runs the golden cases of a format: one file an example, the
// raw record and the record expected of it together.
//
// A folder of *.txtar files and a format come in; test failures go out. It may
// not be used outside tests. A file begins with a sentence that says what the
// case shows; its sections are
//
//	-- record --      one raw record
//	-- preamble --    CSV only: the header row
//	-- sensor.json -- optional: the enrolled sensor, and "members", networks of members
//	-- event.json --  expected: all fields that are set, by their names
//	-- reject.json -- or expected: reason and detail of the quarantine
//
// What all formats share (event.id, event.hash, event.ingested, observer.name,
// cert.raw.*) is tested by package normalise and left out. `go test -update`
// writes the expectations anew; look at the difference before committing it.
package golden

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"haidang/event"
	"haidang/normalise"
)

var update = flag.Bool("update", false, "write the expectations of golden cases anew")

// Now is when the records of golden cases are journalled.
var Now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sensor is the section sensor.json.
type sensor struct {
	event.Sensor
	Members []string `json:"members,omitempty"`
}

// Run runs all cases of a folder; there must be at least `atLeast`.
func Run(t *testing.T, dir string, f normalise.Format, atLeast int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < atLeast {
		t.Fatalf("%d golden cases in %s, at least %d are expected", len(files), dir, atLeast)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runFile(t, file, f) })
	}
}

func runFile(t *testing.T, file string, f normalise.Format) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.Fields(string(a.Comment))) < 3 {
		t.Error("the file does not begin with a sentence that says what it shows")
	}
	name, got := Map(t, a, f)
	for i, s := range a.Files {
		if s.Name != "event.json" && s.Name != "reject.json" {
			continue
		}
		if *update {
			a.Files[i] = txtar.File{Name: name, Data: got}
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if s.Name != name {
			t.Fatalf("expected %s, got %s:\n%s", s.Name, name, got)
		}
		if d := cmp.Diff(string(s.Data), string(got)); d != "" {
			t.Errorf("expected (-) and got (+):\n%s", d)
		}
		return
	}
	if !*update {
		t.Fatal("no event.json and no reject.json")
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: got})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Map sends a case's record through the normaliser; it gives the name of the
// section that the outcome belongs into, and its text.
func Map(t testing.TB, a *txtar.Archive, f normalise.Format) (name string, text []byte) {
	t.Helper()
	s := sensor{Sensor: event.Sensor{Name: "golden"}}
	chunk := event.Chunk{
		Delivery: event.Delivery{Sensor: "golden", Door: "test", Format: f.Name()},
		Seq:      1, Records: 1, Ingested: event.TimeOf(Now),
	}
	for _, file := range a.Files {
		switch file.Name {
		case "record":
			chunk.Data = file.Data
		case "preamble":
			chunk.Preamble = file.Data
		case "sensor.json":
			if err := json.Unmarshal(file.Data, &s); err != nil {
				t.Fatalf("sensor.json: %v", err)
			}
		}
	}
	n := normalise.New(normalise.Config{IDKey: []byte("golden"), Now: func() time.Time { return Now }, Internal: members(t, s.Members)}, f)
	var b event.Batch
	rejects := n.Chunk(&chunk, s.Sensor, &b, nil)
	if b.Rows()+len(rejects) != 1 {
		t.Fatalf("one record became %d events and %d rejects", b.Rows(), len(rejects))
	}
	if len(rejects) == 1 {
		return "reject.json", indent(t, map[string]any{"reason": rejects[0].Reason, "detail": rejects[0].Detail})
	}
	return "event.json", indent(t, Row(t, &b, 0))
}

func members(t testing.TB, networks []string) func(event.Addr) bool {
	t.Helper()
	var prefixes []netip.Prefix
	for _, n := range networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			t.Fatalf("sensor.json: members: %v", err)
		}
		prefixes = append(prefixes, p)
	}
	return func(a event.Addr) bool {
		for _, p := range prefixes {
			if p.Contains(a.Netip()) {
				return true
			}
		}
		return false
	}
}

func indent(t testing.TB, v any) []byte {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}
