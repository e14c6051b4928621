// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

var east = time.FixedZone("east", 7*3600)

// sum makes all sums, a few at a time.
func (b *blocked) sum() {
	b.t.Helper()
	b.m.sumAfter = time.Time{}
	b.allOf(b.m.Sum)
}

// allOf goes on until none is missing.
func (b *blocked) allOf(some func(budget time.Duration) (more bool)) {
	b.t.Helper()
	for range 10_000 {
		more := some(time.Microsecond)
		if b.tick(time.Second); !more {
			return
		}
	}
	b.t.Fatal("some are still missing")
}

// held gives how many sums can be used.
func (b *blocked) held() int {
	b.tick(time.Second)
	all := b.m.look().usable()
	return len(all[0]) + len(all[1])
}

// sameCounts asks both for counts of periods by chance, of hours to all months.
func (b *blocked) sameCounts(r *rand.Rand, what string) {
	b.t.Helper()
	b.tick(time.Second)
	today := midnight(noon, b.m.cfg.Zone)
	for range 20 {
		length := 1 + r.IntN(130)
		from := today.AddDate(0, 0, -length-r.IntN(131-length))
		q := Query{Cube: Cube(r.IntN(int(cubes))), From: event.TimeOf(from), To: event.TimeOf(from.AddDate(0, 0, length))}
		if q.By = dimsOf(q.Cube)[:1+r.IntN(len(dimsOf(q.Cube)))]; r.IntN(3) == 0 {
			q.From += event.Time(r.IntN(48)) * event.Time(time.Hour)
		}
		want, got := countsFor(b.t, b.roomy, q), countsFor(b.t, b.m, q)
		if diff := cmp.Diff(want, got); diff != "" {
			b.t.Fatalf("%s, cube %d, %d days from %s, days- sums+:\n%.2000s", what, q.Cube, length, from, diff)
		}
	}
}

func countsFor(t *testing.T, m *Measure, q Query) map[string]Cell {
	t.Helper()
	a, err := m.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Whole {
		t.Fatal("a part of the period is not kept")
	}
	out := map[string]Cell{}
	for _, r := range a.Rows {
		out[fmt.Sprint(r.Group)] = r.Cell
	}
	return out
}

// Periods that are read by sums of months and weeks count what their days count: while
// sums are made, after late records and after starts.
func TestSumsAnswerAsTheirDays(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York") // days of 23 and of 25 hours
	if err != nil {
		t.Fatal(err)
	}
	for i, zone := range []*time.Location{east, newYork, time.UTC} {
		b := newBlocked(t, uint64(i)+1, zone)
		r := rand.New(rand.NewPCG(uint64(i), 5))
		b.add(4000, 0)
		b.rest()
		b.sameCounts(r, "no sum yet")
		b.m.Sum(time.Microsecond)
		b.sameCounts(r, "a sum")
		b.sum()
		made := b.held()
		if made < 15 { // of three whole months and some weeks
			t.Errorf("%s: %d sums", zone, made)
		}
		b.sameCounts(r, "all sums")
		b.add(40, 0)
		if b.held() == made {
			t.Error("a sum stands for a day that got late records")
		}
		b.sameCounts(r, "late records")
		b.sum()
		b.sameCounts(r, "late records summed up")
		b.rest()
		b.sum()
		if n := b.held(); n != made {
			t.Errorf("%s: %d sums after a start, want %d", zone, n, made)
		}
		b.sameCounts(r, "a start")
	}
}

// A year is read in few pieces.
func TestSumsAreFewToRead(t *testing.T) {
	b := newBlocked(t, 9, east)
	b.add(2000, 0)
	b.rest()
	b.sum()
	v := b.m.look()
	to := midnight(noon.AddDate(0, 0, -12), east)
	for _, days := range []int{110, 61, 30, 7} {
		from, end := span(event.TimeOf(to.AddDate(0, 0, -days)), event.TimeOf(to))
		plain, _ := v.plan(from, end)
		images, whole := v.planOf(CubeTotal, from, end)
		if !whole || days > 30 && len(images) > 2*len(plain)/5 || len(images) > len(plain)+1 {
			t.Errorf("%d days are read in %d pieces in place of %d, %v", days, len(images), len(plain), whole)
		}
	}
}

// What is still coming in is not summed up again and again.
func TestSumsRest(t *testing.T) {
	b := newBlocked(t, 4, east)
	b.add(500, 0)
	b.rest()
	b.sum()
	before := b.m.longSums.Load()
	b.add(500, 0)
	b.m.Sum(time.Second)
	if b.m.longSums.Load() != before {
		t.Error("sums were made anew a moment after the last ones")
	}
	b.tick(2 * sumRest)
	b.m.Sum(time.Second)
	if b.m.longSums.Load() == before {
		t.Error("late records are not summed up")
	}
}

// Sums are made beside counting and questions.
func TestSumsBesideCounting(t *testing.T) {
	b := newBlocked(t, 6, east)
	b.add(500, 0)
	b.rest()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				b.m.Sum(time.Microsecond)
				_, _ = b.m.Query(Query{Cube: CubeAffected, From: event.TimeOf(noon.AddDate(0, 0, -90)), To: event.TimeOf(noon)})
			}
		}
	}()
	for range 30 {
		b.m.Add(batchOf(b.src.records(50)))
	}
	close(stop)
	<-done
}
