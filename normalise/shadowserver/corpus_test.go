// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/normalise"
)

func corpus(t testing.TB) string {
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, "shadowserver")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus (set HAIDANG_CORPUS): %v", err)
	}
	return dir
}

// records cuts a file into its header and rows, quoted line breaks and all.
func records(data []byte) (header []byte, rows [][]byte) {
	quoted, from := false, 0
	var all [][]byte
	for i, c := range data {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			if line := bytes.TrimRight(data[from:i], "\r"); len(line) > 0 {
				all = append(all, line)
			}
			from = i + 1
		}
	}
	if rest := bytes.TrimRight(data[from:], "\r\n"); len(rest) > 0 {
		all = append(all, rest)
	}
	return all[0], all[1:]
}

func context(t testing.TB, preamble []byte) *normalise.Context {
	t.Helper()
	c, err := normalise.NewContext(event.Sensor{Name: "feed"})
	if err != nil {
		t.Fatal(err)
	}
	c.Preamble = preamble
	return c
}

// shared are the fields of IntelMQ's Data Format that SCHEMA maps to fields of
// the record. Left out: feed.* and time.observation describe the import, not
// the row; geolocation.city and region, source.network and extra.* are no fields
// of the record (they are in the residual). classification.type "blacklist" is
// not a type of RSIT 1.3 and becomes other/other.
var shared = map[string]func(*event.Event) any{
	"source.ip":                  func(e *event.Event) any { return e.Source.IP.String() },
	"source.port":                func(e *event.Event) any { return float64(e.Source.Port) },
	"source.asn":                 func(e *event.Event) any { return float64(e.Source.AS) },
	"source.geolocation.cc":      func(e *event.Event) any { return e.Source.Country.String() },
	"source.reverse_dns":         func(e *event.Event) any { return e.Source.Domain },
	"source.fqdn":                func(e *event.Event) any { return e.Source.Domain },
	"source.url":                 func(e *event.Event) any { return e.URL },
	"destination.ip":             func(e *event.Event) any { return e.Destination.IP.String() },
	"destination.port":           func(e *event.Event) any { return float64(e.Destination.Port) },
	"destination.asn":            func(e *event.Event) any { return float64(e.Destination.AS) },
	"destination.geolocation.cc": func(e *event.Event) any { return e.Destination.Country.String() },
	"destination.fqdn":           func(e *event.Event) any { return e.Destination.Domain },
	"destination.url":            func(e *event.Event) any { return e.URL },
	"protocol.transport":         func(e *event.Event) any { return map[uint8]string{tcp: "tcp", udp: "udp"}[e.Transport] },
	"protocol.application":       func(e *event.Event) any { return e.Protocol },
	"malware.name":               func(e *event.Event) any { return strings.ToLower(e.Software) },
	"classification.identifier":  func(e *event.Event) any { return e.RuleID },
	"classification.taxonomy":    func(e *event.Event) any { return e.RSIT.Class() },
	"classification.type":        func(e *event.Event) any { return strings.TrimPrefix(e.RSIT.String(), e.RSIT.Class()+"/") },
	"time.source":                func(e *event.Event) any { return e.Time.Std().Format("2006-01-02T15:04:05+00:00") },
}

// Every row is stored, and what IntelMQ's expected events share with SCHEMA is
// equal, before our own tables replace the feed's country and AS.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus(t), "*.csv"))
	if len(files) != 7 {
		t.Fatalf("%d reports in the corpus, want 7", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			expected := expectedRows(t, strings.TrimSuffix(file, ".csv")+".expected.json")
			format := New()
			m := format.NewMapper()
			header, rows := records(data)
			c := context(t, header)
			compared := 0
			var e event.Event
			for i, r := range rows {
				e.Reset()
				if err := m.Map(r, c, &e); err != nil {
					t.Fatalf("row %d: %v", i+1, err)
				}
				if !strings.HasSuffix(strings.Replace(name, "event4", "event", 1), e.Action) {
					t.Errorf("row %d is taken for %s", i+1, e.Action)
				}
				if len(e.Residual) > 0 && !json.Valid(e.Residual) {
					t.Errorf("row %d: residual is no JSON: %s", i+1, e.Residual)
				}
				if want := expected[string(r)]; want != nil {
					compared++
					compare(t, i+1, want, &e)
				}
			}
			if compared != len(expected) || compared == 0 {
				t.Errorf("%d of %d expected rows compared", compared, len(expected))
			}
			if format.Unknown() != 0 {
				t.Errorf("%d rows of unknown reports", format.Unknown())
			}
		})
	}
}

// expectedRows gives IntelMQ's events by the row that they were made of.
func expectedRows(t *testing.T, path string) map[string]map[string]any {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Events []map[string]any `json:"EVENTS"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, e := range doc.Events {
		_, rows := records([]byte(e["raw_decoded"].(string)))
		out[string(rows[len(rows)-1])] = e
	}
	return out
}

func compare(t *testing.T, row int, want map[string]any, e *event.Event) {
	t.Helper()
	for field, get := range shared {
		w, ok := want[field]
		if !ok || field == "classification.type" && w == "blacklist" {
			continue
		}
		if got := get(e); got != w {
			t.Errorf("row %d: %s is %v, want %v", row, field, got, w)
		}
	}
}

func TestBlocklistNamesWholeNetworks(t *testing.T) {
	header := []byte(`"timestamp","ip","hostname","source","reason","asn","geo","region","city","naics","sic","sector","tag"`)
	var e event.Event
	e.Reset()
	if err := New().NewMapper().Map([]byte(`"2019-09-04 07:00:19","198.123.245.0/24",,"A","B",1,"VN",,,,,,`), context(t, header), &e); err != nil {
		t.Fatal(err)
	}
	if e.Source.IP.IsSet() || !strings.Contains(string(e.Residual), `"ip":"198.123.245.0/24"`) {
		t.Errorf("source %s, residual %s", e.Source.IP, e.Residual)
	}
	if e.Time.Std() != time.Date(2019, 9, 4, 7, 0, 19, 0, time.UTC) {
		t.Errorf("time %s", e.Time)
	}
}
