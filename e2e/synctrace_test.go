// SPDX-License-Identifier: Apache-2.0

//go:build torture

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Durability without the page cache: a trace of system calls must show that
// between two acknowledgements the journal's block was written and then synced,
// the sync returning before the acknowledgement left.
func TestTortureSyncBeforeAcknowledgement(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("this machine does not let processes be traced: %v %s", err, out)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	o := newObservatory(t)
	o.wrap = []string{strace, "-f", "-y", "-s", "32", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", trace}
	o.start()
	token := o.enrol("traced")
	const requests = 30
	for i := range requests {
		r := o.post("eve", token, strings.NewReader(body(int64(i)*perBatch)))
		if r.Status != 200 {
			t.Fatalf("%+v", r)
		}
	}
	o.stop()
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	acks, err := syncedAcks(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	if acks < requests {
		t.Fatalf("%d acknowledgements found in the trace, want %d", acks, requests)
	}
}

var (
	blockCall = regexp.MustCompile(`(write|pwrite64|fsync|fdatasync)\(\d+<[^>]*\.blk>`)
	ackCall   = regexp.MustCompile(`write\(\d+<(TCP|socket)[^>]*>, "HTTP/1\.1 200`)
	resumed   = regexp.MustCompile(`^(\d+)\s+<\.\.\. (write|pwrite64|fsync|fdatasync) resumed`)
)

// syncedAcks walks the trace. A call counts when it returns: an unfinished one
// is remembered by its thread until it is resumed.
func syncedAcks(trace string) (acks int, err error) {
	written, synced := false, false
	pending := map[string]string{}
	finish := func(call string) {
		switch {
		case strings.Contains(call, "write"):
			written, synced = true, false
		default:
			synced = written
		}
	}
	for _, line := range strings.Split(trace, "\n") {
		thread, _, _ := strings.Cut(line, " ")
		if m := resumed.FindStringSubmatch(line); m != nil {
			if call := pending[m[1]]; call != "" {
				finish(call)
				delete(pending, m[1])
			}
			continue
		}
		if m := blockCall.FindStringSubmatch(line); m != nil {
			if strings.Contains(line, "<unfinished") {
				pending[thread] = m[1]
			} else {
				finish(m[1])
			}
			continue
		}
		if ackCall.MatchString(line) && strings.Contains(line, "200") {
			if !written { // an answer to something else
				continue
			}
			if !synced {
				return acks, fmt.Errorf("an acknowledgement left before the sync: %s", line)
			}
			acks++
			written, synced = false, false
		}
	}
	return acks, nil
}
