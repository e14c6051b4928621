// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Config says where lines go.
type Config struct {
	Address string // host:port
	CA      string // PEM file of who may vouch for it; the system's when empty
	Host    string // as this machine calls itself in messages
	Queue   int    // lines that wait; 8192 when zero
}

// Facilities and severities of RFC 5424.
const (
	facilityAudit = 13
	facilityLocal = 16
	notice        = 5
)

// longest is how much of a line is sent.
const longest = 64 << 10

// Tail is a log that is sent on from where the last sending ended.
type Tail interface {
	// After gives what follows n entries, oldest first: some of it, or nothing.
	After(ctx context.Context, n int64) (lines [][]byte, err error)
	// Sent keeps how many entries were sent.
	Sent(ctx context.Context, n int64) error
}

// Collector sends lines. Its methods may be called by any goroutine.
type Collector struct {
	cfg     Config
	tls     *tls.Config
	lines   chan []byte
	up      atomic.Bool
	dropped atomic.Uint64
	cancel  context.CancelFunc
	done    chan struct{}
}

// New makes a collector that connects to nobody yet; what is logged waits.
func New(cfg Config) *Collector {
	cfg.Host = field(cfg.Host)
	return &Collector{cfg: cfg, lines: make(chan []byte, cmp.Or(cfg.Queue, 8192)), done: make(chan struct{})}
}

// Start begins to send, and follows a log from its entry n on; tail may be nil.
func (c *Collector) Start(ctx context.Context, tail Tail, n int64) error {
	host, _, err := net.SplitHostPort(c.cfg.Address)
	if err != nil {
		return fmt.Errorf("log.collector: %w", err)
	}
	c.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.cfg.CA != "" {
		raw, err := os.ReadFile(c.cfg.CA)
		if err != nil {
			return fmt.Errorf("log.ca: %w", err)
		}
		c.tls.RootCAs = x509.NewCertPool()
		if !c.tls.RootCAs.AppendCertsFromPEM(raw) {
			return fmt.Errorf("log.ca: %s holds no certificate in PEM", c.cfg.CA)
		}
	}
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go c.run(ctx, &position{tail: tail, n: n, kept: n})
	return nil
}

// Stop sends what waits, for as long as there is time, and ends.
func (c *Collector) Stop(ctx context.Context) error {
	for len(c.lines) > 0 && c.up.Load() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	c.cancel()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// State tells whether the other machine is there, and how many lines it never got.
func (c *Collector) State() (up bool, dropped uint64) { return c.up.Load(), c.dropped.Load() }

// put hands a line over, or counts it where too many wait.
func (c *Collector) put(severity int, at time.Time, text []byte) {
	select {
	case c.lines <- c.message(facilityLocal, severity, "log", at, text):
	default:
		c.dropped.Add(1)
	}
}

// message frames one message by its length (RFC 5425, section 4.3).
func (c *Collector) message(facility, severity int, kind string, at time.Time, text []byte) []byte {
	text = text[:min(len(text), longest)]
	m := fmt.Appendf(nil, "<%d>1 %s %s haidang %d %s - ", facility*8+severity, at.UTC().Format("2006-01-02T15:04:05.000000Z"), c.cfg.Host, os.Getpid(), kind)
	m = append(m, text...)
	return append(fmt.Appendf(nil, "%d ", len(m)), m...)
}

// field makes text fit for a field of a message's head.
func field(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, s)
	return cmp.Or(s[:min(len(s), 255)], "-")
}

// Between two attempts to connect.
const firstWait, longestWait = time.Second, time.Minute

func (c *Collector) run(ctx context.Context, p *position) {
	defer close(c.done)
	for wait := firstWait; ctx.Err() == nil; {
		began := time.Now()
		_ = c.send(ctx, p) // State tells; the log would tell the log
		c.up.Store(false)
		if time.Since(began) > longestWait {
			wait = firstWait
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, longestWait)
	}
}

// lookEvery is how often the tail is looked at.
const lookEvery = 200 * time.Millisecond

// send connects and sends until something fails.
func (c *Collector) send(ctx context.Context, p *position) error {
	dialing, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := (&tls.Dialer{Config: c.tls}).DialContext(dialing, "tcp", c.cfg.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	gone := make(chan error, 1)
	go func() { // a collector says nothing: whatever ends reading ends the connection
		_, err := conn.Read(make([]byte, 1))
		gone <- cmp.Or(err, errors.New("the collector speaks"))
	}()
	c.up.Store(true)
	p.n = p.kept
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	w := bufio.NewWriter(deadlined{conn})
	for {
		select {
		case <-ctx.Done():
			return w.Flush()
		case err := <-gone:
			return err
		case line := <-c.lines:
			if _, err := w.Write(line); err != nil {
				c.dropped.Add(1)
				return err
			}
		case <-look.C:
			select {
			case err := <-gone:
				return err
			default:
			}
			if err := p.forward(ctx, c, w); err != nil {
				return err
			}
		}
		if len(c.lines) == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}

// position is how far a tail was sent.
type position struct {
	tail Tail
	n    int64
	kept int64
}

// forward keeps how far the tail came the last time, since the connection held for a
// while after, and sends what there is more: after a break some comes twice.
func (p *position) forward(ctx context.Context, c *Collector, w *bufio.Writer) error {
	if p.tail == nil {
		return nil
	}
	if p.n > p.kept {
		if err := p.tail.Sent(ctx, p.n); err != nil {
			return err
		}
		p.kept = p.n
	}
	lines, err := p.tail.After(ctx, p.n)
	if err != nil || len(lines) == 0 {
		return nil // the log itself tells what is wrong with it
	}
	for _, line := range lines {
		if _, err := w.Write(c.message(facilityAudit, notice, "audit", time.Now(), line)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	p.n += int64(len(lines))
	return nil
}

// deadlined gives every write its time.
type deadlined struct{ net.Conn }

func (d deadlined) Write(b []byte) (int, error) {
	if err := d.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	return d.Conn.Write(b)
}
