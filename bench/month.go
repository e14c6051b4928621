// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"haidang/replay/generate"
)

// monthDays is how many days of records the questions are asked about.
const monthDays = 45

// Open loop: so many questions a second over so many connections.
const (
	askRate        = 500
	askConnections = 100
)

// month asks for rankings and distinct victims of any 30 days over HTTP, first
// with nothing else going on, then beside a load.
func (b *bench) month(ctx context.Context) (err error) {
	dir := filepath.Join(b.dir, "month")
	s, err := b.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
	start := time.Now().AddDate(0, 0, -monthDays)
	filled, err := s.fill(ctx, b.records, start)
	if err != nil {
		return err
	}
	if err := s.atRest(ctx); err != nil {
		return err
	}
	p := b.table.section(fmt.Sprintf("Questions over HTTP about any 30 of %d days, %d a second over %d connections", monthDays, askRate, askConnections))
	p.add("stored", "%.1f million events, their times spread over the days", float64(filled)/1e6)
	if err := b.asked(ctx, p, s, start, "no ingest", 20); err != nil {
		return err
	}
	running, end := context.WithCancel(ctx)
	var wait sync.WaitGroup
	var loadErr error
	begun := make(chan struct{})
	var ready sync.Once
	wait.Go(func() {
		defer ready.Do(func() { close(begun) })
		_, loadErr = s.send(running, generate.Config{Seed: 2}, generate.RunConfig{
			Records: int64(b.rate * (2*b.ask.Seconds() + 10)), Rate: b.rate, Encoding: "zstd",
		}, generate.Dependencies{Ready: func() { ready.Do(func() { close(begun) }) }})
		if errors.Is(loadErr, context.Canceled) {
			loadErr = nil
		}
	})
	<-begun
	err = b.asked(ctx, p, s, start, fmt.Sprintf("%.0f events a second coming in", b.rate), 60)
	end()
	wait.Wait()
	return errors.Join(err, loadErr)
}

// fill sends records whose times begin at start and end now.
func (s *server) fill(ctx context.Context, records int64, start time.Time) (int64, error) {
	g, err := generate.New(generate.Config{Seed: 1, Start: start, Rate: float64(records) / time.Since(start).Seconds(), Late: -1})
	if err != nil {
		return 0, err
	}
	got, err := generate.Run(ctx, g, generate.RunConfig{To: s.address, Records: records, Encoding: "zstd", Ahead: 40}, generate.Dependencies{Token: s.token})
	if err != nil {
		return 0, err
	}
	return got.Truth.Good(), s.stored(ctx, got.Truth.Good())
}

// asked measures rankings, then distinct counts.
func (b *bench) asked(ctx context.Context, p *part, s *server, start time.Time, beside string, goal float64) error {
	for _, q := range []struct {
		what string
		set  url.Values
	}{
		{"ranking of hosting countries", url.Values{"by": {"hosting.country"}}},
		{"distinct victims of all countries", url.Values{"by": {"affected.country"}, "distinct": {"affected"}}},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		took, err := hammer(ctx, func(int) *http.Request {
			mu.Lock()
			from := start.AddDate(0, 0, random.IntN(monthDays-30+1)).Truncate(time.Hour)
			mu.Unlock()
			return s.rollup(q.set, from, from.AddDate(0, 0, 30))
		}, askRate, askConnections, b.ask)
		if err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
		p99 := quantile(took, 0.99)
		p.goal(fmt.Sprintf("%s, %s, p99", q.what, beside), fmt.Sprintf("< %.0f ms", goal), p99 < goal, "%.1f ms (median %.1f)", p99, quantile(took, 0.5))
	}
	return nil
}

// rollup makes a question to the counts in memory.
func (s *server) rollup(set url.Values, from, to time.Time) *http.Request {
	q := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}
	for k, v := range set {
		q[k] = v
	}
	r, err := http.NewRequest(http.MethodGet, s.address+"/api/v1/rollups?"+q.Encode(), nil)
	if err != nil {
		panic(err) // the address was asked before
	}
	r.Header.Set("Authorization", "Bearer "+s.operator)
	return r
}
