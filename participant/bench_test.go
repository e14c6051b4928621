// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"haidang/event"
)

const (
	yearParticipants = 200_000
	yearMemory       = 200 << 20
	yearQuery        = 20 * time.Millisecond
)

// habits gives the hours of a day in which a participant's machine is on: a third
// runs always, half at the office's hours, the rest at home in the evening.
func habits(rnd *rand.Rand, who int, weekend bool) (mask uint32) {
	span := func(from, to int) uint32 { return (1<<(to-from) - 1) << from }
	switch {
	case who%10 < 3:
		return span(0, 24)
	case who%10 < 8:
		if weekend && rnd.IntN(20) > 0 {
			return 0
		}
		mask = span(7+rnd.IntN(3), 16+rnd.IntN(4))
		if rnd.IntN(3) == 0 {
			mask &^= 1 << (11 + rnd.IntN(3)) // at lunch
		}
		return mask
	}
	for range rnd.IntN(4) {
		from := 6 + rnd.IntN(16)
		mask |= span(from, min(24, from+1+rnd.IntN(5)))
	}
	return mask
}

// year fills a room with a year of heartbeats of 200,000 participants, of whom 2
// in 100 meet malware on a day; step is called once a day.
func year(r *Room, step func()) {
	rnd := rand.New(rand.NewPCG(2026, 1))
	countries := []event.Country{event.MustCountry("VN"), event.MustCountry("LA"), event.MustCountry("KH"), event.MustCountry("TH")}
	homes := make([]place, yearParticipants)
	for who := range homes {
		homes[who] = place{country: countries[min(3, rnd.IntN(16))], sector: event.Sector(rnd.IntN(30)), org: uint32(rnd.IntN(500)), beat: true}
	}
	found := r.cells.number(cell{malware, event.RSITMalwareDistribution, event.WayFileOnAccess, event.StageAttempt})
	first := numberOf(2026, 1, 1)
	for number := first; number < first+int32(yearDays()); number++ {
		d := r.day(number)
		weekend := (number-first)%7 > 4
		for who := range homes {
			at := homes[who]
			if who%50 == 0 && rnd.IntN(30) == 0 {
				at.country = countries[rnd.IntN(4)] // abroad
			}
			if mask := habits(rnd, who, weekend); mask != 0 {
				r.mark(number, d, r.book.slot(idOf(who), at), mask)
			}
		}
		for range yearParticipants / 50 {
			who := uint32(rnd.IntN(len(r.book.people)))
			r.hit(number, d, rnd.Uint64(), hit{who: who, count: 1, cell: found, hour: uint8(rnd.IntN(24))})
		}
		step()
	}
}

// A year of 200,000 participants fits into 200 MB, cuts included, and any question
// about it is answered within 20 ms (99 of 100), with nothing remembered.
func BenchmarkYear(b *testing.B) {
	if os.Getenv("HAIDANG_BENCH") == "" {
		b.Skip("set HAIDANG_BENCH=1: it takes a minute")
	}
	for b.Loop() {
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		r := New(Config{Zone: hanoi}, Dependencies{Now: func() time.Time { return now }})
		var peak, stored uint64
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		before := m.HeapAlloc
		year(r, func() {
			for _, p := range r.Cut() {
				stored += uint64(len(p.Data))
			}
			now = now.AddDate(0, 0, 1)
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc-before)
		})
		took := questions(r)
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		b.ReportMetric(float64(stored)/(1<<20), "stored-MiB")
		b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
		b.ReportMetric(float64(p99)/1e6, "p99-ms")
		b.ReportMetric(float64(took[len(took)-1])/1e6, "worst-ms")
		if peak > yearMemory || p99 > yearQuery {
			b.Errorf("peak %d MiB, p99 %v", peak>>20, p99)
		}
		runtime.KeepAlive(r)
	}
}

// questions asks a thousand questions of every kind of period.
func questions(r *Room) (took []time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rnd := rand.New(rand.NewPCG(9, 9))
	starts := func(months int) (from, to time.Time) {
		m := time.Month(1 + rnd.IntN(12/months)*months)
		return dayOf(2026, m, 1), dayOf(2026, m+time.Month(months), 1)
	}
	for i := range 1000 {
		var from, to time.Time
		switch i % 7 {
		case 0:
			from, to = starts(12)
		case 1:
			from, to = starts(6)
		case 2:
			from, to = starts(3)
		case 3:
			from, to = starts(1)
		case 4:
			from = dayOf(2026, 1, 1+rnd.IntN(350))
			to = from.AddDate(0, 0, 7)
		case 5: // year to date
			from, to = dayOf(2026, 1, 1), dayOf(2026, 1, 2+rnd.IntN(364))
		case 6: // a day in UTC
			from = dayOf(2026, 1, 2+rnd.IntN(360)).Add(7 * time.Hour)
			to = from.AddDate(0, 0, 1)
		}
		q := event.UnitQuery{From: event.TimeOf(from), To: event.TimeOf(to)}
		if by := append([]string{""}, dimensions...)[rnd.IntN(6)]; by != "" {
			q.By = []string{by}
		}
		r.cache.forgetAll()
		began := ownTime()
		_, _ = r.Count(q) // dimensions are known
		took = append(took, ownTime()-began)
	}
	return took
}

// BenchmarkPastWeek tells a week long past and the one before, whose days are in the
// store, with nothing remembered and with what was counted ahead; and how long counting
// a month ahead takes, and looking for what is missing where nothing is.
func BenchmarkPastWeek(b *testing.B) {
	if os.Getenv("HAIDANG_BENCH") == "" {
		b.Skip("set HAIDANG_BENCH=1: it takes some seconds")
	}
	now := dayOf(2026, 11, 4)
	r := New(Config{Zone: hanoi}, Dependencies{Now: func() time.Time { return now }})
	first := numberOf(2026, 6, 1) // a Monday
	for number := first; number < first+14; number++ {
		crowd(r, number)
		d := r.days[number]
		d.rest()
		d.leave(&counting{data: r.packed(d)})
	}
	clear(r.changed)
	weeks := func(b *testing.B) {
		for from := dayOf(2026, 6, 8); !from.Before(dayOf(2026, 6, 1)); from = from.AddDate(0, 0, -7) {
			for _, by := range append([]string{""}, dimensions...) {
				ask(b, r, from, from.AddDate(0, 0, 7), by, "VN")
			}
		}
	}
	b.Run("counted", func(b *testing.B) {
		for b.Loop() {
			r.cache.forgetAll()
			weeks(b)
		}
	})
	b.Run("counting a month ahead", func(b *testing.B) {
		for b.Loop() {
			r.cache.forgetAll()
			now = now.Add(time.Hour)
			r.Ahead(time.Nanosecond)
		}
	})
	for r.Ahead(time.Minute) {
	}
	b.Run("ahead", func(b *testing.B) {
		b.ReportMetric(float64(r.cache.aheadBytes())/float64(len(r.cache.ahead.known)), "kept-B/period")
		for b.Loop() {
			onlyAhead(r)
			weeks(b)
		}
	})
	b.Run("nothing missing", func(b *testing.B) {
		for b.Loop() {
			now = now.Add(time.Hour)
			r.Ahead(time.Minute)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		_, packed := taken(b, r, dayOf(2026, 6, 1), dayOf(2026, 6, 8))
		for b.Loop() {
			var c census
			c.unpack(packed)
		}
	})
}

// ownTime is the processor time of this thread: others use the machine, too.
func ownTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	_ = syscall.Getrusage(thread, &u) // has no other fault than a wrong argument
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// yearDays is how many days of the year are made: fewer for a look at the speed.
func yearDays() int {
	if n, err := strconv.Atoi(os.Getenv("HAIDANG_BENCH")); err == nil && n > 1 {
		return n
	}
	return 365
}
