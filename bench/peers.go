// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// peer is an engine that is given the same events.
type peer struct {
	name string
	run  func(ctx context.Context, in *inputs) (figures, error)
}

// figures are what came of it.
type figures struct {
	version, settings string
	took, cpu         time.Duration
	peak, disk        int64 // bytes
	records           int64
}

// errAbsent says that a peer is not installed here.
var errAbsent = errors.New("not installed")

var others = []peer{
	{"DuckDB, read_json of the lines", duckDB},
	{"PostgreSQL, COPY of ready columns", postgres},
	{"ClickHouse, flattened JSON", clickHouse},
}

// peers runs what is installed beside us, one after the other, each with its
// version and settings.
func peers(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("bench peers", flag.ContinueOnError)
	records := f.Int64("records", 1_000_000, "events that each is given")
	temporary := f.String("dir", "", "folder for data (a new one in the temporary folder)")
	binary := f.String("binary", "", "haidang to measure (built from here without)")
	if len(args) > 0 && args[0] == "duckdb" {
		return duckChild(ctx, args[1:])
	}
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(*temporary, "haidang-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as a user of its own
		return err
	}
	if *binary == "" {
		*binary = filepath.Join(dir, "haidang")
		if err := build(ctx, *binary); err != nil {
			return err
		}
	}
	in, err := write(dir, *records)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%d events of %d bytes\n\npeer\tk events/s\tCPU-s a million\tpeak MB\tbytes/event\tversion and settings\n",
		machine(), in.records, in.bytes/in.records)
	ours := peer{"Hải Đăng, HTTP, acknowledged after sync, until stored", func(ctx context.Context, in *inputs) (figures, error) {
		return ourselves(ctx, *binary, in)
	}}
	for _, p := range append([]peer{ours}, others...) {
		got, err := p.run(ctx, in)
		switch {
		case errors.Is(err, errAbsent) || errors.Is(err, exec.ErrNotFound):
			fmt.Fprintf(w, "%s\t–\t–\t–\t–\tskipped: %v\n", p.name, err)
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", p.name, err)
		}
		n, peak := float64(got.records), "–"
		if got.peak > 0 {
			peak = fmt.Sprintf("%.0f", float64(got.peak)/1e6)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%s\t%.0f\t%s; %s\n", p.name, n/got.took.Seconds()/1000, got.cpu.Seconds()/n*1e6,
			peak, float64(got.disk)/n, got.version, got.settings)
	}
	return w.Flush()
}

// ourselves is one run of the whole path.
func ourselves(ctx context.Context, binary string, in *inputs) (figures, error) {
	b := &bench{settings: settings{records: in.records, dir: in.dir, binary: binary, log: "warn"}, table: &table{}}
	o, err := b.once(ctx, "ours", "identity")
	if err != nil {
		return figures{}, err
	}
	return figures{
		version: "this", settings: "defaults, everything stored and counted",
		took: time.Duration(float64(in.records) / o.stored * float64(time.Second)),
		cpu:  time.Duration(o.server * float64(in.records) / 1e6 * float64(time.Second)),
		peak: int64(o.peak), disk: int64(o.disk * float64(in.records)), records: in.records,
	}, nil
}
