// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"haidang/app/admin"
	"haidang/event"
	"haidang/replay/generate"
)

// generateFlags belong to `replay --generate`: a load of any rate and length,
// cut from the recording and marked as a replay like all that replay sends.
type generateFlags struct {
	Generate    bool   `help:"Send generated load instead of the recording: real line shapes, 300,000 attackers, 200 sensors named load-000 and on."`
	Records     int64  `help:"With --generate: how many records." default:"1000000"`
	Connections int    `help:"With --generate: how many connections." default:"8"`
	Sensors     int    `help:"With --generate: how many sensors." default:"200"`
	Encoding    string `help:"With --generate: how bodies are packed." enum:"identity,gzip,zstd,s2" default:"identity"`
	Ahead       int    `help:"With --generate: bodies prepared for each connection; 0 prepares all of them before the clock starts." default:"0"`
}

// generate sends the load and tells what became of it.
func (c *replayCmd) generate(ctx context.Context, s streams, a admin.Caller, to string, enrolled []admin.Sensor) error {
	if c.Loop || c.Yesterday || c.Speed != 1 {
		return errors.New("--generate takes --rate, --duration, --records, --connections, --sensors, --encoding, --ahead and --seed; --loop, --yesterday and --speed belong to the recording")
	}
	if c.Records <= 0 || c.Connections <= 0 || c.Sensors <= 0 || c.Ahead < 0 {
		return errors.New("--records, --connections and --sensors must be above 0, --ahead not below")
	}
	g, err := generate.New(generate.Config{Seed: c.Seed, Sensors: c.Sensors, Rate: c.Rate})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "preparing %d records\n", c.Records)
	sent, err := generate.Run(ctx, g, generate.RunConfig{
		To: to, Records: c.Records, For: c.Duration, Encoding: c.Encoding, Connections: c.Connections,
		Rate: c.Rate, Ahead: c.Ahead, Replay: true,
	}, generate.Dependencies{
		Token: func(ctx context.Context, name string) (string, error) {
			return enrolOrRotate(ctx, a, enrolled, event.Sensor{Name: name, Country: "VN", Covers: "generated load", Replay: true})
		},
		Ready: func() { fmt.Fprintln(s.err, "sending") },
	})
	if err == nil && c.JSON {
		return printJSON(s.out, loadSummary{
			Records: sent.Truth.Records, Broken: sent.Truth.Broken, Bodies: sent.Truth.Bodies, Bytes: sent.Truth.Bytes, Sent: sent.Sent,
			Seconds: sent.Took.Seconds(), PerSecond: float64(sent.Truth.Records) / sent.Took.Seconds(),
			MedianMS: sent.Quantile(0.5).Seconds() * 1000, P99MS: sent.Quantile(0.99).Seconds() * 1000,
			Retries: sent.Retries, Types: sent.Truth.Types(),
		})
	}
	fmt.Fprintln(s.err, sent)
	return err
}

// loadSummary is what became of a load, with the generator's own count of it.
type loadSummary struct {
	Records   int64            `json:"records"`
	Broken    int64            `json:"broken"` // of them, lines that must be quarantined
	Bodies    int64            `json:"bodies"`
	Bytes     int64            `json:"bytes"`
	Sent      int64            `json:"bytes_sent"` // as packed
	Seconds   float64          `json:"seconds"`
	PerSecond float64          `json:"records_per_second"`
	MedianMS  float64          `json:"acknowledgement_median_ms"`
	P99MS     float64          `json:"acknowledgement_p99_ms"`
	Retries   map[int]int64    `json:"sent_again_by_status"`
	Types     map[string]int64 `json:"records_by_event_type"`
}
