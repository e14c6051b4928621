// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings of a run.
type settings struct {
	records  int64         // of one run of the whole path
	runs     int           // interleaved ones
	long     time.Duration // the run at full rate
	live     time.Duration // the run for latency
	ask      time.Duration // of each kind of question about 30 days
	days     int           // of counts that a start has
	year     string        // where they are kept
	growth   int64         // records that the larger of two observatories holds
	rate     float64       // records a second during it
	rounds   int           // of the decoders and stages
	pairs    int           // of runs of two programs
	dir      string
	binary   string
	against  string // the program that it is compared with
	document string
	only     string
	log      string
}

// bench is one run of everything.
type bench struct {
	settings
	out   io.Writer
	table *table
}

// section is one part of the table. One that is asked for takes minutes and is
// run only where it is named.
type section struct {
	name  string
	run   func(*bench, context.Context) error
	asked bool
}

var sections = []section{
	{name: "decode", run: (*bench).decode}, {name: "stages", run: (*bench).stages}, {name: "memory", run: (*bench).memory},
	{name: "path", run: (*bench).path}, {name: "month", run: (*bench).month}, {name: "live", run: (*bench).liveLatency},
	{name: "long", run: (*bench).longRun}, {name: "growth", run: (*bench).grown}, {name: "gate", run: (*bench).gate, asked: true},
	{name: "year", run: (*bench).aYear, asked: true}, {name: "pair", run: (*bench).pair, asked: true},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "peers" {
		return report(peers(ctx, args[1:]))
	}
	if len(args) > 0 && args[0] == "readers" {
		return report(readers(ctx, args[1:]))
	}
	s, err := parse(args)
	if err != nil {
		return 2
	}
	return report(measureAll(ctx, s))
}

func report(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string) (settings, error) {
	s := settings{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.Int64Var(&s.records, "records", 2_400_000, "records of one run of the whole path")
	f.IntVar(&s.runs, "runs", 3, "interleaved runs of the whole path")
	f.IntVar(&s.rounds, "rounds", 7, "interleaved rounds of decoders and stages")
	f.IntVar(&s.pairs, "pairs", 20, "pairs of runs of two programs, in the sections gate and pair")
	f.DurationVar(&s.long, "long", 3*time.Minute, "length of the run at full rate")
	f.DurationVar(&s.live, "live", 45*time.Second, "length of the run for live latency")
	f.DurationVar(&s.ask, "ask", 10*time.Second, "length of each kind of question about 30 days")
	f.Int64Var(&s.growth, "growth", 0, "compare the rate with 1 million records stored and with so many; 100000000 takes half an hour and 20 GB; 0 leaves it out")
	f.IntVar(&s.days, "days", 365, "days of counts that the section year makes; 365 take half an hour and 6 GB")
	f.StringVar(&s.year, "year", "", "folder in which the section year finds those days or makes and keeps them")
	f.Float64Var(&s.rate, "rate", 200_000, "records a second while live latency is measured")
	f.StringVar(&s.dir, "dir", "", "folder for data (a new one in the temporary folder)")
	f.StringVar(&s.binary, "binary", "", "haidang to measure (built from here without)")
	f.StringVar(&s.against, "against", "", "haidang that the section pair runs at the same time")
	f.StringVar(&s.document, "doc", "", "pages that the results are written into, separated by commas")
	f.StringVar(&s.only, "only", "", "sections to run, separated by commas: decode, stages, memory, path, month, live, long, growth, gate, year, pair (minutes, only where they are named)")
	f.StringVar(&s.log, "log", "warn", "how much the server says on standard error; debug tells how long each part takes to start")
	short := f.Bool("short", false, "a look that takes a minute; its figures mean little")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if *short {
		s.records, s.runs, s.rounds, s.long, s.live = 240_000, 1, 2, 8*time.Second, 6*time.Second
		s.rate, s.ask, s.pairs = min(s.rate, 50_000), 2*time.Second, 2
	}
	return s, nil
}

func measureAll(ctx context.Context, s settings) (err error) {
	if s.dir, err = os.MkdirTemp(s.dir, "haidang-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if s.binary == "" {
		s.binary = filepath.Join(s.dir, "haidang")
		if err := build(ctx, s.binary); err != nil {
			return err
		}
	}
	b := &bench{settings: s, out: os.Stdout, table: &table{begin: beginMark}}
	if s.only == "gate" {
		b.table.begin = gateMark
	}
	for _, sec := range sections {
		if named := slices.Contains(strings.Split(s.only, ","), sec.name); !named && (s.only != "" || sec.asked) {
			continue
		}
		began := time.Now()
		if err := sec.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", sec.name, err)
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %s\n", sec.name, time.Since(began).Round(time.Second))
	}
	fmt.Fprintln(b.out, machine())
	if err := b.table.print(b.out); err != nil {
		return err
	}
	if s.document == "" {
		return nil
	}
	for page := range strings.SplitSeq(s.document, ",") {
		if err := b.table.write(page, machine()); err != nil {
			return err
		}
	}
	return nil
}
