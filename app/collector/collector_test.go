// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// station takes syslog over TLS.
type station struct {
	t       *testing.T
	l       net.Listener
	ca      string
	mu      sync.Mutex
	got     []string
	refuses int // connections that are ended at once
}

func newStation(t *testing.T, refuses int) *station {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, l: l, ca: ca, refuses: refuses}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.take(c)
		}
	}()
	return s
}

func (s *station) take(c net.Conn) {
	defer func() { _ = c.Close() }()
	s.mu.Lock()
	refuse := s.refuses > 0
	s.refuses--
	s.mu.Unlock()
	if refuse {
		return
	}
	for r := bufio.NewReader(c); ; {
		size, err := r.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil {
			s.t.Errorf("%q is no length", size)
			return
		}
		m := make([]byte, n)
		if _, err := io.ReadFull(r, m); err != nil {
			return
		}
		s.mu.Lock()
		s.got = append(s.got, string(m))
		s.mu.Unlock()
	}
}

func (s *station) wait(n int) []string {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		got := append([]string(nil), s.got...)
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d of %d messages: %q", len(got), n, got)
		}
	}
}

// numbers is a tail of lines "0", "1" and so on.
type numbers struct {
	mu   sync.Mutex
	size int64
	sent int64
}

func (n *numbers) After(_ context.Context, from int64) (out [][]byte, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := from; i < min(n.size, from+3); i++ {
		out = append(out, fmt.Append(nil, i))
	}
	return out, nil
}

func (n *numbers) Sent(_ context.Context, to int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = to
	return nil
}

func started(t *testing.T, cfg Config, tail Tail, from int64) *Collector {
	t.Helper()
	c := New(cfg)
	if err := c.Start(t.Context(), tail, from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// What is logged arrives as it was logged, one message a line, whatever it holds.
func TestLogArrives(t *testing.T) {
	s := newStation(t, 0)
	c := New(Config{Address: s.l.Addr().String(), CA: s.ca, Host: "máy 1"})
	var local strings.Builder
	log := slog.New(c.Handler(slog.NewTextHandler(&local, nil))).With("part", "x")
	log.Info("before the start")
	if err := c.Start(t.Context(), nil, 0); err != nil {
		t.Fatal(err)
	}
	log.WithGroup("g").Warn("a \"line\"\nwith <b>\x00", "n", 7)
	log.Error("last")
	log.Debug("not logged here")
	got := s.wait(3)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	head := regexp.MustCompile(`^<(\d+)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z m-y-1 haidang \d+ log - (\{.*\})$`)
	for n, want := range []struct{ pri, msg string }{{"134", "before the start"}, {"132", "a \"line\"\nwith <b>\x00"}, {"131", "last"}} {
		m := head.FindStringSubmatch(got[n])
		if m == nil || m[1] != want.pri {
			t.Errorf("%q", got[n])
			continue
		}
		var said struct{ Msg, Part string }
		if err := json.Unmarshal([]byte(m[2]), &said); err != nil || said.Msg != want.msg || said.Part != "x" {
			t.Errorf("%q: %+v %v", got[n], said, err)
		}
	}
	if len(got) != 3 || strings.Count(local.String(), "\n") != 3 || !strings.Contains(local.String(), "g.n=7") {
		t.Errorf("%d sent; here: %s", len(got), &local)
	}
}

// A tail is sent from where it was left, all of it, in order, over a connection that
// breaks as well.
func TestTailIsSentInOrder(t *testing.T) {
	s := newStation(t, 1)
	tail := &numbers{size: 10}
	started(t, Config{Address: s.l.Addr().String(), CA: s.ca}, tail, 2)
	next := 2
	for n := 1; next < 10; n++ {
		m := s.wait(n)[n-1]
		if !strings.Contains(m, " audit - ") || !strings.HasPrefix(m, "<109>1 ") {
			t.Errorf("%q", m)
		}
		switch at, err := strconv.Atoi(m[strings.LastIndexByte(m, ' ')+1:]); {
		case err != nil || at > next:
			t.Fatalf("%q stands where %d belongs", m, next)
		case at == next:
			next++ // else it comes again, after a break
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		tail.mu.Lock()
		sent := tail.sent
		tail.mu.Unlock()
		if sent == 10 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are kept as sent", sent)
		}
	}
}

// Nothing is sent to who cannot show a good certificate, and nothing waits for them.
func TestNothingIsSentToStrangers(t *testing.T) {
	s := newStation(t, 0)
	c := started(t, Config{Address: s.l.Addr().String(), Queue: 2}, &numbers{size: 5}, 0)
	log := slog.New(c.Handler(slog.NewTextHandler(io.Discard, nil)))
	for range 5 {
		log.Info("x")
	}
	for deadline := time.Now().Add(200 * time.Millisecond); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if up, dropped := c.State(); up || dropped != 3 {
			t.Fatalf("up %v, %d left out", up, dropped)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.got) != 0 {
		t.Errorf("%q", s.got)
	}
}

func TestStartRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.pem")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"no port": {Address: "logs.example"}, "no file": {Address: "logs.example:6514", CA: "/nonexistent"}, "no certificate": {Address: "logs.example:6514", CA: bad},
	} {
		if err := New(cfg).Start(t.Context(), nil, 0); err == nil || !strings.Contains(err.Error(), "log.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
