// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"haidang/sensor/door"
)

// observatory is an ingest door with the memory of a real one: a batch counts
// once, by spool and sequence or by key.
type observatory struct {
	mu      sync.Mutex
	seen    map[string]string // spool and sequence, or key → body
	batches []arrival
	shed    uint64
	answer  func(n int, r *http.Request) int // status for the n-th request; 0: take it
	after   int                              // Retry-After in seconds
	asked   int
}

type arrival struct {
	id    string
	lines []string
}

func newObservatory(t testing.TB) (*observatory, *door.Client) {
	o := &observatory{seen: map[string]string{}}
	return o, o.serve(t)
}

func (o *observatory) serve(t testing.TB) *door.Client {
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	c, err := door.New(door.Config{To: server.URL, Token: door.TokenFrom("", "good"), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// copy gives an observatory that knows the same.
func (o *observatory) copy() *observatory {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &observatory{seen: maps.Clone(o.seen), batches: slices.Clone(o.batches), shed: o.shed}
}

// lines gives all records that were accepted, in order.
func (o *observatory) lines() (out []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.batches {
		out = append(out, b.lines...)
	}
	return out
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"urn:haidang:problem:%s","title":"Title","status":%d,"detail":"Detail."}`, code, status)
}

func (o *observatory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id, ok := strings.CutPrefix(r.URL.Path, "/api/v1/batches/"); ok {
		o.state(w, id)
		return
	}
	o.asked++
	if o.answer != nil {
		if status := o.answer(o.asked, r); status != 0 {
			if o.after > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(o.after))
			}
			problem(w, status, "code-of-the-door")
			return
		}
	}
	z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1))
	if err != nil {
		problem(w, 400, "bad-request")
		return
	}
	defer z.Close()
	body, err := io.ReadAll(z)
	if err != nil || r.Header.Get("Authorization") != "Bearer good" || r.Header.Get("Content-Encoding") != "zstd" {
		problem(w, 400, "bad-request")
		return
	}
	if len(body) == 0 {
		problem(w, 400, "body-empty")
		return
	}
	key := r.Header.Get("Haidang-Spool") + "/" + r.Header.Get("Haidang-Sequence") + r.Header.Get("Idempotency-Key")
	if was, ok := o.seen[key]; ok && was != string(body) {
		problem(w, 422, "key-mismatch")
		return
	} else if ok {
		fmt.Fprintf(w, `{"batch":"b","records":%d,"duplicate":true}`, strings.Count(was, "\n"))
		return
	}
	o.seen[key] = string(body)
	var shed uint64
	_, _ = fmt.Sscan(r.Header.Get("Haidang-Shed"), &shed) // absent: none
	o.shed += shed
	a := arrival{fmt.Sprintf("b%d", len(o.batches)+1), slices.DeleteFunc(strings.Split(string(body), "\n"), func(l string) bool { return l == "" || l == "\r" })}
	o.batches = append(o.batches, a)
	fmt.Fprintf(w, `{"batch":%q,"bytes":%d,"records":%d,"duplicate":false}`, a.id, len(body), len(a.lines))
}

func (o *observatory) state(w http.ResponseWriter, id string) {
	i := slices.IndexFunc(o.batches, func(a arrival) bool { return a.id == id })
	if i < 0 {
		problem(w, 404, "not-found")
		return
	}
	n := len(o.batches[i].lines)
	quarantined, lines := 0, ""
	for k, l := range o.batches[i].lines {
		if !strings.HasPrefix(l, "{") || !strings.HasSuffix(l, "}") {
			if quarantined++; quarantined > 20 {
				continue // the first ones are told
			}
			if lines != "" {
				lines += ","
			}
			lines += fmt.Sprintf(`{"line":%d,"reason":"not-json","detail":"no record"}`, k+1)
		}
	}
	fmt.Fprintf(w, `{"batch":%q,"state":"committed","records":%d,"stored":%d,"duplicate":0,"quarantined":{"not-json":%d},"lines":[%s]}`,
		id, n, n-quarantined, quarantined, lines)
}

// logs shows a sensor's log with a test that fails.
type logs struct{ t testing.TB }

func (l logs) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func testLog(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(logs{t}, nil)) }

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
