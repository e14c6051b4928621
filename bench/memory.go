// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"haidang/event"
	"haidang/measure"
)

// days is the period that rankings from memory are asked for.
const days = 30

// memory asks measure for rankings and distinct counts of 30 days.
func (b *bench) memory(ctx context.Context) error {
	r, err := newRooms(ctx, filepath.Join(b.dir, "memory"))
	if err != nil {
		return err
	}
	if err := r.fillDays(ctx, max(2, days/max(1, 8/b.rounds))); err != nil {
		return err
	}
	to := event.TimeOf(time.Now().Add(24 * time.Hour))
	from := to - event.Time((days+1)*24*time.Hour)
	var ranking, distinct []float64
	for range 20 * b.rounds {
		began := time.Now()
		if _, _, err := r.measure.Ranking(measure.DimHostingCountry, from, to, event.StageAttempt); err != nil {
			return err
		}
		ranking = append(ranking, float64(time.Since(began).Microseconds())/1000)
		began = time.Now()
		if _, _, err := r.measure.Distinct(measure.DistinctQuery{
			Cube: measure.CubeAffected, By: []measure.Dim{measure.DimAffectedCountry}, Role: measure.Affected,
			Stage: event.StageAttempt, From: from, To: to,
		}); err != nil {
			return err
		}
		distinct = append(distinct, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(ranking)
	slices.Sort(distinct)
	p := b.table.section("Questions answered from memory, 30 days, in process")
	p.goal("ranking of hosting countries, p99", "< 20 ms", quantile(ranking, 0.99) < 20, "%.2f ms (median %.2f)", quantile(ranking, 0.99), quantile(ranking, 0.5))
	p.goal("distinct victims of all countries, p99", "< 20 ms", quantile(distinct, 0.99) < 20, "%.2f ms (median %.2f)", quantile(distinct, 0.99), quantile(distinct, 0.5))
	return r.store.Stop(ctx)
}

// fillDays counts the same batches on each of some days, oldest first.
func (r *rooms) fillDays(ctx context.Context, n int) error {
	if _, _, err := r.round(ctx); err != nil {
		return err
	}
	for day := n - 1; day > 0; day-- {
		for _, batch := range r.batches {
			for i := range batch.Time {
				batch.Time[i] -= event.Time(day) * event.Time(24*time.Hour)
			}
			r.measure.Add(batch)
			for i := range batch.Time {
				batch.Time[i] += event.Time(day) * event.Time(24*time.Hour)
			}
		}
		r.measure.Cut()
	}
	return ctx.Err()
}
