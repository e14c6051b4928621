// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/event"
)

// countAllAhead counts all that is missing ahead, one after another, and a while later
// what was not quiet then.
func countAllAhead(t *testing.T, r *Room, now *time.Time) {
	t.Helper()
	*now = now.Add(max(aheadRest, packAfter*time.Second) + time.Second)
	for range 10_000 {
		if !r.Ahead(time.Millisecond) {
			return
		}
	}
	t.Fatal("periods are still missing")
}

// onlyAhead forgets answers, but not what was counted ahead.
func onlyAhead(r *Room) {
	clear(r.cache.known)
	r.cache.periods = nil
}

// sameCalendar holds a room against one that counts nothing ahead, by the periods of the
// calendar, and gives how many of them were told from what was counted ahead.
func sameCalendar(t *testing.T, rnd *rand.Rand, want, got *Room) (told int) {
	t.Helper()
	want.cache.forgetAll()
	onlyAhead(got)
	for _, p := range got.calendar() {
		if p.version = got.newest(p.from, p.to); got.cache.counted(p) != nil {
			told++
		}
		by := append([]string{""}, dimensions...)[rnd.IntN(6)]
		of := []string{"", "VN", "LA"}[rnd.IntN(3)]
		if d := gocmp.Diff(ask(t, want, p.from.Std(), p.to.Std(), by, of), ask(t, got, p.from.Std(), p.to.Std(), by, of)); d != "" {
			t.Fatalf("%v to %v by %q of %q, counted- ahead+: %s", p.from.Std(), p.to.Std(), by, of, d)
		}
	}
	return told
}

// seasons makes random records of some hundred days.
func seasons(rnd *rand.Rand, n int) []word {
	words := scene(rnd, n)
	for i := range words {
		words[i].at = words[i].at.AddDate(0, 0, -rnd.IntN(300))
	}
	return words
}

// Answers are the same whether counted ahead or not, with records that come late, after
// starts, and with days that are in the store alone.
func TestCountingAheadChangesNoAnswer(t *testing.T) {
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		now, s := dayOf(2026, 11, 4), shelf{}
		fresh := func() *Room {
			return New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{Now: func() time.Time { return now }, Kept: s.kept})
		}
		all, r := newRoom(), fresh()
		all.deps.Now = r.deps.Now
		for round := range 5 {
			words := seasons(rnd, 40*(5-round))
			for at := 0; at < len(words); at += 20 {
				all.Add(batch(words[at : at+20]))
				r.Add(batch(words[at : at+20]))
				s.keep(r.Cut())
				if rnd.IntN(3) == 0 {
					now = now.Add(aheadRest)
					r.Ahead(time.Nanosecond)
				}
			}
			sameCalendar(t, rnd, all, r)
			if round%2 == 1 { // quiet, so that days are stored whole
				for range 250 {
					now = now.Add(10 * time.Minute)
					s.keep(r.Cut())
				}
			}
			if round > 2 {
				r = fresh()
				if err := r.Open(s.slots()); err != nil {
					t.Fatal(err)
				}
			}
			countAllAhead(t, r, &now)
			if told := sameCalendar(t, rnd, all, r); told < 100 || told != len(r.calendar()) {
				t.Fatalf("seed %d, round %d: %d of %d periods were counted ahead", seed, round, told, len(r.calendar()))
			}
		}
		if away(r) == 0 {
			t.Fatalf("seed %d: no day was left in the store: the test tests nothing", seed)
		}
	}
}

// What was counted ahead is told without reading its days, until something comes late
// for one of them; that is counted again when it is quiet.
func TestPeriodsCountedAheadAreNotReadAgain(t *testing.T) {
	r, s, now := settled(t)
	key := dayKey(numberOf(2026, 10, 31))
	day := func() int64 { return ask(t, r, dayOf(2026, 10, 31), dayOf(2026, 11, 1), "", "").Total.Active.Count }
	was := day()
	countAllAhead(t, r, now)
	onlyAhead(r)
	read := s[key][0].read
	if day() != was || s[key][0].read != read {
		t.Error("a day that was counted ahead is read")
	}
	r.Add(batch([]word{{who: 99, at: dayOf(2026, 10, 31).Add(5 * time.Hour), country: "VN", beat: true}}))
	if n := day(); n != was+1 {
		t.Errorf("%d active, %d and one who came late", n, was)
	}
	*now = now.Add(aheadRest)
	r.Ahead(time.Minute)
	counted := func() bool {
		for _, p := range r.calendar() {
			if p.version = r.newest(p.from, p.to); r.cache.counted(p) == nil {
				return false
			}
		}
		return true
	}
	if counted() {
		t.Error("a day is counted while more may come for it")
	}
	if countAllAhead(t, r, now); !counted() {
		t.Error("a day that something came late for is not counted again")
	}
	if onlyAhead(r); day() != was+1 {
		t.Error("and counted ahead it is another number")
	}
	if r.cache.aheadBytes() == 0 {
		t.Error("what was counted ahead takes no memory")
	}
	if r.cache.forgetAll(); r.cache.aheadBytes() != 0 || r.cache.ahead.known != nil {
		t.Error("not all is forgotten")
	}
}

// Where a day cannot be read, that is said once, and tried again after a while.
func TestCountingAheadStopsAtAnError(t *testing.T) {
	r, s, now := settled(t)
	var log bytes.Buffer
	r.deps.Log = slog.New(slog.NewTextHandler(&log, nil))
	p := s[dayKey(numberOf(2026, 11, 1))][0]
	p.err = errors.New("no such disk")
	countAllAhead(t, r, now)
	read := p.read
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || r.Ahead(time.Minute) || p.read != read {
		t.Errorf("%d warnings, read %d times, then %d: %s", n, read, p.read, log.String())
	}
	p.err = nil
	countAllAhead(t, r, now)
	if p.read == read || len(r.cache.ahead.known) != len(r.calendar()) {
		t.Errorf("read %d times, then %d; %d of %d periods", read, p.read, len(r.cache.ahead.known), len(r.calendar()))
	}
}

// Periods of the calendar are those that are over and of known days: weeks from Monday,
// months, quarters, halves and years, newest first, then days.
func TestPeriodsOfTheCalendar(t *testing.T) {
	now := dayOf(2026, 11, 4) // a Wednesday
	r := New(Config{Zone: hanoi}, Dependencies{Now: func() time.Time { return now }})
	for number := numberOf(2025, 7, 1); number <= numberOf(2026, 11, 5); number++ {
		r.days[number] = &day{}
	}
	delete(r.days, numberOf(2026, 10, 20))
	r.days[numberOf(2024, 12, 31)] = &day{}
	kinds := map[string]int{}
	var got []string
	for _, p := range r.calendar() {
		from, to := p.from.Std().In(hanoi), p.to.Std().In(hanoi)
		if to.After(now) {
			t.Errorf("%v to %v is not over", from, to)
		}
		kind := "months"
		switch days := int(to.Sub(from).Hours() / 24); {
		case days == 1:
			kind = "day"
		case days == 7 && from.Weekday() == time.Monday:
			kind = "week"
		case from.Day() != 1 || to.Day() != 1:
			kind = "other"
		}
		kinds[kind]++
		got = append(got, from.Format("06-01-02/")+to.Format("06-01-02"))
	}
	want := map[string]int{"day": 490 + 1, "week": 70, "months": 16 + 5 + 2 + 1}
	if d := gocmp.Diff(want, kinds); d != "" {
		t.Errorf("kinds: %s", d)
	}
	first := []string{"26-10-26/26-11-02", "26-10-01/26-11-01", "26-10-19/26-10-26", "26-10-12/26-10-19", "26-10-05/26-10-12", "26-09-28/26-10-05", "26-09-01/26-10-01", "26-07-01/26-10-01"}
	if d := gocmp.Diff(first, got[:8]); d != "" {
		t.Errorf("the first: %s", d)
	}
	if last := got[len(got)-1]; last != "24-12-31/25-01-01" {
		t.Errorf("the last is %s", last)
	}
}

// What is counted ahead takes no more memory than it may; the oldest days have no room.
func TestCountingAheadKeepsWithinItsMemory(t *testing.T) {
	now := dayOf(2026, 11, 4)
	r := New(Config{Zone: hanoi}, Dependencies{Now: func() time.Time { return now }})
	for number := numberOf(2026, 9, 1); number <= numberOf(2026, 11, 3); number++ {
		r.days[number] = &day{}
	}
	all := r.calendar()
	const most = aheadKeep/(1<<20) - 1
	for i, p := range all[5:] {
		if kept := r.cache.keepAhead(p, make([]byte, 1<<20)); kept != (i < most) {
			t.Fatalf("the %dth of 1 MB: kept %v", i, kept)
		}
	}
	for _, p := range all[:5] {
		if !r.cache.keepAhead(p, make([]byte, 1<<20)) || r.cache.aheadBytes() > aheadKeep {
			t.Fatalf("what is wanted most has no room, %d bytes are taken", r.cache.aheadBytes())
		}
	}
	for i, p := range all {
		if _, kept := r.cache.countedAhead(p); kept != (i < most) {
			t.Fatalf("the %dth in order: kept %v", i, kept)
		}
	}
	if left := r.uncounted(now); len(left) != 0 {
		t.Errorf("%d are to be counted for which there is no room", len(left))
	}
	if r.cache.keepAhead(all[0], nil); r.cache.aheadBytes() != (most-1)*(1<<20+aheadOverhead)+aheadOverhead {
		t.Errorf("%d bytes are taken when one is smaller", r.cache.aheadBytes())
	}
}

// A question beside counting ahead and adding is answered; the race detector looks on.
func TestCountingAheadBesideOthers(t *testing.T) {
	now := dayOf(2026, 11, 20)
	r := New(Config{Zone: hanoi}, Dependencies{Now: func() time.Time { return now }})
	words := seasons(rand.New(rand.NewPCG(1, 12)), 400)
	r.Add(batch(words[:200]))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for at := 200; at < 400; at += 10 {
			r.Add(batch(words[at : at+10]))
		}
	}()
	q := event.UnitQuery{From: event.TimeOf(dayOf(2026, 7, 1)), To: event.TimeOf(dayOf(2026, 8, 1))}
	for range 20 {
		r.cache.aheadRests(time.Time{})
		r.Ahead(time.Millisecond)
		if _, err := r.Count(q); err != nil {
			t.Error(err)
		}
	}
	<-done
}
