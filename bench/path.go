// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"haidang/replay/generate"
)

// outcome is one run of the whole path.
type outcome struct {
	acknowledged, stored float64 // events a second
	alone                float64 // acknowledged, had the server the processors for itself
	server, sender       float64 // CPU-seconds a million
	peak                 float64 // bytes
	journal, disk        float64 // bytes an event
	p99                  float64 // of acknowledgements, ms
	counts               error   // against the independent count
}

// way is one way in which the whole path is measured.
type way struct {
	coding   string
	settings []string // of the server, beside its defaults
	title    string   // beyond the coding
}

// ways are run by turns.
var ways = []way{
	{coding: "identity"}, {coding: "zstd"},
	{coding: "zstd", settings: []string{"HAIDANG_JOURNAL_BURST=0"}, title: ", senders wait for the store from the first byte on (journal.burst: 0)"},
}

// path sends a load to a fresh observatory, in several ways by turns.
func (b *bench) path(ctx context.Context) error {
	runs := make([][]outcome, len(ways))
	for i := range b.runs {
		for k, w := range ways {
			o, err := b.once(ctx, fmt.Sprintf("path-%d-%d", k, i), w.coding, w.settings...)
			if err != nil {
				return err
			}
			runs[k] = append(runs[k], o)
		}
	}
	for k, w := range ways {
		b.show(fmt.Sprintf("The whole path over HTTP, acknowledged after sync, bodies %s%s", w.coding, w.title), runs[k])
	}
	return nil
}

// show writes down what the runs of one way came to.
func (b *bench) show(title string, all []outcome) {
	of := func(pick func(outcome) float64) float64 { return medianOf(all, pick) }
	p := b.table.section(title)
	p.add("load", "%d runs of %.1f million events, 8 connections, 200 sensors", len(all), float64(b.records)/1e6)
	cpu := of(func(o outcome) float64 { return o.server })
	p.goal("server's CPU-seconds a million, until everything is stored", "≤ 3", cpu <= 3, "%.2f", cpu)
	p.add("— the generator's beside it, sending only", "%.2f", of(func(o outcome) float64 { return o.sender }))
	p.add("events a second, acknowledged, the generator on the same processors", "%.0f", of(func(o outcome) float64 { return o.acknowledged }))
	alone := of(func(o outcome) float64 { return o.alone })
	p.goal("— had the server the generator's processor time, too", "≥ 600,000 where two cores are the server's alone", alone >= 600_000, "%.0f", alone)
	p.add("events a second, until everything is stored", "%.0f", of(func(o outcome) float64 { return o.stored }))
	p.add("acknowledgement, p99", "%.0f ms", of(func(o outcome) float64 { return o.p99 }))
	p.add("server's peak memory", "%.0f MB", of(func(o outcome) float64 { return o.peak })/1e6)
	p.add("journal, bytes an event", "%.0f", of(func(o outcome) float64 { return o.journal }))
	p.add("store with roll-ups, bytes an event", "%.0f", of(func(o outcome) float64 { return o.disk }))
	var counts error
	for _, o := range all {
		counts = errors.Join(counts, o.counts)
	}
	verdict := "equal"
	if counts != nil {
		verdict = counts.Error()
	}
	p.goal("stored, by event type and by rule, against the generator's own count", "equal", counts == nil, "%s", verdict)
}

// once sends a load in a content coding to a fresh observatory with some settings.
func (b *bench) once(ctx context.Context, name, coding string, settings ...string) (o outcome, err error) {
	dir := filepath.Join(b.dir, name)
	s, err := b.serve(ctx, dir, settings...)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
	pid := s.cmd.Process.Pid
	var began time.Time
	var server, sender time.Duration
	got, err := s.send(ctx, generate.Config{}, generate.RunConfig{Records: b.records, Encoding: coding}, generate.Dependencies{Ready: func() {
		server, _ = processorOf(pid)
		sender, began = own(), time.Now()
	}})
	if err != nil {
		return o, err
	}
	sender = own() - sender
	if err := s.stored(ctx, got.Truth.Good()); err != nil {
		return o, err
	}
	took := time.Since(began)
	after, err := processorOf(pid)
	if err != nil {
		return o, err
	}
	n := float64(got.Truth.Records)
	left := 1 - sender.Seconds()/got.Took.Seconds()/float64(runtime.NumCPU())
	return outcome{
		acknowledged: n / got.Took.Seconds(), alone: n / got.Took.Seconds() / left, stored: n / took.Seconds(),
		server: (after - server).Seconds() / n * 1e6, sender: sender.Seconds() / n * 1e6,
		peak: float64(memoryOf(pid, "VmHWM")), p99: float64(got.Quantile(0.99).Milliseconds()),
		journal: float64(sizeOf(filepath.Join(dir, "journal"))) / n, disk: float64(sizeOf(filepath.Join(dir, "store"))) / n,
		counts: s.compare(ctx, got.Truth),
	}, nil
}

// compare asks the observatory for what the generator counted.
func (s *server) compare(ctx context.Context, truth generate.Truth) error {
	types, err := s.aggregate(ctx, url.Values{"by": {"event.action"}, "metric": {"records"}})
	if err != nil {
		return err
	}
	var errs []error
	for name, want := range truth.Types() {
		if got := types[name]; got != want {
			errs = append(errs, fmt.Errorf("%s: %d stored, %d made", name, got, want))
		}
	}
	rules, err := s.aggregate(ctx, url.Values{"by": {"rule.id"}, "metric": {"records"}, "limit": {"10000"}})
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	wrong := 0
	for rule, want := range truth.Rules {
		if rules[strconv.Itoa(generate.RuleID(rule))] != want {
			wrong++
		}
	}
	if wrong > 0 {
		errs = append(errs, fmt.Errorf("%d of %d rules differ", wrong, len(truth.Rules)))
	}
	return errors.Join(errs...)
}

// aggregate asks for one metric by one field.
func (s *server) aggregate(ctx context.Context, q url.Values) (map[string]int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/api/v1/events/aggregate?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.operator)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", req.URL.Path, resp.Status)
	}
	var answer struct {
		Cells []struct {
			Group  []string `json:"group"`
			Values []int64  `json:"values"`
		} `json:"cells"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, c := range answer.Cells {
		out[c.Group[0]] = c.Values[0]
	}
	return out, nil
}
