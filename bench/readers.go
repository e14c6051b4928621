// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// readers holds many connections to the live frames, as many open pages would,
// until it is told to stop; then it says how they fared. It prints a line when
// every connection has got its first frame.
func readers(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("bench readers", flag.ContinueOnError)
	n := f.Int("n", 5000, "connections")
	if err := f.Parse(args); err != nil {
		return err
	}
	u, err := url.Parse(f.Arg(0))
	if err != nil || u.Host == "" {
		return errors.New("name the observatory's address, as http://localhost:8080")
	}
	h := &holders{silences: make([]time.Duration, *n)}
	for i := range *n {
		if err := h.open(ctx, u.Host, i); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	h.first.Wait()
	fmt.Printf("holding %d connections\n", *n)
	<-ctx.Done()
	h.all.Wait()
	slices.Sort(h.silences)
	fmt.Printf("%d connections, %d ended early; longest silence: median %s, p99 %s, longest %s\n", *n, h.ended,
		h.silences[*n/2].Round(time.Millisecond), h.silences[*n*99/100].Round(time.Millisecond), h.silences[*n-1].Round(time.Millisecond))
	if h.ended > 0 {
		return fmt.Errorf("%d connections were ended by the server", h.ended)
	}
	return nil
}

type holders struct {
	first, all sync.WaitGroup
	mu         sync.Mutex
	silences   []time.Duration // the longest of each connection
	ended      int
}

func (h *holders) open(ctx context.Context, host string, i int) error {
	c, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET /live HTTP/1.1\r\nHost: "+host+"\r\nAccept-Encoding: gzip\r\n\r\n"); err != nil {
		return err
	}
	r := bufio.NewReaderSize(c, 4096)
	status, err := r.ReadString('\n')
	if err != nil || !strings.Contains(status, " 200 ") {
		return fmt.Errorf("answered %q: %w", strings.TrimSpace(status), errors.Join(err, os.ErrInvalid))
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	h.first.Add(1)
	h.all.Go(func() { h.hold(ctx, r, i) })
	return nil
}

// hold reads until the context ends and notes the longest time without a byte.
func (h *holders) hold(ctx context.Context, r io.Reader, i int) {
	buf := make([]byte, 4096)
	begun, last, worst := false, time.Now(), time.Duration(0)
	for {
		_, err := r.Read(buf)
		now := time.Now()
		if begun && ctx.Err() == nil {
			worst = max(worst, now.Sub(last))
		}
		last = now
		if !begun {
			begun = true
			h.first.Done()
		}
		if err != nil {
			break
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silences[i] = worst
	if ctx.Err() == nil {
		h.ended++
	}
}
