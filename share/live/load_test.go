// SPDX-License-Identifier: Apache-2.0

//go:build load

package live

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestManyReaders holds thousands of connections over loopback and reports how
// late the last of them gets a message. HAIDANG_READERS sets how many.
func TestManyReaders(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("HAIDANG_READERS"))
	if err != nil {
		n = 5000
	}
	s := newServer(t, Config{Readers: n}, &counting{})
	defer stop(t, s)
	web := httptest.NewServer(s)
	defer web.Close()
	var before, after syscall.Rusage
	var mu sync.Mutex
	var gaps []time.Duration
	var bytes int64
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range n {
		c, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET /live HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		context.AfterFunc(ctx, func() { c.Close() })
		all.Go(func() {
			r, buf := bufio.NewReader(c), make([]byte, 4096)
			var worst time.Duration
			var got int64
			for last := time.Now(); ; {
				k, err := r.Read(buf)
				if err != nil {
					break
				}
				got += int64(k)
				if now := time.Now(); ctx.Err() == nil {
					worst, last = max(worst, now.Sub(last)), now
				}
			}
			mu.Lock()
			gaps, bytes = append(gaps, worst), bytes+got
			mu.Unlock()
		})
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		t.Fatal(err)
	}
	<-time.After(15 * time.Second)
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		t.Fatal(err)
	}
	cancel()
	all.Wait()
	slices.Sort(gaps)
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	t.Logf("%d readers, 15 s: longest silence p50 %v, p99 %v, max %v; %d bytes a reader; %.2f cores, readers included",
		n, gaps[n/2], gaps[n*99/100], gaps[n-1], bytes/int64(n), cpu.Seconds()/15)
	if gaps[n*99/100] > 2*time.Second {
		t.Errorf("a reader in a hundred waited %v for the next message", gaps[n*99/100])
	}
}
