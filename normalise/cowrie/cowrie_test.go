// SPDX-License-Identifier: Apache-2.0

package cowrie

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

func corpus(t testing.TB) string {
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus (set HAIDANG_CORPUS): %v", err)
	}
	return dir
}

func context(t testing.TB) *normalise.Context {
	t.Helper()
	c, err := normalise.NewContext(event.Sensor{Name: "pot", Country: "VN", Zone: "Asia/Ho_Chi_Minh"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Lines, lines by event id and distinct sources are those that an independent
// count found.
func TestCorpusCounts(t *testing.T) {
	dir := corpus(t)
	raw, err := os.ReadFile(filepath.Join(dir, "expected_counts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var counts map[string]struct {
		Lines       int
		Types       map[string]int
		Distinct    int `json:"distinct_src_ip"`
		First, Last string
	}
	if err := json.Unmarshal(raw, &counts); err != nil {
		t.Fatal(err)
	}
	const name = "honeypot/cowrie/cowrie.json.2020-03-19"
	want := counts[name]
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	types, sources := map[string]int{}, map[event.Addr]bool{}
	lines := 0
	m, c := New().NewMapper(), context(t)
	var e event.Event
	var first, last event.Time
	for s := bufio.NewScanner(f); s.Scan(); lines++ {
		e.Reset()
		if err := m.Map(s.Bytes(), c, &e); err != nil {
			t.Fatalf("line %d: %v", lines+1, err)
		}
		types[strings.Clone(e.Action)]++
		sources[e.Source.IP] = true
		if lines == 0 {
			first = e.Time
		}
		last = max(last, e.Time)
		if len(e.Residual) > 0 && !json.Valid(e.Residual) {
			t.Errorf("line %d: residual is no JSON: %s", lines+1, e.Residual)
		}
		if attack := e.Stage == event.StageAttempt; attack != (e.Affected == event.SideDestination) || attack != (e.RSIT != 0) {
			t.Errorf("line %d: %s %s %s", lines+1, e.Stage, e.Affected, e.RSIT)
		}
	}
	if lines != want.Lines || len(sources) != want.Distinct {
		t.Errorf("%d lines, %d sources; want %d and %d", lines, len(sources), want.Lines, want.Distinct)
	}
	if d := cmp.Diff(want.Types, types); d != "" {
		t.Error(d)
	}
	if first.String() != want.First || last.String() != want.Last {
		t.Errorf("from %s to %s, want %s to %s", first, last, want.First, want.Last)
	}
}

// golden is one case: a line and what must become of it. A new case is a new
// file in testdata.
type golden struct {
	Input    json.RawMessage   `json:"input"`
	Expected map[string]string `json:"expected"`
	Residual json.RawMessage   `json:"residual,omitempty"`
}

func TestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 10 {
		t.Fatalf("%d golden cases", len(files))
	}
	m, c := New().NewMapper(), context(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(raw, &g); err != nil {
				t.Fatal(err)
			}
			var e event.Event
			e.Reset()
			if err := m.Map(g.Input, c, &e); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(g.Expected, texts(&e)); d != "" {
				t.Error(d)
			}
			var want, got any
			_ = json.Unmarshal(g.Residual, &want)
			_ = json.Unmarshal(e.Residual, &got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("residual: %s", d)
			}
		})
	}
}

// texts gives the fields that are set, except those that are the same for all.
func texts(e *event.Event) map[string]string {
	out := map[string]string{}
	for name, v := range map[string]string{
		"@timestamp": e.Time.String(), "event.start": e.Start.String(), "event.action": e.Action,
		"event.outcome": e.Outcome.String(), "event.kind": e.Kind.String(), "source.ip": e.Source.IP.String(),
		"source.domain": e.Source.Domain, "destination.ip": e.Destination.IP.String(),
		"destination.geo": e.Destination.Country.String(), "network.protocol": e.Protocol,
		"user.name": e.User, "process.command_line": e.CommandLine, "url.full": e.URL,
		"file.hash.sha256": e.FileSHA256.String(), "threat.technique.id": strings.Join(e.Techniques, " "),
		"vulnerability.id": strings.Join(e.Vulnerabilities, " "), "cert.rsit": e.RSIT.String(),
		"cert.stage": e.Stage.String(), "cert.affected": e.Affected.String(), "hosting.confirmed": e.Confirmed.String(),
	} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

func TestTimes(t *testing.T) {
	for in, want := range map[string]string{
		"2026-05-01T02:03:04.123456Z": "2026-05-01T02:03:04.123456Z",
		"2026-05-01T02:03:04+0700":    "2026-04-30T19:03:04Z",
		"2026-05-01T02:03:04.5+07:00": "2026-04-30T19:03:04.5Z",
		"2026-05-01T02:03:04.000001":  "2026-04-30T19:03:04.000001Z", // in the sensor's zone
		"1969-12-31T23:59:59Z":        "",
		"3000-01-01T00:00:00Z":        "",
		"yesterday":                   "",
		"":                            "",
	} {
		var e event.Event
		e.Reset()
		err := New().NewMapper().Map([]byte(`{"eventid":"cowrie.x","timestamp":"`+in+`"}`), context(t), &e)
		var reject *normalise.RejectError
		if want == "" {
			if !errors.As(err, &reject) || reject.Reason != event.ReasonTime {
				t.Errorf("%q: %v", in, err)
			}
		} else if err != nil || e.Time.String() != want {
			t.Errorf("%q: %s (%v), want %s", in, e.Time, err, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		`"duration":1.5`: 1500 * time.Millisecond, `"duration":"2"`: 2 * time.Second, `"duration_ms":250`: 250 * time.Millisecond,
		`"duration":-1`: 0, `"duration":"NaN"`: 0, `"duration":1e300`: 0, `"duration_ms":1e30`: 0, `"duration":true`: 0,
	} {
		var e event.Event
		e.Reset()
		if err := New().NewMapper().Map([]byte(`{"eventid":"cowrie.session.closed","timestamp":"2026-05-01T02:03:04Z",`+in+`}`), context(t), &e); err != nil {
			t.Fatal(err)
		}
		got := time.Duration(0)
		if e.Start.IsSet() {
			got = time.Duration(e.End - e.Start)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestRejects(t *testing.T) {
	for line, want := range map[string]event.Reason{
		`{"eventid":"cowrie.x"`:     event.ReasonNotJSON,
		`{"eventid":"cowrie.x"} {}`: event.ReasonNotJSON,
		`[]`:                        event.ReasonNotObject,
		`{"eventid":"cowrie.x","eventid":"cowrie.y"}`:                            event.ReasonDuplicate,
		"{\"eventid\":\"cowrie.\xff\"}":                                          event.ReasonUTF8,
		`{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`:      event.ReasonDepth,
		`{"event_type":"alert"}`:                                                 event.ReasonWrongFormat,
		`{"eventid":7}`:                                                          event.ReasonWrongFormat,
		`{"eventid":"cowrie.x"}`:                                                 event.ReasonTime,
		`{"eventid":"cowrie.x","timestamp":"2026-05-01T02:03:04Z","src_ip":"x"}`: event.ReasonField,
	} {
		var e event.Event
		e.Reset()
		err := New().NewMapper().Map([]byte(line), context(t), &e)
		var reject *normalise.RejectError
		if !errors.As(err, &reject) || reject.Reason != want {
			t.Errorf("%.80s: %v, want %s", line, err, want)
		}
	}
}

// Every id in the table is a Cowrie id, and attempts are whole.
func TestKinds(t *testing.T) {
	if len(kinds) < 47 {
		t.Errorf("%d event ids", len(kinds))
	}
	for id, k := range kinds {
		if !strings.HasPrefix(id, "cowrie.") || k.category == 0 || k.severity == 0 {
			t.Errorf("%s: %+v", id, k)
		}
		if k.rsit == event.RSITUnset && k.technique != "" {
			t.Errorf("%s: a technique without an attempt", id)
		}
	}
}

const line = `{"eventid":"cowrie.login.success","username":"root","timestamp":"2020-03-19T03:03:36.544748Z","message":"login attempt [root/!@] succeeded","src_ip":"49.88.112.111","src_port":43854,"dst_ip":"10.1.1.3","dst_port":2222,"protocol":"ssh","session":"00e3a3662dfb","password":"!@","sensor":"svrvmcw"}`

func TestMapDoesNotAllocate(t *testing.T) {
	m, c, e, data := New().NewMapper(), context(t), new(event.Event), []byte(line)
	if n := testing.AllocsPerRun(100, func() {
		e.Reset()
		if err := m.Map(data, c, e); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
}

func FuzzMap(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte(line))
	f.Add([]byte(`{"eventid":"cowrie.direct-tcpip.request","timestamp":"2020-03-19T03:03:36Z","dst_ip":"::1","dst_port":25,"src_ip":"1.2.3.4"}`))
	f.Add([]byte(`{"eventid":"cowrie.log.closed","timestamp":"2020-03-19T03:03:36","shasum":"` + strings.Repeat("0", 64) + `","duration":"1.0"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := context(t)
		var e event.Event
		e.Reset()
		if err := New().NewMapper().Map(data, c, &e); err != nil {
			return
		}
		if !e.Time.IsSet() || e.Action == "" || e.Stage == event.StageUnset {
			t.Fatalf("accepted without the least: %+v", e)
		}
		if len(e.Residual) > 0 && !json.Valid(e.Residual) {
			t.Fatalf("residual is no JSON: %s", e.Residual)
		}
	})
}

func BenchmarkMap(b *testing.B) {
	m, c, e, data := New().NewMapper(), context(b), new(event.Event), []byte(line)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		e.Reset()
		if err := m.Map(data, c, e); err != nil {
			b.Fatal(err)
		}
	}
}
