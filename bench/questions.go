// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"haidang/replay/generate"
)

// question is one drill-down and its goal at 50 million events.
type question struct {
	what string
	url  string
	goal time.Duration
}

// questions asks what is stored: drill-downs over segments, and the figures
// that come from memory, many times a second.
func (b *bench) questions(ctx context.Context, s *server, rows int64) error {
	p := b.table.section(fmt.Sprintf("Questions to %.1f million stored events, over HTTP (goals are for 50 million)", float64(rows)/1e6))
	newest := url.Values{"limit": {"100"}, "rule.id": {strconv.Itoa(generate.RuleID(700))}}
	for _, q := range []question{
		{"events by one dimension", s.ask("by", "source.geo.country_iso_code"), 250 * time.Millisecond},
		{"events by two dimensions", s.ask("by", "source.geo.country_iso_code,cert.rsit"), 600 * time.Millisecond},
		{"distinct victims by country", s.ask("by", "affected.country", "metric", "affected"), 3 * time.Second},
		{"top source addresses", s.ask("by", "source.ip", "limit", "20"), 3 * time.Second},
		{"newest 100 of one rule", s.address + "/api/v1/events?" + newest.Encode(), 200 * time.Millisecond},
	} {
		best := time.Hour
		for range 5 {
			began := time.Now()
			if err := fetch(ctx, q.url, s.operator); err != nil {
				return err
			}
			best = min(best, time.Since(began))
		}
		p.goal(q.what+", best of 5", "< "+q.goal.String(), best < q.goal, "%s", best.Round(time.Millisecond))
	}
	return nil
}

// hammer asks at a rate, whatever the answers (open loop); it gives sorted
// milliseconds from when each was due.
func hammer(ctx context.Context, next func(i int) *http.Request, rate, connections int, length time.Duration) ([]float64, error) {
	n := int(length.Seconds() * float64(rate))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	took := make([]float64, n)
	errs := make(chan error, n)
	var wait sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if err := pause(ctx, time.Until(due)); err != nil {
			return nil, err
		}
		wait.Go(func() {
			if err := read(client, next(i).WithContext(ctx)); err != nil {
				errs <- err
			}
			took[i] = float64(time.Since(due).Microseconds()) / 1000
		})
	}
	wait.Wait()
	slices.Sort(took)
	select {
	case err := <-errs:
		return nil, err
	default:
		return took, nil
	}
}
