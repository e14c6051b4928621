// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// tight is a Measure with hardly any memory.
func tight(at time.Time) (*Measure, *clock) {
	c := &clock{at}
	return New(Config{
		Home: vn, SketchKey: [16]byte{1, 2, 3}, FoldBudget: 4 << 20,
		MinuteBudget: 60 << 10, HourBudget: 60 << 10, DistinctBudget: 400 << 10,
	}, Dependencies{Now: c.now}), c
}

// daysOnly keeps the cells that no budget takes.
func daysOnly(cells map[string]Cell) map[string]Cell {
	for key := range cells {
		if strings.Split(key, "|")[1] != "2" {
			delete(cells, key)
		}
	}
	return cells
}

func (m *Measure) sizes() (minutes, hours int64) {
	for _, b := range m.buckets[ByMinute] {
		minutes += b.size
	}
	for _, b := range m.buckets[ByHour] {
		hours += b.size
	}
	return minutes, hours
}

func (m *Measure) partialGroups() (n int) {
	for _, groups := range []map[int64]*setGroup{m.hourSets, m.daySets} {
		for _, g := range groups {
			if g.partial {
				n++
			}
		}
	}
	return n
}

func TestBudgetsHoldAndDaysStayExact(t *testing.T) {
	src := newSource(21, noon)
	src.back = 40 * 24 * time.Hour
	all := src.records(6000)
	for _, e := range all {
		e.Hash = event.Bytes16{} // folding has a budget of its own
	}
	m, c := tight(noon)
	var s shelf
	for i := 0; i < len(all); i += 100 {
		m.setsFull = false // what finds no memory is another test's
		m.Add(batchOf(all[i : i+100]))
		c.at = c.at.Add(30 * time.Second)
		s.keep(m.Cut())
	}
	for range 20 {
		c.at = c.at.Add(time.Minute)
		s.keep(m.Cut())
	}
	minutes, hours := m.sizes()
	if minutes > m.cfg.MinuteBudget || hours > m.cfg.HourBudget+30<<10 || m.setBytes() > m.cfg.DistinctBudget {
		t.Errorf("minutes %d, hours %d, sets %d bytes are beyond the budgets", minutes, hours, m.setBytes())
	}
	evicted := 0
	for _, d := range m.days {
		if d.evicted {
			evicted++
		}
	}
	if evicted == 0 {
		t.Fatal("no day's hours left memory: the test shows nothing")
	}
	oracle := recount(vn, all).nonZero()
	if diff := cmp.Diff(daysOnly(oracle), daysOnly(counted(m))); diff != "" {
		t.Fatalf("days, want- got+:\n%.2000s", diff)
	}
	// Late records for days that left memory, then a restart with more room.
	late := newSource(22, noon)
	late.back = src.back
	more := late.records(500)
	for _, e := range more {
		e.Hash = event.Bytes16{}
	}
	m.setsFull = false
	m.Add(batchOf(more))
	s.keep(m.Cut())
	c.at = c.at.Add(time.Hour)
	s.keep(m.Cut())
	again, _ := restart(t, &s, c.at)
	all = append(all, more...)
	want := recount(vn, all).nonZero()
	got := counted(again)
	for _, cells := range []map[string]Cell{want, got} {
		for key := range cells {
			if strings.Split(key, "|")[1] == "0" {
				delete(cells, key)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("hours and days after a restart, want- got+:\n%.2000s", diff)
	}
	if len(m.setsGone) == 0 || again.partialGroups() != 0 {
		t.Fatalf("%d days of sets left memory, %d periods lack some: the test shows nothing", len(m.setsGone), again.partialGroups())
	}
	once, _ := newAt(c.at)
	once.Add(batchOf(all))
	if diff := cmp.Diff(distincts(t, once), distincts(t, again)); diff != "" {
		t.Fatalf("addresses after a restart, want- got+:\n%.2000s", diff)
	}
}

// Where something left memory the answer says so.
func TestAnswersSayWhatIsMissing(t *testing.T) {
	m, c := tight(noon)
	src := newSource(5, noon)
	src.back = 40 * 24 * time.Hour
	for range 30 {
		m.Add(batchOf(src.records(200)))
		m.Cut()
		c.at = c.at.Add(time.Minute)
	}
	var gone int64
	for start, d := range m.days {
		if d.evicted && (gone == 0 || start < gone) {
			gone = start
		}
	}
	day := event.Time(24 * time.Hour)
	if _, whole, err := m.Ranking(DimKind, timeOf(gone), timeOf(gone)+day, event.StageAttempt); !whole || err != nil {
		t.Errorf("a UTC day: whole %v, %v; days are kept for ever", whole, err)
	}
	if _, whole, err := m.Ranking(DimKind, timeOf(gone), timeOf(gone)+day/2, event.StageAttempt); whole || err != nil {
		t.Errorf("half of a day whose hours are gone: whole %v, %v", whole, err)
	}
	if _, whole, _ := m.Series(StepMinute, timeOf(gone), timeOf(gone)+day/24); whole {
		t.Error("minutes of a month ago are called whole")
	}
}

// A flood of addresses fills the sets' budget; counting goes on.
func TestSetsRefuseBeyondTheirBudget(t *testing.T) {
	m, c := tight(noon)
	for second := range 60 {
		var all []*event.Event
		for i := range 500 {
			all = append(all, attack(c.at, func(e *event.Event) {
				e.Source.IP = event.Addr{1: byte(second), 14: byte(i >> 8), 15: byte(i)}
				e.Source.Country = country(uint64(1 + i%200))
			}))
		}
		m.Add(batchOf(all))
		m.Cut()
		c.at = c.at.Add(time.Second)
	}
	if !m.setsFull {
		t.Fatal("the sets' budget was not reached: the test shows nothing")
	}
	before := m.setBytes()
	var all []*event.Event
	for i := range 200 {
		all = append(all, attack(c.at, func(e *event.Event) {
			e.Destination.Country, e.Source.IP = country(uint64(300+i)), event.Addr{2: 7, 15: byte(i)}
		}))
	}
	m.Add(batchOf(all))
	if grown := m.setBytes() - before; grown > 64<<10 {
		t.Errorf("new cells took %d bytes although there was no room", grown)
	}
	if _, whole, _ := m.Distinct(DistinctQuery{Cube: CubeAffected, Stage: event.StageAttempt, From: event.TimeUnset, To: event.TimeUnset}); whole {
		t.Error("an answer without the refused cells is called whole")
	}
	c.at = c.at.Add(time.Second)
	if n := m.Picture().World.Attacks; n != 60*500+200 {
		t.Errorf("%d attacks counted, want %d", n, 60*500+200)
	}
}
