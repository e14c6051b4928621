// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"fmt"
	"math/bits"
	"slices"

	"haidang/event"
)

// census is all that questions about one period ask: what they group by, and of which
// country, decides only what is added up.
type census struct {
	whole, replay bool
	seats         []group // by the book's number of country and sector
	happened      []happened
}

// group gathers one row.
type group struct {
	active   tally
	attacked tally
	malware  tally
	infected tally
	events   int64
}

// happening is an event's kind, way or class, and the country of whom it met.
type happening struct {
	by      string // "kind", "way" or "class"
	value   uint8
	country event.Country
}

// happened is whom it met. Some share a tally.
type happened struct {
	happening
	whom *tally
}

func (h happening) name() string {
	switch h.by {
	case "kind":
		return event.RSIT(h.value).String()
	case "way":
		return event.Way(h.value).String()
	}
	return classNames[h.value]
}

// tally gathers participants, each given once.
type tally struct {
	count int64
	key   uint64
	orgs  set
}

func (t *tally) add(key uint64, unit uint32) {
	t.count++
	t.key += key
	if unit != 0 {
		t.orgs.add(unit)
	}
}

// join adds other participants.
func (t *tally) join(o *tally) {
	t.count += o.count
	t.key += o.key
	t.orgs.join(o.orgs)
}

func (t *tally) cell() event.UnitCell {
	c := event.UnitCell{Count: t.count, Key: t.key}
	for _, w := range t.orgs {
		c.Organisations += bits.OnesCount64(w)
	}
	return c
}

func (g *group) join(o *group) {
	g.active.join(&o.active)
	g.attacked.join(&o.attacked)
	g.malware.join(&o.malware)
	g.infected.join(&o.infected)
	g.events += o.events
}

func (g *group) row(name []string) event.UnitRow {
	return event.UnitRow{
		Group: name, Active: g.active.cell(), Attacked: g.attacked.cell(), Malware: g.malware.cell(),
		Infected: g.infected.cell(), Events: g.events,
	}
}

// units answers a question about the period; seats are the book's.
func (s *census) units(seats []seat, of event.Country, by string) event.Units {
	out := event.Units{Whole: s.whole, Replay: s.replay}
	var total group
	groups := map[string]*group{}
	named := func(name string) *group {
		g := groups[name]
		if g == nil {
			g = &group{}
			groups[name] = g
		}
		return g
	}
	for i := range s.seats {
		g, at := &s.seats[i], seats[i]
		if g.active.count == 0 || of != 0 && at.country != of {
			continue
		}
		total.join(g)
		switch by {
		case "country":
			named(at.country.String()).join(g)
		case "sector":
			named(at.sector.Top()).join(g)
		}
	}
	for i := range s.happened {
		if h := &s.happened[i]; h.by == by && (of == 0 || h.country == of) {
			named(h.name()).attacked.join(h.whom)
		}
	}
	out.Total = total.row(nil)
	for name, g := range groups {
		out.Rows = append(out.Rows, g.row([]string{name}))
	}
	slices.SortFunc(out.Rows, func(a, b event.UnitRow) int { return slices.Compare(a.Group, b.Group) })
	return out
}

// attacked takes in whom events met, by where they are and by what happened.
// Riskware and adware stand in the table by class alone.
func (c *counter) attacked() {
	var attacked, met, resident set
	cells := map[happening][]uint16{}
	note := func(by string, value uint8, cell int) {
		h := happening{by: by, value: value}
		cells[h] = append(cells[h], uint16(cell))
	}
	for number, s := range c.met {
		if s == nil {
			continue
		}
		x := &c.room.cells.list[number]
		note("class", uint8(x.class), number)
		if !x.attacks() {
			continue
		}
		note("kind", uint8(x.kind), number)
		note("way", uint8(x.way), number)
		attacked.join(s)
		if x.class == malware {
			met.join(s)
		}
		if x.resident() {
			resident.join(s)
		}
	}
	c.spread(attacked, met, resident)
	c.happened(cells)
}

// spread counts those attacked by where they are, and the attacks.
func (c *counter) spread(attacked, met, resident set) {
	c.each(attacked, func(who uint32, key uint64, at *slot) {
		g := &c.out.seats[at.seat]
		g.attacked.add(key, at.unit)
		if met.has(who) {
			g.malware.add(key, at.unit)
		}
		if resident.has(who) {
			g.infected.add(key, at.unit)
		}
		g.events += int64(c.attacks[who])
	})
}

// happened counts whom each kind, way and class met, by country. Some of them are of
// the same cells, which are counted once.
func (c *counter) happened(cells map[happening][]uint16) {
	known := map[string]map[event.Country]*tally{}
	for h, numbers := range cells {
		of := fmt.Sprint(numbers)
		if known[of] == nil {
			known[of] = c.meet(numbers)
		}
		for h.country = range known[of] {
			c.out.happened = append(c.out.happened, happened{h, known[of][h.country]})
		}
	}
}

// meet counts whom the events of some cells met.
func (c *counter) meet(cells []uint16) map[event.Country]*tally {
	all := c.met[cells[0]]
	if len(cells) > 1 {
		all = slices.Clone(all)
		for _, n := range cells[1:] {
			all.join(c.met[n])
		}
	}
	out := map[event.Country]*tally{}
	var last event.Country
	var t *tally
	c.each(all, func(_ uint32, key uint64, at *slot) {
		if t == nil || last != at.country {
			if last, t = at.country, out[at.country]; t == nil {
				t = &tally{}
				out[last] = t
			}
		}
		t.add(key, at.unit)
	})
	return out
}

// each gives the members who are anywhere.
func (c *counter) each(s set, fn func(who uint32, key uint64, at *slot)) {
	b := &c.room.book
	s.each(func(who uint32) {
		if slot := c.home[who]; slot >= 0 {
			fn(who, b.people[who].key, &b.slots[slot])
		}
	})
}
