// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// expected is what an independent script counted.
type expected struct {
	Lines      int64
	Unparsable int64
	Types      map[string]int64
	Top        map[string]int64 `json:"alerts_by_sid_top20"`
	Sources    int64            `json:"distinct_src_ip"`
}

// files of the corpus that our formats read.
func expectations(t *testing.T) map[string]expected {
	raw, err := os.ReadFile(corpus(t, "expected_counts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]expected
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(all, func(name string, _ expected) bool {
		return !strings.HasPrefix(name, "suricata/") && !strings.HasPrefix(name, "honeypot/cowrie")
	})
	if len(all) < 4 {
		t.Fatalf("%d files expected under suricata/ and honeypot/cowrie", len(all))
	}
	return all
}

func formatOf(name string) string {
	if strings.Contains(name, "cowrie") {
		return "cowrie"
	}
	return "eve"
}

// check compares what the observatory answers about one sensor with the counts.
func check(t *testing.T, o *observatory, sensor string, want expected) {
	t.Helper()
	q := "observer.name=" + sensor
	if got := o.count(q, "records"); got != want.Lines {
		t.Errorf("%d records, want %d", got, want.Lines)
	}
	types := o.by("event.action", q)
	if !maps.Equal(types, want.Types) {
		t.Errorf("types %v, want %v", types, want.Types)
	}
	rules := o.by("rule.id", q+"&event.action=alert")
	for id, n := range want.Top {
		if rules[id] != n {
			t.Errorf("rule %s: %d, want %d", id, rules[id], n)
		}
	}
	if got := o.count(q, "sources"); got != want.Sources {
		t.Errorf("%d distinct sources, want %d", got, want.Sources)
	}
	o.balanced(sensor)
}

func TestCorpusByHTTP(t *testing.T) {
	o := begin(t)
	files := expectations(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := files[name]
		t.Run(filepath.Base(name), func(t *testing.T) {
			sensor := "http-" + strings.ToLower(strings.NewReplacer("/", "-", ".", "-").Replace(name))
			token := o.enrol(sensor)
			raw, err := os.ReadFile(corpus(t, name))
			if err != nil {
				t.Fatal(err)
			}
			r := o.post(formatOf(name), token, bytes.NewReader(raw), "Idempotency-Key", "once")
			if r.Status != 200 || r.Records != want.Lines || r.Bytes != int64(len(raw)) || r.Duplicate {
				t.Fatalf("%+v, want %d records and %d bytes", r, want.Lines, len(raw))
			}
			if out := o.committed(r.Batch); out.Stored != want.Lines || len(out.Quarantined) != 0 {
				t.Fatalf("%+v", out)
			}
			check(t, o, sensor, want)
			again := o.post(formatOf(name), token, bytes.NewReader(raw), "Idempotency-Key", "once")
			if again.Status != 200 || !again.Duplicate || again.Batch != r.Batch {
				t.Fatalf("the same again: %+v", again)
			}
			o.flush()
			checkRecords(t, o, sensor, want.Lines)
		})
	}
}

// flush waits until everything acknowledged so far is committed, by sending one
// more batch behind it.
func (o *observatory) flush() {
	o.t.Helper()
	token := o.enrolOnce("flush")
	r := o.post("eve", token, strings.NewReader(`{"timestamp":"2026-01-01T00:00:00Z","event_type":"stats"}`+"\n"))
	if r.Status != 200 {
		o.t.Fatalf("%+v", r)
	}
	o.committed(r.Batch)
}

func (o *observatory) enrolOnce(name string) string {
	out, _, err := o.try("sensor", "enrol", name, "--data", o.data)
	if err != nil {
		out = o.run("sensor", "rotate", name, "--data", o.data)
	}
	return strings.TrimSpace(out)
}

func checkRecords(t *testing.T, o *observatory, sensor string, want int64) {
	t.Helper()
	if got := o.count("observer.name="+sensor, "records"); got != want {
		t.Errorf("%d records after a duplicate, want %d", got, want)
	}
	o.balanced(sensor)
}

func TestCorpusByImport(t *testing.T) {
	o := begin(t)
	files := expectations(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := files[name]
		t.Run(filepath.Base(name), func(t *testing.T) {
			sensor := "import-" + strings.ToLower(strings.NewReplacer("/", "-", ".", "-").Replace(name))
			args := []string{"import", "--data", o.data, "--sensor", sensor, formatOf(name), corpus(t, name)}
			o.run(args...)
			check(t, o, sensor, want)
			o.run(args...) // once is once
			checkRecords(t, o, sensor, want.Lines)
		})
	}
}

// JSON arrays and gzip archives: every record in is a record stored.
func TestArchivesByImport(t *testing.T) {
	o := begin(t)
	arrays, err := filepath.Glob(filepath.Join(corpus(t, "suricata/frankhassanabad"), "*", "*.json"))
	if err != nil || len(arrays) == 0 {
		t.Fatalf("%d arrays: %v", len(arrays), err)
	}
	var want int64
	for _, f := range arrays {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(raw, &rows); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		want += int64(len(rows))
	}
	o.run(append([]string{"import", "--data", o.data, "--sensor", "arrays", "eve"}, arrays...)...)
	if got := o.count("observer.name=arrays", "records"); got != want {
		t.Errorf("%d records of %d arrays, want %d", got, len(arrays), want)
	}
	o.balanced("arrays")

	gz := corpus(t, "suricata/vast/pcap/suricata/eve.json.gz")
	o.run("import", "--data", o.data, "--sensor", "archive", "eve", gz)
	if got, want := o.count("observer.name=archive", "records"), gunzippedLines(t, gz); got != want {
		t.Errorf("%d records of the archive, want %d", got, want)
	}
	o.balanced("archive")
}

// Shadowserver's reports: every row is stored, under the report that the file's
// name says.
func TestShadowserverByImport(t *testing.T) {
	o := begin(t)
	files, err := filepath.Glob(filepath.Join(corpus(t, "shadowserver"), "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d reports: %v", len(files), err)
	}
	for _, f := range files {
		report := strings.TrimSuffix(filepath.Base(f), ".csv")
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(bytes.NewReader(raw))
		rows.FieldsPerRecord = -1
		want, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		sensor := "ss-" + strings.ReplaceAll(report, "_", "-")
		o.run("import", "--data", o.data, "--sensor", sensor, "shadowserver", f)
		if got := o.count("observer.name="+sensor, "records"); got != int64(len(want)-1) {
			t.Errorf("%s: %d records, want %d", report, got, len(want)-1)
		}
		o.balanced(sensor)
	}
}
