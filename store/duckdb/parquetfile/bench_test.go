// SPDX-License-Identifier: Apache-2.0

//go:build unix

package parquetfile

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"time"

	"haidang/event"
	"haidang/store/storetest"
)

func telemetry(batches, rows int) []*event.Batch {
	t := storetest.NewTelemetry(1)
	var out []*event.Batch
	for range batches {
		out = append(out, t.Batch(rows))
	}
	return out
}

// processor gives the processor time that this process used: on a busy machine
// the clock on the wall says little.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkWrite(b *testing.B, batches, rows int) {
	in := telemetry(batches, rows)
	w, err := NewWriter(Quick)
	if err != nil {
		b.Fatal(err)
	}
	var size int64
	before := processor(b)
	for b.Loop() {
		w.Reset(io.Discard)
		if err := w.Batches(in); err != nil {
			b.Fatal(err)
		}
		size, _, _ = w.Close()
	}
	n := float64(batches * rows)
	b.ReportMetric(float64(processor(b)-before)/float64(b.N)/n, "cpu-ns/row")
	b.ReportMetric(float64(size)/n, "bytes/row")
}

func BenchmarkWrite100(b *testing.B)  { benchmarkWrite(b, 1, 100) }
func BenchmarkWrite50k(b *testing.B)  { benchmarkWrite(b, 25, 2000) }
func BenchmarkWrite400k(b *testing.B) { benchmarkWrite(b, 200, 2000) }

// BenchmarkMerge joins files, as the background does.
func BenchmarkMerge(b *testing.B) {
	b.Run("small", func(b *testing.B) { benchmarkMerge(b, 8, 10_000) })
	b.Run("middling", func(b *testing.B) { benchmarkMerge(b, 8, 40_000) })
	b.Run("large", func(b *testing.B) { benchmarkMerge(b, 4, 100_000) })
}

func benchmarkMerge(b *testing.B, files, rows int) {
	tel := storetest.NewTelemetry(1)
	var data [][]byte
	for range files {
		var in []*event.Batch
		for range rows / 2000 {
			in = append(in, tel.Batch(2000))
		}
		data = append(data, write(b, in...))
	}
	w, err := NewWriter(Thorough)
	if err != nil {
		b.Fatal(err)
	}
	before := processor(b)
	for b.Loop() {
		var sources []Source
		for _, d := range data {
			r, err := Open(bytes.NewReader(d), int64(len(d)))
			if err != nil {
				b.Fatal(err)
			}
			sources = append(sources, Source{Reader: r})
		}
		if err := w.Merge(b.Context(), io.Discard, sources); err != nil {
			b.Fatal(err)
		}
		for _, s := range sources {
			s.Reader.Close()
		}
	}
	b.ReportMetric(float64(processor(b)-before)/float64(b.N*files*rows), "cpu-ns/row")
}

// TestColumnSizes shows where the bytes go.
func TestColumnSizes(t *testing.T) {
	data := write(t, telemetry(100, 2000)...)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total := 0.0
	for i := range Columns {
		size := 0.0
		for g := range f.Groups() {
			size += float64(f.meta.RowGroups[g].Columns[i].MetaData.TotalCompressedSize)
		}
		size /= float64(f.meta.NumRows)
		switch Columns[i].Name {
		case "cert.residual", "url.full", "process.command_line":
		default:
			total += size
		}
		if size > 0.01 {
			t.Logf("%-36s %6.2f", Columns[i].Name, size)
		}
	}
	t.Logf("%.1f bytes a record without residual, URL and command line", total)
	if total > 42 {
		t.Errorf("%.1f bytes a record, want at most 42", total)
	}
}
