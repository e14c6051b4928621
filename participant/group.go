// SPDX-License-Identifier: Apache-2.0

package participant

import "haidang/event"

// tally gathers different participants.
type tally struct {
	members []uint64 // bits by participant
	count   int64
	key     uint64
	orgs    map[uint32]struct{}
}

func (t *tally) add(b *book, who uint32, org uint32) {
	if t.members == nil {
		t.members = make([]uint64, (len(b.people)+63)/64)
	}
	word, bit := &t.members[who/64], uint64(1)<<(who%64)
	if *word&bit != 0 {
		return
	}
	*word |= bit
	t.count++
	t.key += b.people[who].key
	if org != 0 {
		if t.orgs == nil {
			t.orgs = map[uint32]struct{}{}
		}
		t.orgs[org] = struct{}{}
	}
}

func (t *tally) cell() event.UnitCell {
	return event.UnitCell{Count: t.count, Key: t.key, Organisations: len(t.orgs)}
}

func (g *group) row() event.UnitRow {
	return event.UnitRow{
		Group: g.name, Active: g.active.cell(), Attacked: g.attacked.cell(), Malware: g.malware.cell(),
		Infected: g.infected.cell(), Events: g.events,
	}
}

// byPlace reports whether groups are of places.
func (c *counter) byPlace() bool { return c.by == "country" || c.by == "sector" }

// count takes in who is active: in the place as a whole and, where groups are of
// places, in each.
func (c *counter) count(total *group) {
	b, byPlace := &c.room.book, c.byPlace()
	known := map[place]*group{}
	for who, slot := range c.home {
		if slot < 0 {
			continue
		}
		s := &b.slots[slot]
		if c.q.Of != 0 && s.country != c.q.Of {
			c.home[who] = -1
			continue
		}
		total.active.add(b, uint32(who), s.org)
		if !byPlace {
			continue
		}
		at := place{country: s.country, sector: s.sector}
		g := known[at]
		if g == nil {
			g = c.group(s, nil)
			known[at] = g
		}
		g.active.add(b, uint32(who), s.org)
	}
}

// group finds or makes the group of a place or of a cell.
func (c *counter) group(s *slot, x *cell) *group {
	var name string
	switch c.by {
	case "country":
		name = s.country.String()
	case "sector":
		name = s.sector.Top()
	case "kind":
		name = x.kind.String()
	case "way":
		name = x.way.String()
	case "class":
		name = classNames[x.class]
	}
	g := c.groups[name]
	if g == nil {
		g = &group{name: []string{name}}
		c.groups[name] = g
	}
	return g
}

// attacks takes in the events of a piece.
func (c *counter) attacks(p piece, total *group) {
	for number := p.day; number < p.last; number++ {
		d := c.room.days[number]
		if d == nil {
			continue
		}
		c.out.Replay = c.out.Replay || d.replay
		d.eachHit(func(h *hit) {
			if p.hours&(1<<h.hour) != 0 {
				c.event(h, total)
			}
		})
	}
}

// event takes in one event. Riskware and adware stand in the table by class alone.
func (c *counter) event(h *hit, total *group) {
	slot := c.home[h.who]
	if slot < 0 {
		return
	}
	b := &c.room.book
	s, x := &b.slots[slot], &c.room.cells.list[h.cell]
	if x.attacks() {
		total.take(b, h, s, x)
	}
	if c.by == "class" || c.by != "" && x.attacks() {
		c.group(s, x).take(b, h, s, x)
	}
}

func (g *group) take(b *book, h *hit, s *slot, x *cell) {
	g.attacked.add(b, h.who, s.org)
	g.events += int64(h.count)
	if x.class == malware {
		g.malware.add(b, h.who, s.org)
	}
	if x.resident() {
		g.infected.add(b, h.who, s.org)
	}
}
