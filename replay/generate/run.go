// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// RunConfig says how a load is sent.
type RunConfig struct {
	To          string        // the observatory's address, as in http://localhost:8080
	Records     int64         // how many in all; whole bodies
	For         time.Duration // no more bodies are made after this long, those made are sent; 0: until all are sent
	Encoding    string        // one of Encodings; identity when empty
	Connections int           // default 8
	Rate        float64       // records a second, whatever the answers (open loop); 0: each connection as fast as it is acknowledged
	Ahead       int           // bodies prepared for each connection; 0: all of them, before the clock starts
	Replay      bool          // the sensors are enrolled as replays
}

// Dependencies are what Run is handed.
type Dependencies struct {
	// Token gives a sensor's token, enrolling it where it has none.
	Token func(ctx context.Context, sensor string) (string, error)
	// Ready is called when everything is prepared, just before the clock starts; it may be nil.
	Ready func()
	// Acknowledged is told of every body: when it was due and when the answer
	// came. It may be nil; it is called by many goroutines.
	Acknowledged func(records int, due, answered time.Time)
}

// Result is what became of a run.
type Result struct {
	Truth     Truth
	Took      time.Duration // from the first request to the last acknowledgement
	Sent      int64         // bytes of all bodies as they were sent
	Retries   map[int]int64 // requests sent again, by the answer's status; 0: no answer
	Latencies []time.Duration
}

// Quantile gives the acknowledgement latency that a share of requests did not exceed.
func (r Result) Quantile(share float64) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[min(len(r.Latencies)-1, int(share*float64(len(r.Latencies))))]
}

// Run prepares a load and sends it. It returns when every body is acknowledged,
// the context ends, or the door refuses one for good.
func Run(ctx context.Context, g *Generator, c RunConfig, dep Dependencies) (Result, error) {
	if c.Connections <= 0 {
		c.Connections = 8
	}
	if c.Encoding == "" {
		c.Encoding = "identity"
	}
	if c.Records <= 0 {
		return Result{}, errors.New("generate: say how many records")
	}
	if _, err := newPacker(c.Encoding); err != nil {
		return Result{}, err
	}
	tokens, err := tokensOf(ctx, g, dep)
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := prepare(ctx, g, c, runtime.GOMAXPROCS(0))
	select {
	case <-s.ready:
	case <-ctx.Done():
	}
	if dep.Ready != nil {
		dep.Ready()
	}
	if c.For > 0 {
		defer time.AfterFunc(c.For, s.end).Stop()
	}
	p := pace{start: time.Now()}
	if c.Rate > 0 {
		p.perRow = time.Duration(float64(time.Second) / c.Rate)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: c.Connections, MaxConnsPerHost: c.Connections, WriteBufferSize: 64 << 10, DisableCompression: true}
	defer transport.CloseIdleConnections()
	senders := make([]*sender, c.Connections)
	var running sync.WaitGroup
	for i := range senders {
		senders[i] = newSender(c, g, dep, tokens, transport, p)
		running.Go(func() {
			if err := senders[i].run(ctx, s, s.queues[i]); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	out := gather(senders, p)
	s.wait.Wait()
	out.Truth = newTruth(g.cfg)
	for _, m := range s.makers {
		out.Truth.Add(m.Truth())
	}
	return out, errors.Join(s.failure(), context.Cause(ctx))
}

// tokensOf asks for a token of every sensor.
func tokensOf(ctx context.Context, g *Generator, dep Dependencies) ([]string, error) {
	var out []string
	for _, name := range g.Sensors() {
		t, err := dep.Token(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("generate: a token for %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func gather(senders []*sender, p pace) Result {
	out := Result{Retries: map[int]int64{}}
	last := p.start
	for _, s := range senders {
		out.Sent += s.sent
		out.Latencies = append(out.Latencies, s.latencies...)
		for k, n := range s.retries {
			out.Retries[k] += n
		}
		if s.last.After(last) {
			last = s.last
		}
	}
	slices.Sort(out.Latencies)
	out.Took = last.Sub(p.start)
	return out
}

// String tells a result in some lines.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d records (%d broken) in %d bodies of %d sensors, %d bytes, sent as %d, acknowledged in %s: %.0f records/s\n",
		r.Truth.Records, r.Truth.Broken, r.Truth.Bodies, len(r.Truth.Sensors), r.Truth.Bytes, r.Sent,
		r.Took.Round(time.Millisecond), float64(r.Truth.Records)/r.Took.Seconds())
	fmt.Fprintf(&b, "acknowledgement: median %s, p99 %s, longest %s", ms(r.Quantile(0.5)), ms(r.Quantile(0.99)), ms(r.Quantile(1)))
	for _, k := range []int{0, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInsufficientStorage} {
		if n := r.Retries[k]; n > 0 {
			fmt.Fprintf(&b, "; %s: %d times sent again", statusText(k), n)
		}
	}
	return b.String()
}

func ms(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }

func statusText(k int) string {
	if k == 0 {
		return "no answer"
	}
	return strconv.Itoa(k)
}
