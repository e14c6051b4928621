// SPDX-License-Identifier: Apache-2.0

//go:build unix

package eve

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"haidang/event"
	"haidang/normalise"
)

func BenchmarkChunk(b *testing.B) {
	var data []byte
	records := 0
	for len(data) < 512<<10 {
		for _, l := range lines() {
			data = append(append(data, l...), '\n')
			records++
		}
	}
	w := normalise.New(normalise.Config{IDKey: []byte("bench")}, New()).Worker()
	c := &event.Chunk{Delivery: event.Delivery{Sensor: "s", Format: "eve"}, Data: data, Ingested: event.TimeOf(corpusNow)}
	s := event.Sensor{Name: "s", Home: []string{"192.0.2.0/24"}}
	var batch event.Batch
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		batch.Reset()
		if r := w.Chunk(c, s, &batch, nil); len(r) > 0 {
			b.Fatal(r[0])
		}
	}
	used := (processorTime(b) - before).Seconds()
	b.ReportMetric(float64(records)*float64(b.N)/used, "events/cpu-s")
	b.ReportMetric(float64(len(data))*float64(b.N)/1e6/used, "MB/cpu-s")
}

// processorTime is what a busy machine cannot distort.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSecret gives by turns what asking for markings of state secrets costs
// an ordinary record.
func BenchmarkSecret(b *testing.B) {
	var data []byte
	for len(data) < 512<<10 {
		for _, l := range lines() {
			data = append(append(data, l...), '\n')
		}
	}
	never := func(string, string) bool { return false }
	without := normalise.New(normalise.Config{IDKey: []byte("bench")}, New()).Worker()
	with := normalise.New(normalise.Config{IDKey: []byte("bench"), Secret: never}, New()).Worker()
	c := &event.Chunk{Delivery: event.Delivery{Sensor: "s", Format: "eve"}, Data: data, Ingested: event.TimeOf(corpusNow)}
	s := event.Sensor{Name: "s", Home: []string{"192.0.2.0/24"}}
	var batch event.Batch
	turn := func(w *normalise.Worker) time.Duration {
		before := processorTime(b)
		for range 20 {
			batch.Reset()
			if r := w.Chunk(c, s, &batch, nil); len(r) > 0 {
				b.Fatal(r[0])
			}
		}
		return (processorTime(b) - before) / time.Duration(20*batch.Rows())
	}
	turn(without)
	turn(with)
	var more []time.Duration
	residual := 0
	for b.Loop() {
		more = append(more, turn(with)-turn(without))
	}
	for row := range batch.Rows() {
		residual += len(batch.Residual.At(row))
	}
	slices.Sort(more)
	b.ReportMetric(float64(more[len(more)/2]), "more-ns/record")
	b.ReportMetric(float64(residual)/float64(batch.Rows()), "residual-B/record")
}
