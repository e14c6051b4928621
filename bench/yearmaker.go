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

	"haidang/event"
	"haidang/measure"
	"haidang/participant"
	"haidang/replay/generate"
	"haidang/store"
	"haidang/store/duckdb"
)

// yearMaker counts a year in memory as a running observatory does.
type yearMaker struct {
	rooms        *rooms
	store        *duckdb.Store
	measure      *measure.Measure
	participants *participant.Room
	now          time.Time
	random       *rand.Rand
	units        event.Batch // a row of each participant
	ids          []event.Bytes16
	sidecars     []store.Sidecar
}

func (b *bench) fillYear(ctx context.Context, dir string) error {
	r, err := newRooms(ctx, filepath.Join(b.dir, "year-rooms"))
	if err != nil {
		return err
	}
	if err := r.moreBodies(yearBodies); err != nil {
		return err
	}
	if _, _, err := r.round(ctx); err != nil {
		return err
	}
	if err := r.store.Stop(ctx); err != nil {
		return err
	}
	y, err := openYear(ctx, dir)
	if err != nil {
		return err
	}
	y.rooms, y.random = r, rand.New(rand.NewPCG(1, 1))
	end := time.Now().UTC().Truncate(time.Hour)
	y.makeUnits()
	y.prepare()
	if y.now, err = y.resume(end.AddDate(0, 0, -b.days)); err != nil {
		return err
	}
	for y.now.Before(end) {
		if err := y.day(ctx, end); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "bench: %s counted\n", y.now.Format(time.DateOnly))
	}
	return y.store.Stop(ctx)
}

// openYear opens the store of a year's counts.
func openYear(ctx context.Context, dir string) (*yearMaker, error) {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return nil, err
	}
	y := &yearMaker{store: duckdb.New(duckdb.Config{Dir: filepath.Join(dir, "store")}, duckdb.Dependencies{})}
	clock := func() time.Time { return y.now }
	y.measure = measure.New(measure.Config{Home: home(), Attic: dir}, measure.Dependencies{Now: clock, Kept: y.kept})
	y.participants = participant.New(participant.Config{Zone: zone}, participant.Dependencies{Now: clock})
	return y, y.store.Start(ctx)
}

// uniteYear has the addresses of past months put together, as an observatory does
// in the background, and says what that took.
func (b *bench) uniteYear(ctx context.Context, dir string) error {
	y, err := openYear(ctx, dir)
	if err != nil {
		return err
	}
	if _, err = y.resume(time.Time{}); err != nil {
		return errors.Join(err, y.store.Stop(ctx))
	}
	began, parts, size := time.Now(), 0, 0
	for found := true; found && err == nil; {
		for y.measure.Unite(time.Second) {
		}
		y.cut()
		found = len(y.sidecars) > 0
		for _, s := range y.sidecars {
			parts, size = parts+1, size+len(s.Data)
		}
		err = y.commit(ctx)
	}
	fmt.Fprintf(os.Stderr, "bench: %d parts of %d MB put together in %s\n", parts, size/1e6, time.Since(began).Round(time.Second))
	return errors.Join(err, y.store.Stop(ctx))
}

// resume takes up what is stored, and gives the time to count on from.
func (y *yearMaker) resume(first time.Time) (time.Time, error) {
	if !y.store.Watermark().IsSet() {
		return first, nil
	}
	y.now = y.store.Watermark().Std().UTC()
	counts, err := y.store.Kept("rollup", "")
	if err != nil {
		return first, err
	}
	slots := make([]measure.Slot, len(counts))
	for i, s := range counts {
		slots[i] = measure.Slot{Key: s.Key, Parts: keptParts[measure.Kept](s)}
	}
	units, err := y.store.Kept("participant", "")
	if err != nil {
		return first, err
	}
	people := make([]participant.Slot, len(units))
	for i, s := range units {
		people[i] = participant.Slot{Key: s.Key, Parts: keptParts[participant.Kept](s)}
	}
	err = errors.Join(y.measure.Open(slots), y.participants.Open(people))
	if y.now.Before(first) {
		y.now = first // days between have no counts
	}
	return y.now, err
}

// keptParts gives a slot's parts as a room knows them.
func keptParts[T any](s store.KeptSlot) (out []T) {
	for _, p := range s.Parts {
		out = append(out, any(p).(T))
	}
	return out
}

// kept gives what is stored of the counts under a key.
func (y *yearMaker) kept(key string) (out []measure.Kept, err error) {
	slots, err := y.store.Kept("rollup", key)
	for _, s := range slots {
		if s.Key == key {
			out = keptParts[measure.Kept](s)
		}
	}
	return out, err
}

// moreBodies makes so many bodies in all.
func (r *rooms) moreBodies(n int) error {
	g, err := generate.New(generate.Config{Seed: 2})
	for ; err == nil && len(r.bodies) < n; r.bodies = append(r.bodies, g.Next(nil)) {
		r.batches = append(r.batches, &event.Batch{})
	}
	return err
}

// prepare has the rows stand for a day's events, of which none repeats another.
func (y *yearMaker) prepare() {
	rows := 0
	for _, b := range y.rooms.batches {
		rows += b.Rows()
	}
	for _, b := range y.rooms.batches {
		for row := range b.Rows() {
			b.Hash[row] = event.Bytes16{}
			b.Count[row] = uint32(yearEvents / rows)
		}
	}
}

// makeUnits chooses where participants are.
func (y *yearMaker) makeUnits() {
	var e event.Event
	for i := range yearParticipants {
		e.Reset()
		e.Participant = event.Bytes16{byte(i), byte(i >> 8), byte(i >> 16), 1}
		e.Kind, e.Stage, e.Affected = event.KindMetric, event.StageContext, event.SideSource
		e.Source.Country = event.MustCountry([]string{"VN", "LA", "KH", "TH"}[min(3, y.random.IntN(16))])
		e.Sector = event.Sector(y.random.IntN(30))
		y.units.Append(&e)
	}
	y.ids = slices.Clone(y.units.Participant)
}

// day counts 24 hours and commits them.
func (y *yearMaker) day(ctx context.Context, end time.Time) error {
	for hour := 0; hour < 24 && y.now.Before(end); hour++ {
		at := event.TimeOf(y.now)
		for i := hour; i < len(y.rooms.batches); i += 24 {
			y.shift(y.rooms.batches[i], at)
			y.measure.Add(y.rooms.batches[i])
		}
		y.beats(at)
		y.now = y.now.Add(time.Hour)
		y.measure.Unite(time.Second)
		y.cut()
	}
	for _, p := range y.participants.Cut() {
		y.sidecars = append(y.sidecars, store.Sidecar{Kind: "participant", Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
	return y.commit(ctx)
}

// cut gathers what changed in the counts.
func (y *yearMaker) cut() {
	for _, p := range y.measure.Cut() {
		y.sidecars = append(y.sidecars, store.Sidecar{Kind: "rollup", Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
}

// commit stores what was gathered.
func (y *yearMaker) commit(ctx context.Context) error {
	err := y.store.Commit(ctx, store.Commit{Position: y.store.Position(), Watermark: event.TimeOf(y.now), Sidecars: y.sidecars})
	y.sidecars = y.sidecars[:0]
	return err
}

// shift moves a batch into an hour; a quarter of its addresses are others each day.
func (y *yearMaker) shift(b *event.Batch, at event.Time) {
	other, minutes := byte(y.random.IntN(250)), 60
	if time.Since(at.Std()) > 10*24*time.Hour {
		minutes = 2 // nothing is kept of them by now
	}
	for row := range b.Rows() {
		b.Time[row] = at + event.Time(row%minutes)*event.Time(time.Minute)
		b.Ingested[row] = b.Time[row]
		if row%4 == int(other)%4 {
			b.SourceIP[row][15] ^= other
			b.DestinationIP[row][15] ^= other
		}
	}
}

// beats are an hour's heartbeats: of a third always, of half by day, of the rest
// now and then.
func (y *yearMaker) beats(at event.Time) {
	hour, weekday := at.Std().UTC().Add(7*time.Hour).Hour(), at.Std().UTC().Add(7*time.Hour).Weekday()
	atWork := hour >= 8 && hour < 17 && weekday != time.Sunday && weekday != time.Saturday
	b := &y.units
	for i := range y.ids {
		b.Participant[i], b.Time[i], b.Ingested[i] = event.Bytes16{}, at, at // rows without one count nothing
		if i%10 < 3 || i%10 < 8 && atWork && y.random.IntN(8) > 0 || i%10 >= 8 && y.random.IntN(4) == 0 {
			b.Participant[i] = y.ids[i]
		}
	}
	y.participants.Add(b)
}
