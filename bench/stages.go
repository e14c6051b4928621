// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"haidang/enrich"
	"haidang/event"
	"haidang/measure"
	"haidang/normalise"
	"haidang/normalise/eve"
	"haidang/replay/generate"
	"haidang/store"
	"haidang/store/duckdb"
)

// stageBodies is how many bodies go through the stages in a round: what the
// observatory commits at once at full rate.
const stageBodies = 80

// rooms are the stages, put together as app does, without journal and doors.
type rooms struct {
	worker   *normalise.Worker
	enricher *enrich.Enricher
	measure  *measure.Measure
	store    *duckdb.Store
	bodies   []generate.Body
	batches  []*event.Batch
	position event.Position
}

func newRooms(ctx context.Context, dir string) (*rooms, error) {
	r := &rooms{
		enricher: enrich.New(enrich.Config{}, enrich.Dependencies{}),
		measure:  measure.New(measure.Config{Home: home(), SketchKey: [16]byte{1}}, measure.Dependencies{}),
		store:    duckdb.New(duckdb.Config{Dir: dir, NoMerge: true}, duckdb.Dependencies{}),
	}
	if err := errors.Join(r.enricher.Start(ctx), r.store.Start(ctx)); err != nil {
		return nil, err
	}
	r.worker = normalise.New(normalise.Config{IDKey: make([]byte, 32), Internal: r.enricher.Internal}, eve.New()).Worker()
	g, err := generate.New(generate.Config{Seed: 1})
	if err != nil {
		return nil, err
	}
	for range stageBodies {
		r.bodies = append(r.bodies, g.Next(nil))
		r.batches = append(r.batches, &event.Batch{})
	}
	return r, nil
}

func home() event.Country {
	c, _ := event.ParseCountry("VN")
	return c
}

// costs of one round, per row but for the commit.
type costs struct{ normalise, enrich, measure, store, wall time.Duration }

// round sends all bodies through the stages. One goroutine's stages are
// measured by its thread; a commit works with several.
func (r *rooms) round(ctx context.Context) (c costs, rows int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var rejects []event.Reject
	lap := func(to *time.Duration, do func()) {
		began := thread()
		do()
		*to += thread() - began
	}
	for i, body := range r.bodies {
		b := r.batches[i]
		b.Reset()
		r.position++
		chunk := event.Chunk{
			Delivery: event.Delivery{Sensor: fmt.Sprintf("load-%03d", body.Sensor), Format: "eve", Door: "http"}, Seq: r.position,
			Records: uint32(body.Records), Data: body.Data, Ingested: event.TimeOf(time.Now()), Last: true, Through: r.position,
		}
		lap(&c.normalise, func() {
			rejects = r.worker.Chunk(&chunk, event.Sensor{Name: chunk.Sensor, Country: "VN"}, b, rejects)
		})
		lap(&c.enrich, func() { r.enricher.Batch(b) })
		lap(&c.measure, func() { r.measure.Add(b) })
		rows += b.Rows()
	}
	var sidecars []store.Sidecar
	lap(&c.measure, func() {
		for _, p := range r.measure.Cut() {
			sidecars = append(sidecars, store.Sidecar{Kind: "rollup", Key: p.Key, Replace: p.Replace, Data: p.Data})
		}
	})
	runtime.GC()
	began, at := own(), time.Now()
	err = r.store.Commit(ctx, store.Commit{Position: r.position, Batches: r.batches, Rejects: rejects, Sidecars: sidecars})
	c.store, c.wall = own()-began, time.Since(at)
	return c, rows, err
}

func (b *bench) stages(ctx context.Context) error {
	dir := filepath.Join(b.dir, "stages")
	r, err := newRooms(ctx, dir)
	if err != nil {
		return err
	}
	var normalised, enriched, measured, stored, wall []float64
	for i := range b.rounds + 1 {
		c, rows, err := r.round(ctx)
		if err != nil {
			return err
		}
		if i == 0 {
			continue // memory grows in the first
		}
		each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(rows) }
		normalised, enriched = append(normalised, each(c.normalise)), append(enriched, each(c.enrich))
		measured, stored, wall = append(measured, each(c.measure)), append(stored, each(c.store)), append(wall, float64(c.wall.Milliseconds()))
	}
	w, err := weigh(dir)
	if err != nil {
		return err
	}
	p := b.table.section("Stages alone, one core")
	p.add("normalise, EVE to columns", "%.0f ns a row", median(normalised))
	p.add("enrich, country and AS of both ends, technique", "%.0f ns a row", median(enriched))
	p.add("measure, all cubes and distinct counts, with cuts", "%.0f ns a row", median(measured))
	p.add("store, one commit of 96,000 rows", "%.2f CPU-s a million rows, %.0f ms", median(stored)/1000, median(wall))
	w.rowsOf(p, "as committed")
	return r.store.Stop(ctx)
}
