// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// sender is one connection and the sensors that use it.
type sender struct {
	url, encoding string
	replay        bool
	spool         string
	bodyRecords   int
	tokens        []string
	sequence      map[int]uint64
	client        *http.Client
	pace          pace
	told          func(records int, due, answered time.Time)

	sent      int64
	last      time.Time
	retries   map[int]int64
	latencies []time.Duration
}

func newSender(c RunConfig, g *Generator, dep Dependencies, tokens []string, t http.RoundTripper, p pace) *sender {
	s := &sender{
		url: strings.TrimSuffix(c.To, "/") + "/api/v1/ingest/eve", encoding: c.Encoding, replay: c.Replay,
		spool: rand.Text(), bodyRecords: g.cfg.BodyRecords, tokens: tokens, sequence: map[int]uint64{},
		client: &http.Client{Transport: t, Timeout: time.Minute}, pace: p, told: dep.Acknowledged, retries: map[int]int64{},
	}
	if s.told == nil {
		s.told = func(int, time.Time, time.Time) {}
	}
	return s
}

func (s *sender) run(ctx context.Context, from *supply, queue <-chan packed) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for b := range queue {
		due := time.Now()
		if s.pace.perRow > 0 {
			// In an open loop a body is as late as it is, even if we are to blame.
			due = s.pace.due(b, s.bodyRecords)
			if err := sleep(ctx, timer, time.Until(due)); err != nil {
				return err
			}
		}
		if err := s.send(ctx, timer, b); err != nil {
			return err
		}
		s.last = time.Now()
		s.sent += int64(len(b.data))
		s.latencies = append(s.latencies, s.last.Sub(due))
		s.told(b.records, due, s.last)
		from.done(b)
	}
	return ctx.Err()
}

func sleep(ctx context.Context, timer *time.Timer, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer.Reset(d)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// refusedError is an answer that a repetition does not change.
type refusedError struct{ text string }

func (e refusedError) Error() string { return e.text }

// send repeats until the door has the body; a repeated one is known by its
// number, so that nothing counts twice.
func (s *sender) send(ctx context.Context, timer *time.Timer, b packed) error {
	s.sequence[b.sensor]++
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		status, pause, err := s.post(ctx, b)
		if err == nil && status == http.StatusOK {
			return nil
		}
		if errors.As(err, new(refusedError)) {
			return err
		}
		s.retries[status]++
		if err := sleep(ctx, timer, max(wait, pause)); err != nil {
			return err
		}
	}
}

// post makes one request: its status, zero where there was no answer, and how
// long the door asked to wait.
func (s *sender) post(ctx context.Context, b packed) (status int, pause time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(b.data))
	if err != nil {
		return 0, 0, refusedError{err.Error()}
	}
	h := req.Header
	h.Set("Authorization", "Bearer "+s.tokens[b.sensor])
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Haidang-Spool", s.spool)
	h.Set("Haidang-Sequence", strconv.FormatUint(s.sequence[b.sensor], 10))
	if s.encoding != "identity" {
		h.Set("Content-Encoding", s.encoding)
	}
	if s.replay {
		h.Set("Haidang-Replay", "1")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.StatusCode, 0, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInsufficientStorage, http.StatusConflict,
		http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return resp.StatusCode, time.Duration(seconds) * time.Second, nil
	}
	return resp.StatusCode, 0, refusedError{fmt.Sprintf("generate: the observatory answered %s: %s", resp.Status, bytes.TrimSpace(answer))}
}
