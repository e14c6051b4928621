// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// door takes what is sent and checks who sends it, in which order.
type door struct {
	*httptest.Server
	mu       sync.Mutex
	lines    int64
	sequence map[string]string // by sensor: last spool and sequence
	counts   map[string]int
	answer   func(n int) (status int, retryAfter string)
	requests int
}

func newDoor(t *testing.T) *door {
	d := &door{sequence: map[string]string{}, counts: map[string]int{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := unpack(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	if d.answer != nil {
		if status, after := d.answer(d.requests); status != 200 {
			w.Header().Set("Retry-After", after)
			http.Error(w, "not now", status)
			return
		}
	}
	sensor := r.Header.Get("Authorization") + r.Header.Get("Haidang-Spool")
	d.counts[sensor]++
	d.lines += int64(strings.Count(string(body), "\n"))
}

func unpack(r *http.Request) ([]byte, error) {
	var in io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "zstd":
		z, err := zstd.NewReader(in)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	case "s2":
		in = s2.NewReader(in)
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	}
	return io.ReadAll(in)
}

var tokens = Dependencies{Token: func(_ context.Context, sensor string) (string, error) { return "token-" + sensor, nil }}

// few is made once: cutting the recording takes a second.
var few = sync.OnceValues(func() (*Generator, error) {
	return New(Config{Attackers: 1000, Victims: 100, Sensors: 9, BodyRecords: 50, Start: start})
})

func small(t *testing.T) *Generator {
	g, err := few()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRunSendsEverythingOnce(t *testing.T) {
	for _, encoding := range Encodings {
		d := newDoor(t)
		got, err := Run(t.Context(), small(t), RunConfig{To: d.URL, Records: 2_000, Encoding: encoding, Connections: 3}, tokens)
		if err != nil {
			t.Fatal(err)
		}
		if d.lines != 2_000 || got.Truth.Records != 2_000 || len(got.Latencies) != 40 || len(d.counts) != 9 || got.Sent == 0 {
			t.Errorf("%s: %d lines arrived, %s", encoding, d.lines, got)
		}
		if got.Quantile(0.5) > got.Quantile(1) || got.Quantile(1) <= 0 {
			t.Errorf("latencies %v", got.Latencies)
		}
	}
}

func TestRunHonoursTheDoorsPause(t *testing.T) {
	d := newDoor(t)
	d.answer = func(n int) (int, string) {
		if n == 3 {
			return http.StatusTooManyRequests, "1"
		}
		return 200, ""
	}
	began := time.Now()
	got, err := Run(t.Context(), small(t), RunConfig{To: d.URL, Records: 500, Connections: 1}, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if d.lines != 500 || got.Retries[429] != 1 || time.Since(began) < time.Second {
		t.Errorf("%d lines after %s, %v", d.lines, time.Since(began), got.Retries)
	}
	if !strings.Contains(got.String(), "429: 1 times") {
		t.Errorf("%s", got)
	}
}

func TestRunEndsWhenTheDoorRefusesForGood(t *testing.T) {
	d := newDoor(t)
	d.answer = func(int) (int, string) { return http.StatusForbidden, "" }
	_, err := Run(t.Context(), small(t), RunConfig{To: d.URL, Records: 500_000, Ahead: 2, Connections: 2}, tokens)
	if !errors.As(err, new(refusedError)) || !strings.Contains(err.Error(), "403") {
		t.Errorf("%v", err)
	}
}

func TestAnOpenLoopKeepsItsRate(t *testing.T) {
	d := newDoor(t)
	got, err := Run(t.Context(), small(t), RunConfig{To: d.URL, Records: 5_000, Rate: 10_000, Ahead: 5, Connections: 4}, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if d.lines != 5_000 || got.Took < 480*time.Millisecond {
		t.Errorf("%d lines in %s, which is faster than 10,000 a second", d.lines, got.Took)
	}
}

func TestARunCanBeLimitedInTime(t *testing.T) {
	d := newDoor(t)
	got, err := Run(t.Context(), small(t), RunConfig{To: d.URL, Records: 1 << 40, For: 300 * time.Millisecond, Ahead: 3, Connections: 2}, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if d.lines == 0 || d.lines != got.Truth.Records || got.Took < 300*time.Millisecond {
		t.Errorf("%d lines arrived, %s", d.lines, got)
	}
}

func TestWrongSettingsAreToldAtOnce(t *testing.T) {
	for _, c := range []RunConfig{{}, {Records: 100, Encoding: "br"}} {
		d := newDoor(t)
		c.To = d.URL
		if _, err := Run(t.Context(), small(t), c, tokens); err == nil || d.requests > 0 {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
