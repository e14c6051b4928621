// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"haidang/replay/generate"
)

// Of the comparison of a small store with a large one.
const (
	growthSmall = 1_000_000
	growthBurst = 1_000_000 // records of each run
	growthRuns  = 5
	growthAsks  = 200 // questions of each run
)

// grownRun is one burst into a store of some size, and questions after it.
type grownRun struct{ rate, cpu, question float64 }

// grown compares two observatories, one with little stored and one with much,
// by turns: neither the rate of ingest nor answers from memory may depend on it.
func (b *bench) grown(ctx context.Context) (err error) {
	if b.growth <= growthSmall {
		return nil
	}
	var servers [2]*server
	var runs [2][]grownRun
	for i, records := range []int64{growthSmall, b.growth} {
		dir := filepath.Join(b.dir, fmt.Sprint("growth-", i))
		s, err := b.serve(ctx, dir, "HAIDANG_JOURNAL_KEEP_FOR=1s", "HAIDANG_JOURNAL_MAX_BYTES=2GiB")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
		if _, err := s.fill(ctx, records, time.Now().Add(-24*time.Hour)); err != nil {
			return err
		}
		servers[i] = s
	}
	for n := range growthRuns {
		for i, s := range servers {
			r, err := b.burst(ctx, s, uint64(10+n))
			if err != nil {
				return err
			}
			runs[i] = append(runs[i], r)
		}
	}
	p := b.table.section(fmt.Sprintf("With %.0f million events stored, against 1 million; medians of %d interleaved runs", float64(b.growth)/1e6, growthRuns))
	for _, row := range []struct {
		what  string
		unit  string
		bound float64
		pick  func(grownRun) float64
	}{
		{"events a second until stored", "%.0f against %.0f", 0.10, func(r grownRun) float64 { return r.rate }},
		{"server's CPU-seconds a million", "%.2f against %.2f", 0.10, func(r grownRun) float64 { return r.cpu }},
		{"ranking from memory, median ms", "%.2f against %.2f", 0.20, func(r grownRun) float64 { return r.question }},
	} {
		small, large := medianOf(runs[0], row.pick), medianOf(runs[1], row.pick)
		worse := max(large/small, small/large) - 1
		p.goal(row.what, fmt.Sprintf("within %.0f %%", 100*row.bound), worse <= row.bound, row.unit, large, small)
	}
	return nil
}

// burst sends records of today and asks for rankings of 30 days.
func (b *bench) burst(ctx context.Context, s *server, seed uint64) (r grownRun, err error) {
	st, err := s.status(ctx)
	if err != nil {
		return r, err
	}
	g, err := generate.New(generate.Config{Seed: seed})
	if err != nil {
		return r, err
	}
	var began time.Time
	var before time.Duration
	pid := s.cmd.Process.Pid
	got, err := generate.Run(ctx, g, generate.RunConfig{To: s.address, Records: growthBurst, Encoding: "zstd"}, generate.Dependencies{
		Token: s.token, Ready: func() { began = time.Now(); before, _ = processorOf(pid) },
	})
	if err != nil {
		return r, err
	}
	if err := s.stored(ctx, st.Records+got.Truth.Good()); err != nil {
		return r, err
	}
	took := time.Since(began)
	after, err := processorOf(pid)
	if err != nil {
		return r, err
	}
	n := float64(got.Truth.Records)
	r.rate, r.cpu = n/took.Seconds(), (after-before).Seconds()/n*1e6
	var asked []float64
	for range growthAsks {
		at := time.Now()
		if err := read(http.DefaultClient, s.rollup(url.Values{"by": {"hosting.country"}}, at.AddDate(0, 0, -30), at)); err != nil {
			return r, err
		}
		asked = append(asked, float64(time.Since(at).Microseconds())/1000)
	}
	slices.Sort(asked)
	r.question = quantile(asked, 0.5)
	return r, nil
}
