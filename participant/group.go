// SPDX-License-Identifier: Apache-2.0

package participant

import "haidang/event"

// group gathers one row.
type group struct {
	name     []string
	active   tally
	attacked tally
	malware  tally
	infected tally
	events   int64
}

func (g *group) row() event.UnitRow {
	return event.UnitRow{
		Group: g.name, Active: g.active.cell(), Attacked: g.attacked.cell(), Malware: g.malware.cell(),
		Infected: g.infected.cell(), Events: g.events,
	}
}

// tally gathers participants, each given once.
type tally struct {
	count int64
	key   uint64
	orgs  set
	units int
}

func (t *tally) add(key uint64, unit uint32) {
	t.count++
	t.key += key
	if unit == 0 || int(unit/64) < len(t.orgs) && t.orgs[unit/64]&(1<<(unit%64)) != 0 {
		return
	}
	t.orgs.add(unit)
	t.units++
}

func (t *tally) cell() event.UnitCell {
	return event.UnitCell{Count: t.count, Key: t.key, Organisations: t.units}
}

// count takes in who is active: in the place as a whole and, where groups are of
// places, in each.
func (c *counter) count(total *group) {
	b := &c.room.book
	byPlace := c.by == "country" || c.by == "sector"
	var last place
	var g *group
	for who, slot := range c.home {
		if slot < 0 {
			continue
		}
		s := &b.slots[slot]
		if c.q.Of != 0 && s.country != c.q.Of {
			c.home[who] = -1
			continue
		}
		key := b.people[who].key
		total.active.add(key, s.unit)
		if !byPlace {
			continue
		}
		if g == nil || last.country != s.country || last.sector != s.sector {
			g, last = c.placed(s), s.place
		}
		g.active.add(key, s.unit)
	}
}

// placed gives the group of a place, remembered by its code: it is asked for every
// participant.
func (c *counter) placed(s *slot) *group {
	code := int(s.country)
	if c.by == "sector" {
		code = int(s.sector)
	}
	if c.places == nil {
		c.places = make([]*group, 1<<16)
	}
	g := c.places[code]
	if g == nil {
		name := s.country.String()
		if c.by == "sector" {
			name = s.sector.Top()
		}
		g = c.group(name)
		c.places[code] = g
	}
	return g
}

// group finds or makes a group by its name.
func (c *counter) group(name string) *group {
	g := c.groups[name]
	if g == nil {
		g = &group{name: []string{name}}
		c.groups[name] = g
	}
	return g
}

// attacked takes in whom events met: in all, and by place or by what happened.
// Riskware and adware stand in the table by class alone.
func (c *counter) attacked(total *group) {
	var attacked, met, resident set
	kinds := map[string]*set{}
	for number, s := range c.met {
		if s == nil {
			continue
		}
		x := &c.room.cells.list[number]
		if name, ok := c.event(x); ok && (x.attacks() || c.by == "class") {
			if kinds[name] == nil {
				kinds[name] = &set{}
			}
			kinds[name].join(s)
		}
		if !x.attacks() {
			continue
		}
		attacked.join(s)
		if x.class == malware {
			met.join(s)
		}
		if x.resident() {
			resident.join(s)
		}
	}
	c.spread(attacked, total, func(g *group) *tally { return &g.attacked })
	c.spread(met, total, func(g *group) *tally { return &g.malware })
	c.spread(resident, total, func(g *group) *tally { return &g.infected })
	c.weigh(attacked, total)
	for name, s := range kinds {
		c.tally(name, *s)
	}
}

// event names the group of a cell; ok is false where groups are of places.
func (c *counter) event(x *cell) (name string, ok bool) {
	switch c.by {
	case "kind":
		return x.kind.String(), true
	case "way":
		return x.way.String(), true
	case "class":
		return classNames[x.class], true
	}
	return "", false
}

// tally makes the group of an event's kind, way or class, where it met anybody of
// the place.
func (c *counter) tally(name string, s set) {
	b := &c.room.book
	s.each(func(who uint32) {
		if slot := c.home[who]; slot >= 0 {
			c.group(name).attacked.add(b.people[who].key, b.slots[slot].unit)
		}
	})
}

// spread counts the members in all, and in the groups of their places.
func (c *counter) spread(s set, total *group, of func(*group) *tally) {
	b := &c.room.book
	byPlace := c.by == "country" || c.by == "sector"
	s.each(func(who uint32) {
		slot := c.home[who]
		if slot < 0 {
			return
		}
		key, unit := b.people[who].key, b.slots[slot].unit
		of(total).add(key, unit)
		if byPlace {
			of(c.placed(&b.slots[slot])).add(key, unit)
		}
	})
}

// weigh adds up the attacks that members met.
func (c *counter) weigh(s set, total *group) {
	byPlace := c.by == "country" || c.by == "sector"
	s.each(func(who uint32) {
		slot := c.home[who]
		if slot < 0 {
			return
		}
		n := int64(c.attacks[who])
		total.events += n
		if byPlace {
			c.placed(&c.room.book.slots[slot]).events += n
		}
	})
}
