// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/normalise"
)

// corpusDir is where the telemetry lies that nobody here wrote.
func corpusDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(dir) { // from the root of the repository
		dir = filepath.Join("..", "..", dir)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus at %s: set HAIDANG_CORPUS", dir)
	}
	return dir
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var corpusNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// normaliseAll maps a whole file in chunks of at most 1 MiB.
func normaliseAll(t testing.TB, data []byte, s event.Sensor) (*event.Batch, []event.Reject) {
	t.Helper()
	n := normalise.New(normalise.Config{IDKey: []byte("test")}, New())
	w := n.Worker()
	b, rejects := &event.Batch{}, []event.Reject(nil)
	for seq := event.Position(1); len(data) > 0; seq++ {
		end := len(data)
		if end > 1<<20 {
			end = bytes.LastIndexByte(data[:1<<20], '\n') + 1
		}
		c := &event.Chunk{
			Delivery: event.Delivery{Sensor: s.Name, Format: "eve"}, Seq: seq, Data: data[:end], Ingested: event.TimeOf(corpusNow),
		}
		rejects = w.Chunk(c, s, b, rejects)
		data = data[end:]
	}
	return b, rejects
}

// expected is what an independent script counted.
type expected struct {
	Lines         int            `json:"lines"`
	Types         map[string]int `json:"types"`
	AlertsBySID   map[string]int `json:"alerts_by_sid_top20"`
	DistinctSrcIP int            `json:"distinct_src_ip"`
	First, Last   string
}

func TestCorpusCounts(t *testing.T) {
	dir := corpusDir(t)
	var counts map[string]expected
	if err := json.Unmarshal(read(t, filepath.Join(dir, "expected_counts.json")), &counts); err != nil {
		t.Fatal(err)
	}
	files := 0
	for name, want := range counts {
		if !strings.HasPrefix(name, "suricata/") {
			continue
		}
		files++
		t.Run(name, func(t *testing.T) {
			b, rejects := normaliseAll(t, read(t, filepath.Join(dir, name)), event.Sensor{Name: "corpus"})
			if len(rejects) > 0 {
				t.Fatalf("%d rejects, the first: %+v", len(rejects), rejects[0])
			}
			compare(t, b, want)
		})
	}
	if files == 0 {
		t.Fatal("expected_counts.json names no file under suricata/")
	}
}

func compare(t *testing.T, b *event.Batch, want expected) {
	t.Helper()
	if b.Rows() != want.Lines {
		t.Errorf("%d events of %d lines", b.Rows(), want.Lines)
	}
	types, rules := map[string]int{}, map[string]int{}
	sources := map[event.Addr]bool{}
	for row := range b.Rows() {
		types[b.Action.At(row)]++
		if b.Action.At(row) == "alert" {
			rules[b.RuleID.At(row)]++
		}
		if b.SourceIP[row].IsSet() {
			sources[b.SourceIP[row]] = true
		}
	}
	if len(types) != len(want.Types) {
		t.Errorf("event types %v, want %v", types, want.Types)
	}
	for name, n := range want.Types {
		if types[name] != n {
			t.Errorf("%d events of type %s, want %d", types[name], name, n)
		}
	}
	for sid, n := range want.AlertsBySID {
		if rules[sid] != n {
			t.Errorf("%d alerts of rule %s, want %d", rules[sid], sid, n)
		}
	}
	if len(sources) != want.DistinctSrcIP {
		t.Errorf("%d distinct sources, want %d", len(sources), want.DistinctSrcIP)
	}
}

func TestCorpusArrays(t *testing.T) {
	dir := corpusDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "suricata", "frankhassanabad", "*", "alerts-only.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no arrays: %v", err)
	}
	for _, file := range files {
		var records []json.RawMessage
		if err := json.Unmarshal(read(t, file), &records); err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		for _, r := range records {
			if err := json.Compact(&lines, r); err != nil {
				t.Fatal(err)
			}
			lines.WriteByte('\n')
		}
		b, rejects := normaliseAll(t, lines.Bytes(), event.Sensor{Name: "corpus"})
		if len(rejects) > 0 || b.Rows() != len(records) {
			t.Errorf("%s: %d events and %d rejects of %d records", file, b.Rows(), len(rejects), len(records))
		}
		for row := range b.Rows() {
			if b.Action.At(row) != "alert" || b.RuleID.At(row) == "" || b.Affected[row] == event.SideUnset || b.Severity[row] == 0 {
				t.Errorf("%s: record %d is not decided", file, row)
			}
		}
	}
}

func TestCorpusGzip(t *testing.T) {
	path := filepath.Join(corpusDir(t), "suricata", "vast", "pcap", "suricata", "eve.json.gz")
	z, err := gzip.NewReader(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	b, rejects := normaliseAll(t, data, event.Sensor{Name: "corpus"})
	if n := len(bytes.Fields(bytes.ReplaceAll(data, []byte(" "), nil))); len(rejects) > 0 || b.Rows() != n || n == 0 {
		t.Errorf("%d events and %d rejects of %d lines", b.Rows(), len(rejects), n)
	}
}
