// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"haidang/replay/generate"
)

// sample is the server's memory at a time.
type sample struct{ seconds, bytes float64 }

// longRun fills an observatory at full rate while drill-downs run, asks it
// questions, and starts it again.
func (b *bench) longRun(ctx context.Context) (err error) {
	dir := filepath.Join(b.dir, "long")
	s, err := b.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	p := b.table.section(fmt.Sprintf("%s at full rate, bodies made while the clock runs", b.long))
	if err := b.flood(ctx, s, p); err != nil {
		return err
	}
	w, err := weigh(filepath.Join(dir, "store"))
	if err != nil {
		return err
	}
	w.rowsOf(p, "merged")
	if err := b.questions(ctx, s, w.rows); err != nil {
		return err
	}
	return b.restarts(ctx, &s, w.rows)
}

// flood sends until the time is over.
func (b *bench) flood(ctx context.Context, s *server, p *part) error {
	running, end := context.WithTimeout(ctx, b.long+time.Minute)
	defer end()
	var wait sync.WaitGroup
	var samples []sample
	var drills []float64
	var drillErr error
	var began time.Time
	var before time.Duration
	pid := s.cmd.Process.Pid
	got, err := s.send(running, generate.Config{}, generate.RunConfig{
		Records: 1 << 40, For: b.long, Ahead: 40, Connections: 8, Encoding: "zstd",
	}, generate.Dependencies{Ready: func() {
		began = time.Now()
		before, _ = processorOf(pid)
		wait.Go(func() { samples = watch(running, pid, began, b.long) })
		wait.Go(func() { drills, drillErr = s.drill(running, b.long) })
	}})
	wait.Wait()
	if err := errors.Join(err, drillErr); err != nil {
		return err
	}
	if err := s.stored(ctx, got.Truth.Good()); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := processorOf(pid)
	if err != nil {
		return err
	}
	n := float64(got.Truth.Records)
	p.add("events", "%.1f million; %.0f a second acknowledged, %.0f until everything was stored", n/1e6, n/got.Took.Seconds(), n/took.Seconds())
	cpu := (after - before).Seconds() / n * 1e6
	p.goal("server's CPU-seconds a million, merges and drill-downs included", "≤ 3", cpu <= 3, "%.2f", cpu)
	peak := float64(memoryOf(pid, "VmHWM")) / 1e6
	p.goal("server's peak memory", "≤ 400 MB", peak <= 400, "%.0f MB", peak)
	half := slope(samples[len(samples)/3:]) * 60 / 1e6
	p.goal("slope of its memory over the last two thirds", "< 1 MB a minute", half < 1, "%.1f MB a minute", half)
	p.add("a drill-down (by country) beside it", "median %.0f ms of %d", median(drills), len(drills))
	for status, n := range got.Retries {
		p.add(fmt.Sprintf("requests sent again after %d", status), "%d", n)
	}
	return nil
}

// watch takes the server's memory once a second.
func watch(ctx context.Context, pid int, began time.Time, length time.Duration) (out []sample) {
	for time.Since(began) < length {
		out = append(out, sample{time.Since(began).Seconds(), float64(memoryOf(pid, "VmRSS"))})
		if pause(ctx, time.Second) != nil {
			break
		}
	}
	return out
}

// slope is that of the straight line nearest to all samples, in bytes a second.
func slope(list []sample) float64 {
	var n, x, y, xx, xy float64
	for _, s := range list {
		n, x, y, xx, xy = n+1, x+s.seconds, y+s.bytes, xx+s.seconds*s.seconds, xy+s.seconds*s.bytes
	}
	if d := n*xx - x*x; d != 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// drill asks by one dimension now and then.
func (s *server) drill(ctx context.Context, length time.Duration) (took []float64, err error) {
	for end := time.Now().Add(length); time.Now().Before(end); {
		began := time.Now()
		if err := fetch(ctx, s.ask("by", "source.geo.country_iso_code"), s.operator); err != nil {
			return took, err
		}
		took = append(took, float64(time.Since(began).Milliseconds()))
		if err := pause(ctx, 2*time.Second); err != nil {
			return took, err
		}
	}
	return took, nil
}

// ask makes the address of an aggregation.
func (s *server) ask(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return s.address + "/api/v1/events/aggregate?" + q.Encode()
}

// restarts measures a clean stop, the start after it, and the one after a kill.
func (b *bench) restarts(ctx context.Context, s **server, rows int64) error {
	p := b.table.section(fmt.Sprintf("Stop and start with %.1f million events stored", float64(rows)/1e6))
	began := time.Now()
	if err := (*s).stop(); err != nil {
		return err
	}
	stopped := time.Since(began)
	p.goal("clean stop", "< 5 s", stopped < 5*time.Second, "%.2f s", stopped.Seconds())
	for _, how := range []string{"after a clean stop", "after a kill"} {
		next, err := b.serve(ctx, (*s).data)
		if err != nil {
			return err
		}
		*s = next
		p.goal("start to the first page, "+how, "< 2 s", next.up < 2*time.Second, "%.2f s", next.up.Seconds())
		if how == "after a clean stop" {
			if err := next.kill(); err != nil {
				return err
			}
		}
	}
	return nil
}
