// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// recurringly has questions about addresses be answered ahead.
func recurringly(b *blocked) []DistinctQuery {
	b.m.cfg.Recurring = []DistinctQuery{
		{Cube: CubeHosting, By: []Dim{DimHostingCountry}, Where: []Where{Is(DimConfirmed, "yes")}, Role: Hosting, Stage: event.StageAttempt, From: event.TimeUnset, To: event.TimeUnset},
		{Cube: CubeAffected, By: []Dim{DimAffectedCountry}, Role: Affected, Stage: event.StageIncident, From: event.TimeUnset, To: event.TimeUnset},
	}
	return b.m.cfg.Recurring
}

// tally counts all ahead, a few at a time.
func (b *blocked) tally() {
	b.t.Helper()
	b.m.tallyAfter = time.Time{}
	b.allOf(b.m.Tally)
}

// periods are those of the calendar that are over, of all kinds.
func (b *blocked) periods() (out []stretch) {
	v := b.m.look()
	for _, kind := range calendarKinds {
		last := b.c.at.Unix()/60 - sumPast
		for at := last; at >= v.oldest; {
			c := kind(time.Unix(at*60, 0).In(b.m.cfg.Zone))
			if at = c.from - 1; c.from >= v.oldest && c.to <= last {
				out = append(out, c)
			}
		}
	}
	return out
}

// sameTallies compares answers about all periods with those of a room that keeps no
// numbers, and gives how many of them took sets to answer.
func (b *blocked) sameTallies(what string) (counted int) {
	b.t.Helper()
	b.tick(time.Second)
	for _, q := range b.m.cfg.Recurring {
		for _, c := range b.periods() {
			q.From, q.To = timeOf(c.from), timeOf(c.to)
			b.roomy.tallies = tallies{known: map[unionKey]*tally{}}
			before := b.m.unions.turn
			got := askedFor(b.t, b.m, q)
			if b.m.unions.turn != before {
				counted++
			}
			for range 2 { // the second time from what was kept
				if diff := cmp.Diff(askedFor(b.t, b.roomy, q), got); diff != "" {
					b.t.Fatalf("%s, %d minutes from %s, sets- numbers+:\n%.2000s", what, c.to-c.from, q.From.Std(), diff)
				}
				got = askedFor(b.t, b.m, q)
			}
		}
	}
	return counted
}

// Numbers that are kept are those that the sets give, before and after late records and
// starts, and none takes sets once it was counted ahead.
func TestTalliesAnswerAsSets(t *testing.T) {
	for _, zone := range []*time.Location{east, time.UTC} {
		b := newBlocked(t, 31, zone)
		recurringly(b)
		b.add(700, 5_000)
		b.rest()
		all := 2 * len(b.periods())
		if n := b.sameTallies("nothing ahead"); n != all || n < 200 {
			t.Fatalf("%s: %d of %d questions took sets: the test tests nothing", zone, n, all)
		}
		if n := b.sameTallies("asked before"); n != 0 {
			t.Errorf("%s: %d questions took sets again", zone, n)
		}
		b.start()
		b.tally()
		if n := b.sameTallies("counted ahead"); n != 0 {
			t.Errorf("%s: %d of %d questions took sets", zone, n, all)
		}
		b.add(20, 3)
		if n := b.sameTallies("late records"); n == 0 || n == all {
			t.Errorf("%s: %d of %d questions took sets after a few late records", zone, n, all)
		}
		b.add(20, 3)
		b.tally()
		if n := b.sameTallies("late records counted ahead"); n != 0 {
			t.Errorf("%s: %d of %d questions took sets", zone, n, all)
		}
	}
}

// What came late is not counted ahead again and again, and where all is counted nothing
// is looked for.
func TestTallyRests(t *testing.T) {
	b := newBlocked(t, 4, east)
	recurringly(b)
	b.add(500, 0)
	b.rest()
	b.tally()
	v := b.m.look()
	if left := b.m.untallied(v, b.c.at.Unix()/60); len(left) > 0 {
		t.Fatalf("%d periods are not counted", len(left))
	}
	b.add(500, 0)
	if b.m.Tally(time.Minute); len(b.m.untallied(b.m.look(), b.c.at.Unix()/60)) == 0 {
		t.Error("periods were counted anew a moment after the last ones")
	}
	b.tick(2 * sumRest)
	if b.m.Tally(time.Minute); len(b.m.untallied(b.m.look(), b.c.at.Unix()/60)) > 0 {
		t.Error("late records are not counted")
	}
}

// Where there is no more room, or a day cannot be read, counting ahead ends until later.
func TestTallyEndsWhereItCannotGoOn(t *testing.T) {
	b := newBlocked(t, 4, east)
	q := recurringly(b)[0]
	b.add(500, 0)
	b.rest()
	for _, g := range b.m.daySets {
		for _, s := range g.stowed {
			for i := range s.kinds {
				s.kinds[i].sum ^= 1
			}
		}
	}
	if b.m.tallyAfter = (time.Time{}); b.m.Tally(time.Minute) || b.m.tallies.taken() != 0 {
		t.Errorf("%d bytes of numbers of days that cannot be read", b.m.tallies.taken())
	}
	b.start()
	b.m.tallies.bytes[1] = tallyKeep - 2*tallyOverhead // one of a few groups has no room
	if b.m.Tally(time.Minute) {
		t.Error("what has no room is still to be counted")
	}
	q.From, q.To = timeOf(b.periods()[0].from), timeOf(b.periods()[0].to)
	if got := askedFor(t, b.m, q); len(got) < 2 {
		t.Errorf("%v addresses where nothing was counted ahead", got)
	}
}

// Numbers take what they may: those asked for make room for the next, those counted
// ahead stay.
func TestTalliesAreBounded(t *testing.T) {
	ts := tallies{known: map[unionKey]*tally{}}
	groups := make([]tallied, 1000)
	for i := range int64(1000) {
		ahead := &tally{ahead: true, groups: groups}
		if kept := ts.keep(unionKey{"ahead", i, i + 1}, ahead); kept != (i < tallyKeep/ahead.bytes()) {
			t.Fatalf("tally %d was kept: %v", i, kept)
		}
		asked := unionKey{"asked", i, i + 1}
		if ts.keep(asked, &tally{groups: groups}); ts.get(asked, 0) == nil || ts.get(unionKey{"ahead", 0, 1}, 0) == nil {
			t.Fatalf("after %d the last is not known, or the first counted ahead", i)
		}
		if ts.taken() > 2*tallyKeep {
			t.Fatalf("%d bytes after %d", ts.taken(), i)
		}
	}
	var sum int64
	for key, one := range ts.known {
		sum += one.bytes()
		ts.forget(key)
	}
	if sum == 0 || ts.taken() != 0 {
		t.Errorf("%d bytes were kept, %d are left of none", sum, ts.taken())
	}
}
