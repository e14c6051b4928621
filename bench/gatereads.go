// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"haidang/replay/generate"
)

const (
	readRecords = 60_000 // stored while reads are measured
	readBlocks  = 20
	readsABlock = 128 // of each program
)

// gateOnReads asks two observatories that hold the same records, of which one has
// no gate. Each reader asks them by turns, so that whatever else the machine does
// meets both.
func (b *bench) gateOnReads(ctx context.Context, without *bench) (err error) {
	var both [2]*server
	for i, x := range []*bench{b, without} {
		dir := filepath.Join(b.dir, fmt.Sprintf("reads-%d", i))
		s, err := x.serve(ctx, dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
		got, err := s.send(ctx, generate.Config{}, generate.RunConfig{Records: readRecords}, generate.Dependencies{})
		if err != nil {
			return err
		}
		if err := s.stored(ctx, got.Truth.Good()); err != nil {
			return err
		}
		both[i] = s
	}
	// A count of a time without records costs next to nothing but its entry in the
	// audit log, and so shows what that adds.
	audited := func(s *server) (*http.Request, error) {
		return s.get("/api/v1/events/count?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", s.operator)
	}
	newest := url.Values{"limit": {"5"}, "rule.id": {strconv.Itoa(generate.RuleID(3))}}
	records := func(s *server) (*http.Request, error) { return s.get("/api/v1/events?"+newest.Encode(), s.operator) }
	open := func(s *server) (*http.Request, error) { return s.get("/api/v1/now", "") }
	p := b.table.section(fmt.Sprintf("The gate where records are read: %d reads of each program for a row, asked by turns", readBlocks*readsABlock))
	for _, readers := range []int{1, 8, 64} {
		r, err := compareReads(ctx, both, audited, readers)
		if err != nil {
			return err
		}
		low, high := interval(r.p99)
		more := median(slices.Clone(r.p99))
		p.goal(fmt.Sprintf("audited reads (T3; counts of a time without records), %d readers: p99 more; median of %d blocks, 95 %% interval", readers, readBlocks), "≤ 25 ms", more <= 25, "%+.1f ms (%+.1f to %+.1f)", more, low, high)
		p.add(fmt.Sprintf("— p99 with and without, %d readers; entries a sync", readers), "%.1f, %.1f ms; %.1f", r.with, r.without, r.entries/max(1, r.syncs))
		if int(r.entries) != readBlocks*readsABlock {
			return fmt.Errorf("%.0f entries in the audit log after %d audited reads", r.entries, readBlocks*readsABlock)
		}
	}
	r, err := compareReads(ctx, both, records, 4)
	if err != nil {
		return err
	}
	low, high := interval(r.processor)
	p.add("newest 5 records of a rule, 4 readers: server's processor time, as a share of without", "%.2f (%.2f to %.2f)", median(r.processor), low, high)
	if r, err = compareReads(ctx, both, open, 8); err != nil {
		return err
	}
	low, high = interval(r.processor)
	ratio := median(slices.Clone(r.processor))
	p.goal("open reads (T0), 8 readers: server's processor time, as a share of without", "1 within its interval", low <= 1 || ratio < 1.03, "%.3f (%.3f to %.3f)", ratio, low, high)
	p.goal("— entries in the audit log", "0", r.entries == 0, "%.0f", r.entries)
	low, high = interval(r.p99)
	p.add("— p99 more; with and without", "%+.1f ms (%+.1f to %+.1f); %.1f, %.1f ms", median(r.p99), low, high, r.with, r.without)
	return nil
}

// reads compares a kind of question at both programs.
type reads struct {
	p99            []float64 // difference by block, ms
	processor      []float64 // ratio by block
	with, without  float64   // p99 of all, ms
	entries, syncs float64   // in the audit log
}

func compareReads(ctx context.Context, both [2]*server, ask func(*server) (*http.Request, error), readers int) (out reads, err error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers, MaxConnsPerHost: readers}}
	defer client.CloseIdleConnections()
	if _, err := readBlock(ctx, client, both, ask, readers); err != nil { // connections, memory
		return out, err
	}
	var all [2][]float64
	entries, syncs := both[0].written(ctx)
	for range readBlocks {
		began, err := processors(both)
		if err != nil {
			return out, err
		}
		took, err := readBlock(ctx, client, both, ask, readers)
		if err != nil {
			return out, err
		}
		ended, err := processors(both)
		if err != nil {
			return out, err
		}
		out.processor = append(out.processor, float64(ended[0]-began[0]+clockTick/2)/float64(ended[1]-began[1]+clockTick/2))
		out.p99 = append(out.p99, quantile(took[0], 0.99)-quantile(took[1], 0.99))
		for i := range all {
			all[i] = append(all[i], took[i]...)
		}
	}
	after, groups := both[0].written(ctx)
	out.entries, out.syncs = after-entries, groups-syncs
	for i := range all {
		slices.Sort(all[i])
	}
	out.with, out.without = quantile(all[0], 0.99), quantile(all[1], 0.99)
	return out, nil
}

func processors(both [2]*server) (out [2]time.Duration, err error) {
	for i, s := range both {
		if out[i], err = processorOf(s.cmd.Process.Pid); err != nil {
			return out, err
		}
	}
	return out, nil
}

// readBlock gives what the reads of each program took, sorted, in milliseconds.
func readBlock(ctx context.Context, client *http.Client, both [2]*server, ask func(*server) (*http.Request, error), readers int) (took [2][]float64, err error) {
	var mu sync.Mutex
	var errs []error
	var wait sync.WaitGroup
	for reader := range readers {
		wait.Go(func() {
			for n := reader; n < readsABlock; n += readers {
				for k := range both {
					i := (n + k) % 2
					began := time.Now()
					req, err := ask(both[i])
					if err == nil {
						err = read(client, req.WithContext(ctx))
					}
					ms := float64(time.Since(began).Microseconds()) / 1000
					mu.Lock()
					took[i], errs = append(took[i], ms), append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took, errors.Join(errs...)
}

func (s *server) get(path, token string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodGet, s.address+path, nil)
	if err == nil && token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, err
}

// written gives how many entries the audit log has, and in how many groups.
func (s *server) written(ctx context.Context) (entries, groups float64) {
	entries, _ = s.metric(ctx, "haidang_audit_size_entries")
	groups, _ = s.metric(ctx, "haidang_audit_groups_total")
	return entries, groups
}

// metric gives one of the server's metrics without labels.
func (s *server) metric(ctx context.Context, name string) (float64, error) {
	req, err := s.get("/metrics", s.operator)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", req.URL, name)
}
