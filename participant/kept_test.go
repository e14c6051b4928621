// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/event"
)

// counting is a part that counts how often it is read, and may be damaged later.
type counting struct {
	data []byte
	read int
	err  error
}

func (p *counting) Size() int64 { return int64(len(p.data)) }

func (p *counting) Read() ([]byte, error) {
	p.read++
	return bytes.Clone(p.data), p.err
}

// shelf keeps parts as the store does.
type shelf map[string][]*counting

func (s shelf) keep(parts []Part) {
	for _, p := range parts {
		if p.Replace {
			s[p.Key] = nil
		}
		s[p.Key] = append(s[p.Key], &counting{data: p.Data})
	}
}

func (s shelf) kept(key string) (out []Kept, err error) {
	for _, p := range s[key] {
		out = append(out, p)
	}
	return out, nil
}

func (s shelf) slots() (out []Slot) {
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(s))) { // the order is free
		parts, _ := s.kept(key)
		out = append(out, Slot{key, parts})
	}
	return out
}

// away counts the days that are in the store alone.
func away(r *Room) (n int) {
	for _, d := range r.days {
		if d.away != nil {
			n++
		}
	}
	return n
}

// same holds a room against one that has everything in memory.
func same(t *testing.T, rnd *rand.Rand, want, got *Room) {
	t.Helper()
	first := dayOf(2026, 10, 29)
	for _, by := range append([]string{""}, dimensions...) {
		periods := [][2]time.Time{{dayOf(2026, 10, 1), dayOf(2026, 12, 1)}, {dayOf(2026, 10, 1), dayOf(2026, 11, 1)}}
		for range 3 {
			from := first.Add(time.Duration(rnd.IntN(6*24)) * time.Hour)
			periods = append(periods, [2]time.Time{from, from.Add(time.Duration(1+rnd.IntN(72)) * time.Hour)})
		}
		for _, p := range periods {
			if d := gocmp.Diff(ask(t, want, p[0], p[1], by, ""), ask(t, got, p[0], p[1], by, "")); d != "" {
				t.Fatalf("%v by %q, in memory- in the store+: %s", p, by, d)
			}
		}
	}
}

// Days left in the store answer as those in memory do, while counting goes on and
// after starts, and take in what comes late.
func TestDaysInTheStoreAnswerAsThoseInMemory(t *testing.T) {
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		now := dayOf(2026, 11, 4)
		s, all := shelf{}, newRoom()
		fresh := func() *Room {
			return New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{Now: func() time.Time { return now }, Kept: s.kept})
		}
		r := fresh()
		left := 0
		for round := range 4 {
			words := scene(rnd, 60)
			for at := 0; at < len(words); at += 20 {
				all.Add(batch(words[at : at+20]))
				r.Add(batch(words[at : at+20]))
				s.keep(r.Cut())
			}
			same(t, rnd, all, r)
			for range 12 * (round % 2) { // quiet, so that days are stored whole
				now = now.AddDate(0, 0, recentDays/10)
				s.keep(r.Cut())
			}
			left += away(r)
			same(t, rnd, all, r)
			if round == 2 {
				r = fresh()
				if err := r.Open(s.slots()); err != nil {
					t.Fatal(err)
				}
				same(t, rnd, all, r)
			}
		}
		if left == 0 {
			t.Fatalf("seed %d: no day was left in the store: the test tests nothing", seed)
		}
		again := fresh()
		if err := again.Open(s.slots()); err != nil || away(again) != away(r) {
			t.Fatalf("seed %d: after a start %d days are in the store, %d before; %v", seed, away(again), away(r), err)
		}
		same(t, rnd, all, again)
	}
}

// settled is a room whose past days are all in the store.
func settled(t *testing.T) (*Room, shelf, *time.Time) {
	t.Helper()
	now, s := dayOf(2026, 11, 4), shelf{}
	r := New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{Now: func() time.Time { return now }, Kept: s.kept})
	r.Add(batch(scene(rand.New(rand.NewPCG(4, 4)), 100)))
	for range 20 {
		s.keep(r.Cut())
		now = now.AddDate(0, 0, 4)
	}
	if away(r) != len(r.days) || len(r.days) < 5 {
		t.Fatalf("%d of %d days are in the store", away(r), len(r.days))
	}
	return r, s, &now
}

// A month is told without reading its days; one of its days is read alone.
func TestDaysAreReadWhenAskedFor(t *testing.T) {
	r, s, _ := settled(t)
	count := func() (n int) {
		for _, parts := range s {
			for _, p := range parts {
				n += p.read
			}
		}
		return n
	}
	ask(t, r, dayOf(2026, 10, 1), dayOf(2026, 12, 1), "country", "")
	if n := count(); n != 0 {
		t.Errorf("two months read %d parts", n)
	}
	ask(t, r, dayOf(2026, 10, 31), dayOf(2026, 11, 1), "country", "")
	if n := count(); n != 1 {
		t.Errorf("a day read %d parts", n)
	}
	for _, by := range append([]string{""}, dimensions...) {
		for _, of := range []string{"", "VN", "LA"} {
			ask(t, r, dayOf(2026, 10, 31), dayOf(2026, 11, 1), by, of)
		}
	}
	if n := count(); n != 1 {
		t.Errorf("all tables of a day read %d parts", n)
	}
	for d := range mostPeriods { // of others, until the first is forgotten
		ask(t, r, dayOf(2026, 10, 1+d), dayOf(2026, 10, 2+d), "", "KH")
	}
	if ask(t, r, dayOf(2026, 10, 31), dayOf(2026, 11, 1), "", "KH"); count() != 2 {
		t.Errorf("a day that was forgotten is told without being read: %d", count())
	}
}

// Many who ask for the same period at once get the answers that one gets after
// another.
func TestManyAskAtOnce(t *testing.T) {
	words := scene(rand.New(rand.NewPCG(5, 5)), 300)
	one, many := newRoom(), newRoom()
	one.Add(batch(words))
	many.Add(batch(words))
	var all sync.WaitGroup
	for i := range 60 {
		from := dayOf(2026, 10, 30+i%3)
		by, of := append([]string{""}, dimensions...)[i/3%6], []string{"", "VN"}[i%2]
		want := ask(t, one, from, from.AddDate(0, 0, 2), by, of)
		q := event.UnitQuery{From: event.TimeOf(from), To: event.TimeOf(from.AddDate(0, 0, 2))}
		if q.Of, _ = event.ParseCountry(of); by != "" {
			q.By = []string{by}
		}
		all.Go(func() {
			got, err := many.Count(q)
			if d := gocmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("%v by %q of %q: %v %s", from, by, of, err, d)
			}
		})
	}
	all.Wait()
}

// A day that cannot be read is an error to who asks for it. What comes late for it
// is stored beside what is there, which a whole never takes the place of.
func TestADayThatCannotBeReadIsNotReplaced(t *testing.T) {
	r, s, now := settled(t)
	key := dayKey(numberOf(2026, 10, 31))
	broken := errors.New("no such disk")
	s[key][0].err = broken
	q := event.UnitQuery{From: event.TimeOf(dayOf(2026, 10, 31)), To: event.TimeOf(dayOf(2026, 11, 1))}
	if _, err := r.Count(q); !errors.Is(err, broken) {
		t.Errorf("asked for a day that cannot be read: %v", err)
	}
	s[key][0].err = nil
	if _, err := r.Count(q); err != nil {
		t.Errorf("asked again when it can be read: %v", err)
	}
	s[key][0].err = broken
	q.From = event.TimeOf(dayOf(2026, 10, 1))
	if _, err := r.Count(q); err != nil {
		t.Errorf("asked for its month: %v", err)
	}
	late := batch([]word{{who: 3, at: dayOf(2026, 10, 31).Add(5 * time.Hour), country: "VN", beat: true}})
	for range 3 * someDifferences {
		late.Time[0] ^= 1 // within the hour
		r.Add(late)
		r.day(numberOf(2026, 10, 31)).touched = 0
		*now = now.Add(time.Second)
		r.changed[numberOf(2026, 10, 31)] = &change{masks: map[uint32]uint32{0: 1}, hits: map[uint64]hit{}}
		s.keep(r.Cut())
	}
	for range 5 {
		*now = now.Add(restAfter * time.Second)
		s.keep(r.Cut())
	}
	if len(s[key]) < 2 || s[key][0].err == nil {
		t.Errorf("%d parts, the first of them new: what could not be read is lost", len(s[key]))
	}
}
