// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/audit"
	"haidang/identity"
)

// collected takes syslog over TLS and keeps what comes by kind.
func collected(t *testing.T) (address, ca string, got func(kind string) []string) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	web.Close()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex
	all := map[string][]string{}
	take := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		for r := bufio.NewReader(c); ; {
			size, err := r.ReadString(' ')
			n, err2 := strconv.Atoi(strings.TrimSpace(size))
			if err != nil || err2 != nil {
				return
			}
			m := make([]byte, n)
			if _, err := io.ReadFull(r, m); err != nil {
				return
			}
			if f := strings.SplitN(string(m), " ", 8); len(f) == 8 {
				mu.Lock()
				all[f[5]] = append(all[f[5]], f[7])
				mu.Unlock()
			}
		}
	}
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go take(c)
		}
	}()
	return l.Addr().String(), ca, func(kind string) []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all[kind])
	}
}

// The audit log stands on another machine entry by entry as it stands here, over a
// restart too, and so does what the program says.
func TestLogsAreSentOn(t *testing.T) {
	address, ca, got := collected(t)
	data := t.TempDir()
	var want []string
	for range 2 {
		cfg := leakConfig(t, data)
		cfg.Log.Collector, cfg.Log.CA = address, ca
		a := made(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, _, err := a.identity.Invite(t.Context(), identity.Role{Name: identity.RoleAnalyst}, "x"); err != nil {
				t.Fatal(err)
			}
		}
		a.log.Warn("a word of the program", "about", "it")
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			page, err := a.audit.Entries(t.Context(), 0, 1000, audit.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			want = want[:0]
			for _, e := range slices.Backward(page.Entries) {
				want = append(want, strings.TrimSpace(string(e.Line())))
			}
			var sent []string // what came twice, around a stop or a break, once
			for _, line := range got("audit") {
				if !slices.Contains(sent, line) {
					sent = append(sent, line)
				}
			}
			if slices.Equal(sent, want) && slices.ContainsFunc(got("log"), func(s string) bool { return strings.Contains(s, `"msg":"a word of the program","about":"it"`) }) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("sent\n%s\nwant\n%s", strings.Join(sent, "\n"), strings.Join(want, "\n"))
			}
		}
		stop(t, a)
	}
	if len(want) < 6 {
		t.Errorf("%d entries", len(want))
	}
}
