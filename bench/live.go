// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"haidang/enrich"
	"haidang/event"
	"haidang/replay/generate"
)

// probes are single alerts, each on another country, so that a country's number
// in the live frames changes because of one request alone.
type probes struct {
	mu      sync.Mutex
	started map[string]time.Time // by country: when the request's first byte was sent
	took    []float64            // ms until the frame with the changed number was read
	seen    map[string]int64
}

// liveLatency measures from a request to the live frame that shows it, beside a
// load at a given rate.
func (b *bench) liveLatency(ctx context.Context) (err error) {
	dir := filepath.Join(b.dir, "live")
	s, err := b.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
	places, err := places(ctx)
	if err != nil {
		return err
	}
	token, err := s.token(ctx, "probe")
	if err != nil {
		return err
	}
	running, end := context.WithCancel(ctx)
	defer end()
	p := &probes{started: map[string]time.Time{}, seen: map[string]int64{}}
	var wait sync.WaitGroup
	var failed [2]error
	start := make(chan struct{})
	wait.Go(func() { failed[0] = p.read(running, s.address) })
	wait.Go(func() {
		<-start
		failed[1] = p.post(running, s.address, token, places)
	})
	pid := s.cmd.Process.Pid
	var before time.Duration
	got, err := s.send(ctx, generate.Config{}, generate.RunConfig{
		Records: int64(b.rate * b.live.Seconds()), Rate: b.rate, Encoding: "zstd",
	}, generate.Dependencies{Ready: func() { before, _ = processorOf(pid); close(start) }})
	after, cpuErr := processorOf(pid)
	end()
	wait.Wait()
	if err := errors.Join(err, cpuErr, failed[0], failed[1]); err != nil {
		return err
	}
	slices.Sort(p.took)
	t := b.table.section(fmt.Sprintf("Live, at %.0f events a second", float64(got.Truth.Records)/got.Took.Seconds()))
	t.add("load", "%.0f events a second asked for, bodies zstd; acknowledgement p99 %s", b.rate, got.Quantile(0.99).Round(time.Millisecond))
	p99 := quantile(p.took, 0.99)
	t.goal(fmt.Sprintf("request begun → number in a live frame, %d single alerts, p99", len(p.took)), "< 1 s, towards 400 ms",
		len(p.took) > 0 && p99 < 1000, "%.0f ms (median %.0f, longest %.0f; %d not seen)", p99, quantile(p.took, 0.5), quantile(p.took, 1), len(p.started))
	t.add("server's processor time during it", "%.2f cores", (after-before).Seconds()/got.Took.Seconds())
	return nil
}

// places finds an address in each of many countries, by the product's own table.
func places(ctx context.Context) (map[string]string, error) {
	e := enrich.New(enrich.Config{}, enrich.Dependencies{})
	if err := e.Start(ctx); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i := range 200_000 {
		n := uint32(i) * 21_471 // spread over the address space
		var a event.Addr
		a[10], a[11], a[12], a[13], a[14], a[15] = 0xff, 0xff, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		if c, _ := e.Lookup(a); c != 0 && c != home() && n>>24 != 10 && n>>24 < 224 {
			out[c.String()] = fmt.Sprintf("%d.%d.%d.%d", a[12], a[13], a[14], a[15])
		}
	}
	return out, nil
}

const probeLine = `{"timestamp":"%s","flow_id":%d,"event_type":"alert","src_ip":"171.224.%d.%d","src_port":40000,"dest_ip":"%s","dest_port":80,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":%d,"rev":1,"signature":"bench probe","category":"Web Application Attack","severity":1},"http":{"hostname":"probe.example","url":"/","http_method":"GET"},"app_proto":"http"}` + "\n"

// probeEvery is how far apart probes are; a country comes again after seconds.
const probeEvery = 37 * time.Millisecond

// post sends probes evenly spread, whatever the answers: one that waits for its
// acknowledgement holds up none behind it.
func (p *probes) post(ctx context.Context, address, token string, places map[string]string) error {
	names := slices.Sorted(maps.Keys(places))
	ticks := time.NewTicker(probeEvery)
	defer ticks.Stop()
	var wait sync.WaitGroup
	failed := make(chan error, 1)
	defer wait.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-ticks.C:
		}
		c := names[i%len(names)]
		if !p.open(c) {
			continue // its number has not come yet: another would hide it
		}
		line := fmt.Sprintf(probeLine, time.Now().UTC().Format("2006-01-02T15:04:05.000000-0700"), i+1, i>>8&255, i&255, places[c], 3_000_000+i)
		wait.Go(func() {
			if err := post(ctx, address, token, line); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
}

// open starts the clock of a country's probe unless one is on its way.
func (p *probes) open(country string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, on := p.started[country]; on {
		return false
	}
	p.started[country] = time.Now()
	return true
}

func post(ctx context.Context, address, token, line string) error {
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, address+"/api/v1/ingest/eve", strings.NewReader(line))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the probe was answered %s", resp.Status)
	}
	return nil
}

// read reads live frames until the context ends.
func (p *probes) read(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/live", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	frames := bufio.NewScanner(resp.Body)
	frames.Buffer(nil, 4<<20)
	for frames.Scan() {
		data, ok := strings.CutPrefix(frames.Text(), "data: ")
		if !ok {
			continue
		}
		var f struct {
			Affected map[string]*int64 `json:"affected"`
		}
		if err := json.Unmarshal([]byte(data), &f); err != nil {
			return fmt.Errorf("a live frame: %w", err)
		}
		p.frame(f.Affected, time.Now())
	}
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(errors.New("the live frames ended"), frames.Err())
}

func (p *probes) frame(affected map[string]*int64, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, n := range affected {
		if n == nil || *n <= p.seen[c] {
			continue
		}
		p.seen[c] = *n
		if began, ok := p.started[c]; ok {
			p.took = append(p.took, float64(at.Sub(began).Microseconds())/1000)
			delete(p.started, c)
		}
	}
}
