// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// pair compares two programs on the whole path while both run at the same time, so
// that whatever else the machine does falls on both: the ratio of their processor
// times repeats within some two per cent (of one program with itself, six pairs), where
// that of two runs one after the other scatters by fifteen.
func (b *bench) pair(ctx context.Context) error {
	if b.against == "" {
		return errors.New("name the program to compare with (-against), or run make bench-pair")
	}
	b.log = "error"
	other := *b
	other.binary = b.against
	ratios := map[string][]float64{}
	var here, there = map[string][]outcome{}, map[string][]outcome{}
	for i := range b.pairs {
		for _, coding := range codings {
			x, y, err := b.beside(ctx, &other, coding, i%2 == 1)
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

// beside runs both programs at once; which starts first changes from pair to pair.
func (b *bench) beside(ctx context.Context, other *bench, coding string, otherFirst bool) (x, y outcome, err error) {
	type result struct {
		outcome
		err error
	}
	start := func(program *bench, name string) <-chan result {
		done := make(chan result, 1)
		go func() {
			o, err := program.once(ctx, "pair-"+name, coding)
			done <- result{o, err}
		}()
		return done
	}
	var mine, others <-chan result
	if otherFirst {
		others, mine = start(other, "other"), start(b, "this")
	} else {
		mine, others = start(b, "this"), start(other, "other")
	}
	p, q := <-mine, <-others
	return p.outcome, q.outcome, errors.Join(p.err, q.err, p.counts, q.counts)
}
