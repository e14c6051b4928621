// SPDX-License-Identifier: Apache-2.0

//go:build interop

package collector

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// rsyslog is a real rsyslogd from Debian's packages that takes syslog over TLS on
// loopback (make setup-shippers). It stands behind a forwarder, so that it can go and
// come back without its address changing.
type rsyslog struct {
	t       *testing.T
	dir, ca string
	l       net.Listener
	behind  atomic.Pointer[string] // where rsyslogd listens
	said    bytes.Buffer
	cmd     *exec.Cmd
}

const rsyslogConf = `global(workDirectory="%[1]s" maxMessageSize="128k" defaultNetstreamDriverCAFile="%[1]s/ca.pem"
  defaultNetstreamDriverCertFile="%[1]s/ca.pem" defaultNetstreamDriverKeyFile="%[1]s/key.pem")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="%[1]s/port")
template(name="line" type="string" string="%%syslogfacility-text%%.%%syslogseverity-text%% %%hostname%% %%app-name%% %%msgid%% %%msg%%\n")
*.* action(type="omfile" file="%[1]s/got" template="line")
`

func newRsyslog(t *testing.T) *rsyslog {
	t.Helper()
	s := &rsyslog{t: t, dir: t.TempDir()}
	s.ca = filepath.Join(s.dir, "ca.pem")
	web := httptest.NewTLSServer(nil) // for its certificate
	web.Close()
	key, err := x509.MarshalPKCS8PrivateKey(web.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"ca.pem":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}),
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		"conf":    fmt.Appendf(nil, rsyslogConf, s.dir),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.l.Close() })
	go s.forward()
	s.start()
	return s
}

func (s *rsyslog) forward() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			to := s.behind.Load()
			if to == nil {
				return
			}
			d, err := net.Dial("tcp", *to)
			if err != nil {
				return
			}
			var both sync.WaitGroup
			pipe := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_, _ = to.Close(), from.Close()
			}
			both.Go(func() { pipe(d, c) })
			both.Go(func() { pipe(c, d) })
			both.Wait()
		}()
	}
}

// start starts rsyslogd and waits until it listens.
func (s *rsyslog) start() {
	s.t.Helper()
	root, err := filepath.Abs("../../.cache/shippers")
	if err != nil {
		s.t.Fatal(err)
	}
	program := filepath.Join(root, "usr/sbin/rsyslogd")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("rsyslogd"); err != nil {
			s.t.Skip("rsyslogd is not on this machine; make setup-shippers fetches it")
		}
		root = "/"
	}
	found, err := filepath.Glob(filepath.Join(root, "usr/lib/*/rsyslog/lmnsd_ossl.so"))
	if err != nil || len(found) == 0 {
		s.t.Skip("rsyslog-openssl is not on this machine; make setup-shippers fetches it")
	}
	port := filepath.Join(s.dir, "port")
	_ = os.Remove(port)
	s.cmd = exec.CommandContext(s.t.Context(), program, "-n", "-f", filepath.Join(s.dir, "conf"), "-i", filepath.Join(s.dir, "pid"), "-M", filepath.Dir(found[0]))
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = time.Minute
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.stop)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if raw, err := os.ReadFile(port); err == nil && len(raw) > 0 {
			to := net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(raw)))
			s.behind.Store(&to)
			return
		}
		if time.Now().After(deadline) {
			s.stop()
			s.t.Fatalf("rsyslogd does not listen: %s", &s.said)
		}
	}
}

func (s *rsyslog) stop() {
	s.behind.Store(nil)
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Cancel()
	kill := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait() // it was told to end; how it does is its own affair
	kill.Stop()
	s.cmd = nil
	if s.t.Failed() {
		s.t.Logf("rsyslogd said:\n%s", &s.said)
	}
}

// wait gives what rsyslogd wrote, once that is as much as is asked for.
func (s *rsyslog) wait(enough func(lines []string) bool) []string {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		raw, err := os.ReadFile(filepath.Join(s.dir, "got"))
		lines := slices.DeleteFunc(strings.Split(string(raw), "\n"), func(l string) bool { return !strings.Contains(l, " haidang ") })
		if err == nil && enough(lines) {
			return lines
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("rsyslogd wrote %q, %v", lines, err)
		}
	}
}

// What is logged stands in rsyslog's file as it was logged; the audit log comes whole
// and in order, also what was written while rsyslog was away.
func TestRsyslogTakesWhatIsSent(t *testing.T) {
	s := newRsyslog(t)
	tail := &numbers{size: 10}
	c := started(t, Config{Address: s.l.Addr().String(), CA: s.ca, Host: "may-1"}, tail, 0)
	log := slog.New(c.Handler(slog.NewTextHandler(io.Discard, nil)))
	long := strings.Repeat("đ", 3000)
	log.Warn("a \"line\"\nof tiếng Việt", "long", long)
	log.Error("second")
	lines := s.wait(func(lines []string) bool { return len(lines) >= 12 })
	var logged, audited []string
	for _, l := range lines {
		if strings.Contains(l, " log ") {
			logged = append(logged, l)
		} else {
			audited = append(audited, l)
		}
	}
	if len(logged) != 2 || !strings.HasPrefix(logged[0], "local0.warning may-1 haidang log ") || !strings.HasPrefix(logged[1], "local0.err may-1 haidang log ") {
		t.Fatalf("%q", logged)
	}
	var said struct{ Msg, Long string }
	_, text, _ := strings.Cut(logged[0], " log ")
	if err := json.Unmarshal([]byte(text), &said); err != nil || said.Msg != "a \"line\"\nof tiếng Việt" || said.Long != long {
		t.Errorf("%q: %v", logged[0], err)
	}
	for n, l := range audited {
		if fields := strings.Fields(l); len(fields) != 5 || fields[3] != "audit" || fields[4] != fmt.Sprint(n) || !strings.HasSuffix(fields[0], ".notice") {
			t.Errorf("entry %d: %q", n, l)
		}
	}

	s.stop()
	tail.mu.Lock()
	tail.size = 20
	tail.mu.Unlock()
	s.start()
	last := func(lines []string) bool {
		return slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, " audit 19") })
	}
	next := 0
	for _, l := range s.wait(last) {
		if _, n, ok := strings.Cut(l, " audit "); ok && strings.TrimSpace(n) == fmt.Sprint(next) {
			next++ // else it comes again, after the break
		}
	}
	if next != 20 {
		t.Errorf("entry %d does not come where it belongs", next)
	}
}
