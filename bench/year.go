// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"haidang/event"
	"haidang/measure"
	"haidang/participant"
	"haidang/replay/generate"
	"haidang/store"
	"haidang/store/duckdb"
)

// A year of counts: of so many events a day, and of participants who report hourly.
const (
	yearBodies       = 800 // of the load, some million rows, that every day is made of
	yearEvents       = 5_500_000
	yearParticipants = 200_000
	yearAsks         = 60 // of each kind of question and length of period
)

// aYear counts a year day by day, as it would have come, stores the counts alone,
// and starts an observatory on them.
func (b *bench) aYear(ctx context.Context) (err error) {
	dir := b.year
	if dir == "" {
		dir = filepath.Join(b.dir, "year")
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := b.makeYear(ctx, dir); err != nil {
			return err
		}
	}
	return b.startYear(ctx, dir)
}

// makeYear makes the folder of an observatory with a year of counts.
func (b *bench) makeYear(ctx context.Context, dir string) error {
	making := dir + ".new"
	s, err := b.serve(ctx, making)
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := b.fillYear(ctx, making); err != nil {
		return err
	}
	return os.Rename(making, dir)
}

// startYear starts an observatory on a year of counts, and asks it.
func (b *bench) startYear(ctx context.Context, dir string) (err error) {
	p := b.table.section(fmt.Sprintf("A start with %d days of counts: of %.1f billion events and of %d participants' hours", b.days, float64(b.days)*yearEvents/1e9, yearParticipants))
	p.add("stored", "%.1f GB", float64(sizeOf(filepath.Join(dir, "store")))/1e9)
	s, err := b.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	pid := s.cmd.Process.Pid
	used, err := processorOf(pid)
	if err != nil {
		return err
	}
	p.goal("start to the first page", "< 2 s", s.up < 2*time.Second, "%.2f s (%.2f s of processor time)", s.up.Seconds(), used.Seconds())
	read, written := bytesOf(pid)
	p.add("— read, written meanwhile", "%.0f MB, %.0f MB", float64(read)/1e6, float64(written)/1e6)
	p.add("— memory", "%.0f MB", float64(memoryOf(pid, "VmRSS"))/1e6)
	if err := b.askYear(p, s); err != nil {
		return err
	}
	peak := float64(memoryOf(pid, "VmHWM")) / 1e6
	p.goal("server's peak memory, questions included", "≤ 600 MB", peak <= 600, "%.0f MB", peak)
	return nil
}

// yearMaker counts a year in memory as a running observatory does.
type yearMaker struct {
	rooms        *rooms
	store        *duckdb.Store
	measure      *measure.Measure
	participants *participant.Room
	now          time.Time
	random       *rand.Rand
	units        []event.Event
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
	y := &yearMaker{rooms: r, random: rand.New(rand.NewPCG(1, 1)), store: duckdb.New(duckdb.Config{Dir: filepath.Join(dir, "store")}, duckdb.Dependencies{})}
	if err := y.store.Start(ctx); err != nil {
		return err
	}
	clock := func() time.Time { return y.now }
	y.measure = measure.New(measure.Config{Home: home(), Attic: dir}, measure.Dependencies{Now: clock, Kept: y.kept})
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return err
	}
	y.participants = participant.New(participant.Config{Zone: zone}, participant.Dependencies{Now: clock})
	end := time.Now().UTC().Truncate(time.Hour)
	y.makeUnits()
	y.prepare()
	for y.now = end.AddDate(0, 0, -b.days); y.now.Before(end); {
		if err := y.day(ctx, end); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "bench: %s counted\n", y.now.Format(time.DateOnly))
	}
	return y.store.Stop(ctx)
}

// kept gives what is stored of the counts under a key.
func (y *yearMaker) kept(key string) (out []measure.Kept, err error) {
	slots, err := y.store.Kept("rollup", key)
	for _, s := range slots {
		for _, p := range s.Parts {
			if s.Key == key {
				out = append(out, p)
			}
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
	y.units = make([]event.Event, yearParticipants)
	for i := range y.units {
		e := &y.units[i]
		e.Reset()
		e.Participant = event.Bytes16{byte(i), byte(i >> 8), byte(i >> 16), 1}
		e.Kind, e.Stage, e.Affected = event.KindMetric, event.StageContext, event.SideSource
		e.Source.Country = event.MustCountry([]string{"VN", "LA", "KH", "TH"}[min(3, y.random.IntN(16))])
		e.Sector = event.Sector(y.random.IntN(30))
	}
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
		for _, p := range y.measure.Cut() {
			y.sidecars = append(y.sidecars, store.Sidecar{Kind: "rollup", Key: p.Key, Replace: p.Replace, Data: p.Data})
		}
	}
	for _, p := range y.participants.Cut() {
		y.sidecars = append(y.sidecars, store.Sidecar{Kind: "participant", Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
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
	var b event.Batch
	hour, weekday := at.Std().UTC().Add(7*time.Hour).Hour(), at.Std().UTC().Add(7*time.Hour).Weekday()
	atWork := hour >= 8 && hour < 17 && weekday != time.Sunday && weekday != time.Saturday
	for i := range y.units {
		if on := i%10 < 3 || i%10 < 8 && atWork && y.random.IntN(8) > 0 || i%10 >= 8 && y.random.IntN(4) == 0; on {
			y.units[i].Time, y.units[i].Ingested = at, at
			b.Append(&y.units[i])
		}
	}
	y.participants.Add(&b)
}

// askYear asks one question after another, as pages do, of periods of every length.
func (b *bench) askYear(p *part, s *server) error {
	today := time.Now().UTC().Truncate(24 * time.Hour).Add(-7 * time.Hour) // a local midnight
	random := rand.New(rand.NewPCG(3, 3))
	for _, q := range []struct {
		what string
		set  url.Values
	}{
		{"ranking of hosting countries", url.Values{"by": {"hosting.country"}}},
		{"kinds of attacks on one country", url.Values{"by": {"cert.rsit"}, "affected.country": {"VN"}}},
		{"attacks on one country by day", url.Values{"affected.country": {"VN"}, "step": {"day"}}},
		{"distinct victims of all countries", url.Values{"by": {"affected.country"}, "distinct": {"affected"}}},
	} {
		var took []float64
		before, err := processorOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		for i := range yearAsks * 5 {
			length := min([]int{1, 7, 30, 91, 364}[i%5], b.days-1)
			from := today.AddDate(0, 0, -length-random.IntN(b.days-length))
			began := time.Now()
			if err := read(http.DefaultClient, s.rollup(q.set, from, from.AddDate(0, 0, length))); err != nil {
				return err
			}
			took = append(took, float64(time.Since(began).Microseconds())/1000)
		}
		after, err := processorOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		slices.Sort(took)
		p99 := quantile(took, 0.99)
		p.goal(q.what+", 1 day to a year, p99", "< 20 ms", p99 < 20, "%.1f ms (median %.1f; processor time each %.1f)",
			p99, quantile(took, 0.5), (after-before).Seconds()*1000/float64(len(took)))
	}
	return nil
}

// bytesOf gives what a process has read and written, caches included.
func bytesOf(pid int) (read, written int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "rchar: %d", &read) // others are lines of something else
		_, _ = fmt.Sscanf(line, "wchar: %d", &written)
	}
	return read, written
}
