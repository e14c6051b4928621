// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The power may go at any byte of the group being written: what the checkpoint
// covers stays, whole entries behind it are taken in, the torn one is cut off,
// and the log says so in an entry.
func TestTornAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 260)
	key := verifierKey(t, l)
	before := readFolder(t, dir)
	fill(t, l, 260, 1)
	fill(t, l, 261, 1)
	closeLog(t, l)
	name := segmentName(0)
	whole := readFolder(t, dir)[name]
	signed := len(before[name])
	shm := memoryDir(t)
	for cut := signed; cut <= len(whole); cut++ {
		for _, tail := range []string{"", "\x00\x00\x00\x00", strings.Repeat("\x00", 70_000) + "\n"} {
			f := before.clone()
			f[name] = append(bytes.Clone(whole[:cut]), tail...)
			torn := filepath.Join(shm, fmt.Sprint(cut, len(tail)))
			f.put(t, torn)
			checkRecovered(t, torn, key, whole[signed:cut], tail)
			if err := os.RemoveAll(torn); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checkRecovered(t *testing.T, dir, key string, written []byte, tail string) {
	t.Helper()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatalf("%d bytes and %d of a tail: %v", len(written), len(tail), err)
	}
	adopted := int64(bytes.Count(written, []byte("\n")))
	want := 260 + adopted
	cut := int64(len(written) - bytes.LastIndexByte(written, '\n') - 1 + len(tail))
	if adopted > 0 || cut > 0 {
		e, err := l.Entry(want)
		if err != nil || e.Action != Recovery || e.Object.More != adopted || e.Count != cut {
			t.Fatalf("%d bytes and %d of a tail: %+v, %v; want %d entries taken in, %d bytes cut", len(written), len(tail), e, err, adopted, cut)
		}
		want++
	}
	if c := l.Checkpoint(); c.Size != want {
		t.Fatalf("%d entries, want %d", c.Size, want)
	}
	closeLog(t, l)
	verified(t, dir, key, nil)
}

// TestWriterProcess is the program that TestKill kills.
func TestWriterProcess(t *testing.T) {
	dir := os.Getenv("AUDIT_TEST_DIR")
	if dir == "" {
		t.Skip("started by TestKill")
	}
	l := newLog(t, dir, func(c *Config, _ *Dependencies) { c.SegmentBytes = 16 << 10 })
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := 0; ; i++ {
				n, err := l.Append(context.Background(), sample(i))
				if err != nil {
					return
				}
				out.Lock()
				fmt.Printf("acknowledged %d\n", n)
				out.Unlock()
			}
		})
	}
	group.Wait()
}

// Whatever was acknowledged is there after a kill, under the same checkpoints.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	var key string
	var held []byte
	for round := range 8 {
		acknowledged := killAfter(t, dir, 20+round*70)
		l := newLog(t, dir, nil)
		if err := l.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := l.Checkpoint()
		key = verifierKey(t, l)
		closeLog(t, l)
		if c.Size <= acknowledged {
			t.Fatalf("round %d: entry %d was acknowledged, and the log has %d entries", round, acknowledged, c.Size)
		}
		verified(t, dir, key, held)
		held = c.Note
	}
}

// killAfter starts a writer, kills it after some acknowledgements and gives the
// largest number among all of them.
func killAfter(t *testing.T, dir string, after int) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriterProcess$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), "AUDIT_TEST_DIR="+dir)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	largest, seen := int64(-1), 0
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		n, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil {
			continue
		}
		largest = max(largest, n)
		if seen++; seen == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	if seen < after {
		t.Fatalf("the writer ended after %d acknowledgements", seen)
	}
	return largest
}

// A disk that takes no more: the append fails, nothing that was acknowledged is
// lost, and the log goes on once there is room.
func TestAppendThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 3)
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("needs /dev/full:", err)
	}
	spare := l.head.files[1]
	l.head.files[1] = full
	if _, err := l.Append(t.Context(), sample(3)); err == nil {
		t.Fatal("acknowledged without a checkpoint")
	}
	if c := l.Checkpoint(); c.Size != 3 {
		t.Errorf("%d entries are published, 3 are signed", c.Size)
	}
	if p, err := l.Entries(t.Context(), 0, 10, Filter{}); err != nil || len(p.Entries) != 3 {
		t.Errorf("%d entries are shown, %v", len(p.Entries), err)
	}
	if _, files, err := l.Snapshot(); err != nil || copied(t, files)[segmentName(0)] == nil {
		t.Errorf("a snapshot: %v", err)
	} else if n := bytes.Count(copied(t, files)[segmentName(0)], []byte("\n")); n != 3 {
		t.Errorf("a snapshot holds %d entries, 3 are signed", n)
	}
	l.head.files[1] = spare
	if n, err := l.Append(t.Context(), sample(4)); err != nil || n != 4 {
		t.Fatalf("with room again: %d, %v", n, err)
	}
	key := verifierKey(t, l)
	closeLog(t, l)
	verified(t, dir, key, nil)
}

// Nobody waits for ever for a log that does not keep up.
func TestBackPressure(t *testing.T) {
	l := newLog(t, t.TempDir(), func(c *Config, _ *Dependencies) { c.Queue, c.Wait = 2, 10*time.Millisecond })
	l.running = true // the committer is not there: nothing leaves the queue
	for i := range 2 {
		p, err := l.prepare(sample(i))
		if err != nil || l.enqueue(t.Context(), p) != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Append(t.Context(), sample(2)); err != ErrBusy {
		t.Errorf("a full queue: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, sample(2)); err != context.Canceled && err != ErrBusy {
		t.Errorf("a caller that is gone: %v", err)
	}
}
