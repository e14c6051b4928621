// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/classify"
	"haidang/event"
	"haidang/release"
)

// counting is a measure whose picture moves a little every time it is asked.
type counting struct {
	mu    sync.Mutex
	asked int64
}

func (c *counting) Picture() event.Picture {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	p := event.Picture{
		At: event.TimeOf(time.Now()), Home: event.MustCountry("VN"), Replay: true, Rate: float64(c.asked) / 3,
		LastEvent: event.TimeOf(time.Now()), Today: event.Totals{Attacks: c.asked},
		Hosting: []event.Count{{Key: "CN", Events: 1000 + c.asked}, {Key: "US", Events: 900}},
		Kinds:   []event.Count{{Key: `in"jec</script>`, Events: c.asked}},
		Flows:   []event.Flow{{From: event.MustCountry("CN"), To: event.MustCountry("VN"), Kind: event.RSITBruteForce, Events: 5}},
	}
	for i := range 60 {
		p.Minutes = append(p.Minutes, event.Minute{Start: p.At/60e9*60e9 - event.Time(59-i)*60e9, Attacks: int64(i)})
	}
	if c.asked%5 == 0 {
		p.Hosting = p.Hosting[:1]
	}
	return p
}

func newServer(t testing.TB, cfg Config, m classify.Measure) *Server {
	t.Helper()
	s, err := New(cfg, Dependencies{Gate: classify.NewGate(m, nil, nil), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// sink is a reader's connection. With a gate it waits before every write.
type sink struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	head   http.Header
	status int
	gate   chan struct{}
}

func newSink() *sink { return &sink{head: http.Header{}, status: 200} }

func (s *sink) Header() http.Header  { return s.head }
func (s *sink) WriteHeader(code int) { s.status = code }
func (s *sink) Flush()               {}
func (s *sink) Write(p []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// follow connects a reader until its context ends.
func follow(ctx context.Context, s *Server, w http.ResponseWriter, encoding string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/live", nil)
	r.Header.Set("Accept-Encoding", encoding)
	go s.ServeHTTP(w, r)
}

type message struct {
	sort string
	id   int
	data map[string]any
}

func parse(t testing.TB, stream string) (out []message) {
	t.Helper()
	for block := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		var m message
		for line := range strings.SplitSeq(block, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "event":
				m.sort = value
			case "id":
				if _, err := fmt.Sscan(value, &m.id); err != nil {
					t.Fatal(err)
				}
			case "data":
				if err := json.Unmarshal([]byte(value), &m.data); err != nil {
					t.Fatalf("%v in %q", err, value)
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// merge does what a browser does with a message; see web/src/picture.ts.
func merge(into map[string]any, m message) map[string]any {
	if m.sort == "s" {
		into = map[string]any{}
		for _, n := range tableNames {
			into[n] = map[string]any{}
		}
	}
	for name, v := range m.data {
		rows, isTable := into[name].(map[string]any)
		if !isTable {
			into[name] = v
			continue
		}
		for key, n := range v.(map[string]any) {
			if n == nil {
				delete(rows, key)
			} else {
				rows[key] = n
			}
		}
	}
	return into
}

func TestDifferencesAddUpToTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &counting{}
		s := newServer(t, Config{}, m)
		ctx, cancel := context.WithCancel(t.Context())
		w := newSink()
		follow(ctx, s, w, "")
		time.Sleep(9 * time.Second)
		synctest.Wait()
		messages := parse(t, w.text())
		if len(messages) < 35 || messages[0].sort != "s" || messages[1].sort != "d" {
			t.Fatalf("%d messages, the first %q", len(messages), messages[0].sort)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		later := parse(t, w.text())
		var merged map[string]any
		wholes := 0
		for i, msg := range later {
			if msg.id != i+1 {
				t.Errorf("message %d has id %d", i, msg.id)
			}
			if msg.sort == "s" {
				if wholes++; wholes == 2 {
					// What the differences made must be what the whole says,
					// but for what moved in this very tick.
					for _, name := range []string{"home", "replay", "minutes"} {
						if fmt.Sprint(merged[name]) != fmt.Sprint(merge(nil, msg)[name]) {
							t.Errorf("%s: merged %v, whole %v", name, merged[name], msg.data[name])
						}
					}
				}
			}
			merged = merge(merged, msg)
		}
		if wholes != 2 {
			t.Errorf("%d whole states in 11 s", wholes)
		}
		want := stateOf(s.dep.Gate.Picture(classify.Nobody()), s.prev, nil)
		m.mu.Lock()
		asked := m.asked
		m.mu.Unlock()
		if got := merged["today"].([]any)[0].(float64); int64(got) != asked-1 {
			t.Errorf("merged today %v, asked %d", got, asked)
		}
		if len(want.tables["minutes"]) != len(merged["minutes"].(map[string]any)) {
			t.Errorf("%d minutes, want %d", len(merged["minutes"].(map[string]any)), len(want.tables["minutes"]))
		}
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

func TestMergedTableEqualsWholeTable(t *testing.T) {
	// Two states, one with fewer lines: the difference takes them away.
	table := func(k ...string) map[string]string {
		out := map[string]string{}
		for _, s := range k {
			out[s] = "1"
		}
		return out
	}
	for _, c := range []struct {
		prev, now map[string]string
		want      string
	}{
		{table("a"), table("a"), ""},
		{table(), table("b", "a"), `{"a":1,"b":1}`},
		{table("a", "b"), table("b"), `{"a":null}`},
		{table(`<&">`), table(), `{"\u003c\u0026\"\u003e":null}`},
	} {
		if got := string(tableSince(c.now, c.prev)); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.prev, c.now, got, c.want)
		}
	}
}

func TestLateReaderKnowsAsMuchAsEarlyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{}, &counting{})
		ctx, cancel := context.WithCancel(t.Context())
		early, late, packed := newSink(), newSink(), newSink()
		follow(ctx, s, early, "")
		time.Sleep(3 * time.Second)
		follow(ctx, s, late, "identity")
		follow(ctx, s, packed, "br, gzip")
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if late.text() != early.text() {
			t.Error("the late reader's stream differs from the early one's")
		}
		z, err := gzip.NewReader(strings.NewReader(packed.text()))
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a stream that goes on ended with %v", err)
		}
		if string(unpacked) != early.text() {
			t.Errorf("the compressed stream gives %d bytes, the plain one %d", len(unpacked), early.buf.Len())
		}
		if packed.head.Get("Content-Encoding") != "gzip" || late.head.Get("Content-Encoding") != "" {
			t.Error("wrong Content-Encoding")
		}
		t.Logf("18 s: plain %d bytes, compressed %d", early.buf.Len(), packed.buf.Len())
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

func TestSlowReaderHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{Queue: 4}, &counting{})
		ctx, cancel := context.WithCancel(t.Context())
		slow, quick := newSink(), newSink()
		slow.gate = make(chan struct{})
		follow(ctx, s, slow, "")
		follow(ctx, s, quick, "")
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if n := len(parse(t, quick.text())); n < 32 {
			t.Errorf("the quick reader had %d messages in 8 s", n)
		}
		if testutil.ToFloat64(s.met.dropped) == 0 {
			t.Error("nothing was dropped for the slow reader")
		}
		close(slow.gate) // it wakes up, and goes on at the next whole state
		time.Sleep(5 * time.Second)
		synctest.Wait()
		gap := false
		last := 0
		for _, m := range parse(t, slow.text()) {
			if m.id != last+1 {
				gap = true
				if m.sort != "s" {
					t.Errorf("after a gap, message %d is %q", m.id, m.sort)
				}
			}
			last = m.id
		}
		if !gap {
			t.Error("the slow reader missed nothing: the test shows nothing")
		}
		if quickLast := parse(t, quick.text()); quickLast[len(quickLast)-1].id != last {
			t.Errorf("the slow reader is at %d, the quick one at %d", last, quickLast[len(quickLast)-1].id)
		}
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

func TestReadersAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{Readers: 2}, &counting{})
		ctx, cancel := context.WithCancel(t.Context())
		sinks := []*sink{newSink(), newSink(), newSink()}
		for _, w := range sinks {
			follow(ctx, s, w, "")
			synctest.Wait()
		}
		if sinks[2].status != http.StatusServiceUnavailable || sinks[2].head.Get("Retry-After") == "" {
			t.Errorf("the third reader got %d", sinks[2].status)
		}
		cancel()
		synctest.Wait()
		if n := testutil.ToFloat64(s.met.readers); n != 0 {
			t.Errorf("%v readers are left", n)
		}
		again := newSink()
		ctx, cancel = context.WithCancel(t.Context())
		follow(ctx, s, again, "")
		synctest.Wait()
		if again.status != http.StatusOK || len(parse(t, again.text())) != 1 {
			t.Error("a place that became free was not given away")
		}
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

func TestStopEndsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{}, &counting{})
		done := make(chan struct{})
		go func() {
			s.ServeHTTP(newSink(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live", nil))
			close(done)
		}()
		synctest.Wait()
		stop(t, s)
		<-done
	})
}

func TestQuietPictureSendsOnlyWholes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Flows carry their second, so a picture without any is used.
		s := newServer(t, Config{}, still{})
		ctx, cancel := context.WithCancel(t.Context())
		w := newSink()
		follow(ctx, s, w, "")
		time.Sleep(21 * time.Second)
		synctest.Wait()
		for _, m := range parse(t, w.text()) {
			if m.sort != "s" {
				t.Errorf("message %d is a difference: %v", m.id, m.data)
			}
		}
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

type still struct{}

func (still) Picture() event.Picture {
	return event.Picture{At: event.TimeOf(time.Now()), LastEvent: event.TimeUnset}
}

func TestFlowsAreSentOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{}, &counting{})
		ctx, cancel := context.WithCancel(t.Context())
		w := newSink()
		follow(ctx, s, w, "")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen := map[float64]int{}
		for _, m := range parse(t, w.text()) {
			if f, ok := m.data["flows"].(map[string]any); ok {
				seen[f["s"].(float64)]++
			}
		}
		if len(seen) < 5 {
			t.Errorf("flows of %d seconds in 5 s", len(seen))
		}
		for second, n := range seen {
			if n != 1 {
				t.Errorf("the flows of second %v were sent %d times", second, n)
			}
		}
		cancel()
		stop(t, s)
		synctest.Wait()
	})
}

func TestFlowsOfAPairAreOneLine(t *testing.T) {
	flow := func(from, to string, kind event.RSIT, n int64) event.Flow {
		return event.Flow{From: event.MustCountry(from), To: event.MustCountry(to), Kind: kind, Events: n}
	}
	p := event.Picture{At: 7_500_000_000, FlowsRest: 9, Flows: []event.Flow{flow("CN", "VN", event.RSITScanner, 5),
		flow("US", "VN", event.RSITExploit, 4), flow("US", "VN", event.RSITScanner, 3), flow("US", "SG", event.RSITScanner, 1)}}
	if got, want := flows(&p), `{"s":7,"f":[["US","VN",7],["CN","VN",5],["US","SG",1]],"r":9}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for i := range 60 {
		p.Flows = append(p.Flows, event.Flow{From: event.Country(0x4141 + i), To: event.MustCountry("VN"), Events: 1})
	}
	var out struct {
		F [][]any
		R int64
	}
	if err := json.Unmarshal([]byte(flows(&p)), &out); err != nil || len(out.F) != maxFlows || out.R != 9+63-maxFlows {
		t.Errorf("%d lines, %d left out, %v", len(out.F), out.R, err)
	}
}

func TestNetworksAreNamedOnce(t *testing.T) {
	gate := func(keys ...string) classify.Released[event.Picture] {
		var p event.Picture
		for _, k := range keys {
			p.HostingAS = append(p.HostingAS, event.Count{Key: k, Events: 1})
		}
		return classify.NewGate(fixed{p}, nil, nil).Picture(classify.Nobody())
	}
	name := func(as uint32) string {
		return map[uint32]string{1: `A </script> "B"`, 2: strings.Repeat("ễ", 200), 3: "C"}[as]
	}
	first := stateOf(gate("1", "4", "", "x", "99999999999"), nil, name)
	if got, want := string(tableSince(first.tables["asNames"], nil)), `{"1":"A \u003c/script\u003e \"B\""}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	second := stateOf(gate("1", "2", "3"), first, name)
	if got, want := string(tableSince(second.tables["asNames"], first.tables["asNames"])), `{"2":"`+strings.Repeat("ễ", maxName)+`","3":"C"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := tableSince(stateOf(gate("3", "2", "1"), second, name).tables["asNames"], second.tables["asNames"]); got != nil {
		t.Errorf("names were sent again: %s", got)
	}
	if got := stateOf(gate("1"), nil, nil).tables["asNames"]; len(got) != 0 {
		t.Errorf("%v", got)
	}
}

type fixed struct{ pic event.Picture }

func (f fixed) Picture() event.Picture { return f.pic }

func TestOnlyGet(t *testing.T) {
	s := newServer(t, Config{}, &counting{})
	defer stop(t, s)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/live", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d", w.Code)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}, Dependencies{}); err == nil {
		t.Error("a server without a gate was made")
	}
}

// full is a picture of a busy country at full rate: every number differs from
// the one before.
type full struct{ counting }

func (f *full) Picture() event.Picture {
	p := f.counting.Picture()
	p.Hosting, p.Affected, p.HostingAS, p.Sensors = nil, nil, nil, nil
	for i := range 240 {
		c := event.Country(('A'+i/26)<<8 | ('A' + i%26)).String()
		p.Hosting = append(p.Hosting, event.Count{Key: c, Events: f.asked * int64(1000-i)})
		p.Affected = append(p.Affected, event.Count{Key: c, Events: f.asked * int64(2000-i)})
		p.Sensors = append(p.Sensors, event.SensorState{Name: c, LastSeen: p.At})
	}
	for i := range 100 {
		p.HostingAS = append(p.HostingAS, event.Count{Key: fmt.Sprint(1000 + i), Events: f.asked * int64(500-i)})
	}
	return p
}

func BenchmarkTickOfAFullPicture(b *testing.B) {
	s, err := New(Config{}, Dependencies{
		Gate: classify.NewGate(&full{}, nil, nil), ASName: func(as uint32) string { return fmt.Sprint("Network ", as) },
	})
	if err != nil {
		b.Fatal(err)
	}
	s.running = true
	r, _, err := s.join(true)
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for range r.queue {
		}
	}()
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(250 * time.Millisecond)
		s.tick(now)
	}
}

func BenchmarkTick(b *testing.B) {
	for _, readers := range []int{0, 5000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			s, err := New(Config{Readers: 6000}, Dependencies{Gate: classify.NewGate(&counting{}, nil, nil)})
			if err != nil {
				b.Fatal(err)
			}
			s.running = true
			for range max(readers, 1) {
				r, _, err := s.join(true)
				if err != nil {
					b.Fatal(err)
				}
				go func() {
					for range r.queue {
					}
				}()
			}
			now := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(250 * time.Millisecond)
				s.tick(now)
			}
		})
	}
}

// decided is a release desk in memory.
type decided struct{ state *release.State }

func (d decided) State() *release.State { return d.state }
func (d decided) Now() time.Time        { return time.Now() }

// A section that is held back leaves the stream at once, also in the middle of a
// second whose flows were already sent.
func TestWhatIsHeldLeavesTheStreamAtOnce(t *testing.T) {
	p := event.Picture{At: 7_500_000_000, LastEvent: 7_000_000_000, Rate: 3, FlowsRest: 9, Hosting: []event.Count{{Key: "US", Events: 4}},
		Flows: []event.Flow{{From: event.MustCountry("CN"), To: event.MustCountry("VN"), Kind: event.RSITScanner, Events: 5}}}
	before := stateOf(classify.NewGate(fixed{p}, nil, nil).Picture(classify.Nobody()), nil, nil)
	held, _, err := release.NewState(release.Automatic).Decide(&release.Hold{On: true, Signed: release.Signed{By: "person/1", Reason: "x", At: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	p.At += 100_000_000
	after := stateOf(classify.NewGate(fixed{p}, nil, nil).WithReleases(decided{held}).Picture(classify.Nobody()), before, nil)
	var got struct {
		Withheld []string
		Rate     float64
		Flows    struct {
			F [][]any
			R int64
		}
		Hosting map[string]*int64
	}
	if err := json.Unmarshal(after.since(before), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Withheld) != len(release.Sections) || got.Rate != 0 || len(got.Flows.F) != 0 || got.Flows.R != 0 {
		t.Errorf("%+v", got)
	}
	if n, told := got.Hosting["US"]; !told || n != nil {
		t.Errorf("the country is still there: %v", got.Hosting)
	}
}
