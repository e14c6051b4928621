// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
)

// codings are the content codings that two programs are compared in.
var codings = []string{"identity", "zstd"}

// pair compares two programs on the whole path while both run at the same time, so
// that whatever else the machine does falls on both: the ratio of their processor
// times repeats within some two per cent (of one program with itself, six pairs), where
// that of two runs one after the other scatters by fifteen.
func (b *bench) pair(ctx context.Context) error {
	if b.against == "" {
		return errors.New("name the program to compare with (-against), or run make bench-pair")
	}
	this, other := *b, *b
	this.log, other.log, other.binary = "error", "error", b.against
	ratios := map[string][]float64{}
	var here, there = map[string][]outcome{}, map[string][]outcome{}
	for i := range b.pairs {
		for _, coding := range codings {
			x, y, err := beside(ctx, &this, &other, coding)
			if err != nil {
				return err
			}
			here[coding], there[coding] = append(here[coding], x), append(there[coding], y)
			ratios[coding] = append(ratios[coding], x.server/y.server)
			fmt.Fprintf(os.Stderr, "bench: pair %d, %s: %.3f\n", i+1, coding, x.server/y.server)
		}
	}
	for _, coding := range codings {
		p := b.table.section(fmt.Sprintf("Two programs at the same time: %d pairs of %.1f million events, bodies %s", b.pairs, float64(b.records)/1e6, coding))
		low, high := interval(ratios[coding])
		p.add("server's processor time, as a share of the other's; median, 95 % interval", "%.3f (%.3f to %.3f)", median(slices.Clone(ratios[coding])), low, high)
		cpu := func(o outcome) float64 { return o.server }
		p.add("CPU-seconds a million events, this and the other", "%.2f, %.2f", medianOf(here[coding], cpu), medianOf(there[coding], cpu))
		peak := func(o outcome) float64 { return o.peak / 1e6 }
		p.add("peak memory, this and the other", "%.0f, %.0f MB", medianOf(here[coding], peak), medianOf(there[coding], peak))
	}
	return nil
}

// beside runs two programs at once.
func beside(ctx context.Context, this, other *bench, coding string) (x, y outcome, err error) {
	var failed [2]error
	var wait sync.WaitGroup
	wait.Go(func() { x, failed[0] = this.once(ctx, "pair-this", coding) })
	wait.Go(func() { y, failed[1] = other.once(ctx, "pair-other", coding) })
	wait.Wait()
	return x, y, errors.Join(failed[0], failed[1], x.counts, y.counts)
}
