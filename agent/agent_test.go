// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"haidang/sensor/door"
)

// taken is a door that takes everything, each batch once: what was not receipted
// before a stop is sent again.
type taken struct {
	mu    sync.Mutex
	lines map[string][]string // by format
	seen  map[string]bool     // spool and sequence
}

func (d *taken) Send(_ context.Context, b door.Batch) (door.Receipt, error) {
	r, err := zstd.NewReader(nil)
	if err != nil {
		return door.Receipt{}, err
	}
	defer r.Close()
	body, err := r.DecodeAll(b.Body, nil)
	if err != nil {
		return door.Receipt{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	key := fmt.Sprint(b.Spool, "/", b.Seq)
	if d.seen[key] {
		return door.Receipt{Batch: "b", Bytes: int64(len(body)), Records: int64(len(lines)), Duplicate: true}, nil
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[key] = true
	d.lines[b.Format] = append(d.lines[b.Format], lines...)
	return door.Receipt{Batch: "b", Bytes: int64(len(body)), Records: int64(len(lines))}, nil
}

// State is not asked: an agent follows, it does not import.
func (d *taken) State(context.Context, string, time.Duration) (door.State, error) {
	panic("nobody asks what became of a batch")
}

// wait gives what came of a format once there are so many lines.
func (d *taken) wait(t *testing.T, format string, n int) []string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		d.mu.Lock()
		lines := append([]string{}, d.lines[format]...)
		d.mu.Unlock()
		if len(lines) >= n {
			return lines
		}
	}
	t.Fatalf("fewer than %d lines of %s came: %q", n, format, d.lines[format])
	return nil
}

func stop(t *testing.T, a *Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// A machine sends a heartbeat at once and again, and what its logs say, without a
// path; after a restart it goes on where it was.
func TestOneMachine(t *testing.T) {
	dir := t.TempDir()
	scans, access := filepath.Join(dir, "clamav.log"), filepath.Join(dir, "clamonacc.log")
	write := func(file, text string) {
		t.Helper()
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(scans, "Sat Nov 21 18:13:39 2026 -> /home/an/x: Win.Test.EICAR_HDB-1 FOUND\n")
	write(access, "/home/an/y: Win.Test.EICAR_HDB-1 FOUND\n")
	d := &taken{lines: map[string][]string{}}
	cfg := Config{
		Participants: func() ([]string, error) { return []string{"PC 7"}, nil }, Country: "VN",
		Logs: []string{scans}, OnAccess: []string{access}, State: filepath.Join(dir, "state"), Agent: "haidang/test", Every: 50 * time.Millisecond,
	}
	a := New(cfg, Dependencies{Door: d})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	beats := d.wait(t, "heartbeat", 2)
	if !strings.Contains(beats[0], `"participant":"PC 7"`) || !strings.Contains(beats[0], `"country":"VN"`) {
		t.Errorf("%s", beats[0])
	}
	both := strings.Join(d.wait(t, "clamav", 2), "\n")
	if strings.Contains(both, "/home") || strings.Count(both, "participant=PC+7") != 2 || strings.Count(both, "way=file-on-access") != 1 {
		t.Errorf("%s", both)
	}
	stop(t, a)
	write(scans, "/home/an/z: Win.Other-1 FOUND\n")
	a = New(cfg, Dependencies{Door: d})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, a)
	if lines := d.wait(t, "clamav", 3); len(lines) != 3 || !strings.Contains(lines[2], "Win.Other-1 FOUND") {
		t.Errorf("%q", lines)
	}
}

// Of a fleet each name has a heartbeat, and lines are of the host that sent them.
func TestAFleet(t *testing.T) {
	dir := t.TempDir()
	central := filepath.Join(dir, "central.log")
	if err := os.WriteFile(central, []byte("Nov 21 18:13:39 pc-9 clamd[1]: /x: A.B-1 FOUND\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &taken{lines: map[string][]string{}}
	a := New(Config{
		Participants: func() ([]string, error) { return []string{"pc-8", "pc-9"}, nil },
		Logs:         []string{central}, State: filepath.Join(dir, "state"),
	}, Dependencies{Door: d})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, a)
	if beats := d.wait(t, "heartbeat", 2); !strings.Contains(beats[1], "pc-9") {
		t.Errorf("%q", beats)
	}
	if lines := d.wait(t, "clamav", 1); !strings.Contains(lines[0], "participant=pc-9") {
		t.Errorf("%q", lines)
	}
}
