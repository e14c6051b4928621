// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"haidang/event"
)

// dimensions of questions: two of the place, then those of what happened.
var dimensions = []string{"country", "sector", "kind", "way", "class"}

// Count answers a question. The answer's rows belong to the room: they are not to
// be changed.
func (r *Room) Count(q event.UnitQuery) (event.Units, error) {
	by := strings.Join(q.By, ",")
	if by != "" && !slices.Contains(dimensions, by) {
		return event.Units{}, fmt.Errorf("participants are counted by one of %q, not by %q", dimensions, by)
	}
	key := question{q.From, q.To, by, q.Of}
	r.mu.RLock()
	defer r.mu.RUnlock()
	version := r.newest(q.From, q.To)
	if units, ok := r.cache.answer(key, version); ok {
		return units, nil
	}
	p := period{q.From, q.To, version}
	c, err := r.cache.census(p, func(c *census) error { return r.census(c, p) })
	if err != nil {
		return event.Units{}, err
	}
	units := c.units(r.book.seats, q.Of, by)
	r.cache.keep(key, answer{version, units})
	return units, nil
}

// census gives that of a period as it was counted ahead, or counts it.
func (r *Room) census(out *census, p period) error {
	if data := r.cache.counted(p); data != nil {
		out.unpack(data)
		return nil
	}
	return r.take(out, p.from, p.to)
}

// Version tells states of a period's counts apart: while it is the same, so are all
// answers about [from, to). An answer kept by a version that was taken before it is
// at least as new. It starts anew with the program.
func (r *Room) Version(from, to event.Time) int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.newest(from, to)
}

// newest is Version for those who have the lock.
func (r *Room) newest(from, to event.Time) (newest int64) {
	first, last := numberOf(from.Std().In(r.cfg.Zone).Date()), numberOf(to.Std().Add(-time.Nanosecond).In(r.cfg.Zone).Date())
	for number := first; number <= last; number++ {
		if d := r.days[number]; d != nil {
			newest = max(newest, d.version)
		}
	}
	return newest
}

// counter is one period under way.
type counter struct {
	room     *Room
	from, to event.Time
	out      *census
	hours    []uint32 // by slot: active hours within the period
	home     []int32  // by participant: slot that says where it is, -1 for not active

	attacks []uint32 // by participant: attacks within the period
	met     []set    // by cell: whom its events met
}

// take counts a period.
func (r *Room) take(out *census, from, to event.Time) error {
	c := counter{room: r, from: from, to: to, out: out}
	out.whole = true
	slots, people := len(r.book.slots), len(r.book.people)
	c.hours, c.attacks, c.home = numbers[uint32](&sums, slots), numbers[uint32](&sums, people), numbers[int32](&homes, people)
	defer func() { sums.Put(&c.hours); sums.Put(&c.attacks); homes.Put(&c.home) }()
	c.met = make([]set, len(r.cells.list))
	for _, p := range c.pieces() {
		if p.month != nil {
			c.takeMonth(p)
		} else if err := c.takeDay(p); err != nil {
			return err
		}
	}
	c.place()
	c.attacked()
	return nil
}

// piece is a part of a day, or all of a month.
type piece struct {
	day   int32
	hours uint32 // bits of the hours wanted
	month *month
	last  int32 // of a month: the day after it
}

// sums and homes hold memory of questions that were answered.
var sums, homes sync.Pool

// numbers gives noughts.
func numbers[T int32 | uint32](scratch *sync.Pool, n int) []T {
	if s, ok := scratch.Get().(*[]T); ok && cap(*s) >= n {
		out := (*s)[:n]
		clear(out)
		return out
	}
	return make([]T, n, n+n/8)
}

// pieces cuts the period into months and days.
func (c *counter) pieces() (out []piece) {
	zone := c.room.cfg.Zone
	from, to := c.from.Std().In(zone), c.to.Std().In(zone)
	y, m, d := from.Date()
	number := numberOf(y, m, d)
	y, m, d = to.Add(-time.Nanosecond).Date()
	last := numberOf(y, m, d)
	for number <= last {
		first, next := monthDays(monthOf(number))
		if number == first && next <= last+1 && !start(next, zone).After(to) && !start(first, zone).Before(from) {
			if mo := c.room.months[monthOf(number)]; mo != nil {
				out = append(out, piece{day: first, last: next, month: mo, hours: ^uint32(0)})
			}
			number = next
			continue
		}
		if c.room.days[number] != nil {
			out = append(out, piece{day: number, last: number + 1, hours: c.window(number, from, to)})
		}
		number++
	}
	return out
}

// window gives the hours of a day that lie in [from, to). An hour that the period
// cuts through is left out, and the answer is not whole.
func (c *counter) window(number int32, from, to time.Time) (hours uint32) {
	begin, end := start(number, c.room.cfg.Zone), start(number+1, c.room.cfg.Zone)
	for h := range int(end.Sub(begin) / time.Hour) {
		a := begin.Add(time.Duration(h) * time.Hour)
		b := a.Add(time.Hour)
		switch {
		case !a.Before(from) && !b.After(to):
			hours |= 1 << h
		case a.Before(to) && b.After(from):
			c.out.whole = false
		}
	}
	return hours
}

// takeMonth adds up a month as a whole.
func (c *counter) takeMonth(p piece) {
	sum := c.hours[:len(p.month.hours)]
	for slot, n := range p.month.hours {
		sum[slot] += uint32(n)
	}
	for number := p.day; number < p.last; number++ {
		d := c.room.days[number]
		c.out.replay = c.out.replay || d != nil && d.replay
	}
	for who, n := range p.month.attacks {
		c.attacks[who] += n
	}
	for cell, s := range p.month.met {
		c.met[cell].join(s)
	}
}

// takeDay adds up the hours of a day in which slots were active, and its events one
// by one.
func (c *counter) takeDay(p piece) error {
	d, err := c.room.here(p.day)
	if err != nil {
		return err
	}
	d.add(c.hours, p.hours)
	c.out.replay = c.out.replay || d.replay
	d.eachHit(func(h *hit) {
		if p.hours&(1<<h.hour) == 0 {
			return
		}
		c.met[h.cell].add(h.who)
		if c.room.cells.list[h.cell].attacks() {
			c.attacks[h.who] += h.count
		}
	})
	return nil
}

// place decides where each active participant is, and takes it in there.
func (c *counter) place() {
	b := &c.room.book
	c.out.seats = make([]group, len(b.seats))
	for who := range b.people {
		p := &b.people[who]
		at := p.first
		s := &b.slots[at]
		if s.next < 0 {
			if c.hours[at] == 0 {
				at = -1
			}
		} else if at = c.most(at); at >= 0 {
			s = &b.slots[at]
		}
		if c.home[who] = at; at >= 0 {
			c.out.seats[s.seat].active.add(p.key, s.unit)
		}
	}
}

// most finds the country of most hours, by heartbeats if there are any, and in it
// the slot of most hours. Equals go by the alphabet, then by number.
func (c *counter) most(first int32) (best int32) {
	slots := c.room.book.slots
	var beats bool
	for i := first; i >= 0; i = slots[i].next {
		beats = beats || slots[i].beat && c.hours[i] > 0
	}
	var country event.Country
	var hours uint32
	for i := first; i >= 0; i = slots[i].next {
		if slots[i].beat != beats || c.hours[i] == 0 {
			continue
		}
		var sum uint32
		for j := first; j >= 0; j = slots[j].next {
			if slots[j].beat == beats && slots[j].country == slots[i].country {
				sum += c.hours[j]
			}
		}
		if sum > hours || sum == hours && slots[i].country < country {
			country, hours = slots[i].country, sum
		}
	}
	best = -1
	for i := first; i >= 0; i = slots[i].next {
		s := &slots[i]
		if s.beat != beats || c.hours[i] == 0 || s.country != country {
			continue
		}
		if best < 0 || c.hours[i] > c.hours[best] || c.hours[i] == c.hours[best] && less(&s.place, &slots[best].place) {
			best = i
		}
	}
	return best
}

func less(a, b *place) bool {
	return cmp.Or(cmp.Compare(a.sector, b.sector), cmp.Compare(a.org, b.org)) < 0
}
