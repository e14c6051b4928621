// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"haidang/replay/generate"
)

// What the gate costs is measured against a program that lets everything through.
// It is built from the same source with a tag that nothing else uses.
const ungatedTag = "ungated"

// gatedRecords are those of one run: many short runs tell more than few long ones.
const gatedRecords = 480_000

// gate measures what deciding costs: on the path of records, by itself, and where
// records are read.
func (b *bench) gate(ctx context.Context) error {
	open := filepath.Join(b.dir, "haidang-ungated")
	if err := build(ctx, open, "-tags", ungatedTag); err != nil {
		return err
	}
	without := *b
	without.binary, without.log = open, "error"
	return errors.Join(b.gateOnPath(ctx, &without), b.decisions(), b.gateOnReads(ctx, &without))
}

// passage is what one run cost the server.
type passage struct {
	processor   float64 // seconds a million events
	allocations float64 // an event
}

// gateOnPath sends the same load to both programs by turns; which goes first
// changes from pair to pair.
func (b *bench) gateOnPath(ctx context.Context, without *bench) error {
	var processor, allocations []float64
	var with, open []passage
	for i := range b.pairs {
		pair := []*bench{b, without}
		if i%2 == 1 {
			slices.Reverse(pair)
		}
		for _, x := range pair {
			p, err := x.pass(ctx, i)
			if err != nil {
				return err
			}
			if x == b {
				with = append(with, p)
			} else {
				open = append(open, p)
			}
		}
		processor = append(processor, with[i].processor/open[i].processor)
		allocations = append(allocations, with[i].allocations-open[i].allocations)
		fmt.Fprintf(os.Stderr, "bench: gate: pair %d: %.3f, %+.3f allocations\n", i+1, processor[i], allocations[i])
	}
	seconds := func(p passage) float64 { return p.processor }
	objects := func(p passage) float64 { return p.allocations }
	low, high := interval(processor)
	ratio := median(slices.Clone(processor))
	p := b.table.section(fmt.Sprintf("The gate on the path: %d pairs of %d events, with it and without", b.pairs, min(b.records, gatedRecords)))
	p.goal("server's processor time with the gate, as a share of without; median, 95 % interval", "< 1.03", ratio < 1.03, "%.3f (%.3f to %.3f)", ratio, low, high)
	p.add("CPU-seconds a million events, with and without", "%.2f, %.2f", medianOf(with, seconds), medianOf(open, seconds))
	low, high = interval(allocations)
	more := median(slices.Clone(allocations))
	p.goal("allocations an event more; median, 95 % interval", "none (< 0.01)", more < 0.01, "%+.4f (%+.4f to %+.4f)", more, low, high)
	p.add("allocations an event, with and without", "%.3f, %.3f", medianOf(with, objects), medianOf(open, objects))
	return nil
}

// pass sends a load to a fresh observatory and waits until it is stored.
func (b *bench) pass(ctx context.Context, i int) (p passage, err error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("gate-%d", i))
	s, err := b.serve(ctx, dir)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.stop(), os.RemoveAll(dir)) }()
	var before time.Duration
	var objects float64
	got, err := s.send(ctx, generate.Config{}, generate.RunConfig{Records: min(b.records, gatedRecords), Encoding: "identity"}, generate.Dependencies{Ready: func() {
		before, _ = processorOf(s.cmd.Process.Pid)
		objects, _ = s.metric(ctx, "go_memstats_mallocs_total")
	}})
	if err != nil {
		return p, err
	}
	if err := s.stored(ctx, got.Truth.Good()); err != nil {
		return p, err
	}
	after, err := processorOf(s.cmd.Process.Pid)
	if err != nil {
		return p, err
	}
	all, err := s.metric(ctx, "go_memstats_mallocs_total")
	if err != nil {
		return p, err
	}
	n := float64(got.Truth.Records)
	return passage{processor: (after - before).Seconds() / n * 1e6, allocations: (all - objects) / n}, nil
}

// interval gives the 95 % bootstrap interval of the median.
func interval(list []float64) (low, high float64) {
	const draws = 10_000
	rng := rand.New(rand.NewPCG(20, 26))
	medians := make([]float64, draws)
	drawn := make([]float64, len(list))
	for i := range medians {
		for j := range drawn {
			drawn[j] = list[rng.IntN(len(list))]
		}
		medians[i] = median(drawn)
	}
	slices.Sort(medians)
	return quantile(medians, 0.025), quantile(medians, 0.975)
}
