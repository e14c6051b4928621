// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// incompressible makes records that take room on a disk.
func incompressible(seed uint64, records int) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for range records {
		noise := make([]byte, 700)
		for i := range noise {
			noise[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[rng.IntN(64)]
		}
		fmt.Fprintf(&b, `{"timestamp":"2026-11-21T01:02:03Z","event_type":"http","src_ip":"198.51.100.7","dest_ip":"203.0.113.9","http":{"url":"/%s"}}`+"\n", noise)
	}
	return b.String()
}

// A full disk is answered by 507 before anything breaks; what was acknowledged
// stays, pages go on, and room on the disk opens the doors again.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	o := newObservatory(t)
	if err := syscall.Mount("tmpfs", o.data, "tmpfs", 0, "size=160m,mode=0700"); err != nil {
		t.Skipf("this machine does not let us mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		o.stop()
		_ = syscall.Unmount(o.data, syscall.MNT_DETACH)
	})
	ballast := filepath.Join(o.data, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 48<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	o.env = append(o.env, "HAIDANG_DISK_MIN_FREE=48 MiB")
	o.start()
	token := o.enrol("filler")
	var acked int64
	var full receipt
	for i := range 400 {
		r := o.post("eve", token, strings.NewReader(incompressible(uint64(i), 500)))
		if r.Status != 200 {
			full = r
			break
		}
		acked += r.Records
	}
	if full.Status != http.StatusInsufficientStorage || full.Detail == "" {
		t.Fatalf("the disk filled up and the door said %+v after %d records\n%s", full, acked, tail(o.log))
	}
	for _, path := range []string{"/vi/", "/healthz", "/api/v1/now"} {
		if s := o.get(path, nil); s != 200 {
			t.Errorf("%s: %d while the disk is full", path, s)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		r := o.post("eve", token, strings.NewReader(good+"\n"))
		if r.Status == 200 {
			o.committed(r.Batch)
			acked += r.Records
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("room again, and still %+v\n%s", r, tail(o.log))
		}
		time.Sleep(200 * time.Millisecond)
	}
	if got := o.count("observer.name=filler", "records"); got != acked {
		t.Errorf("%d records stored, %d acknowledged", got, acked)
	}
	o.balanced("filler")
}
