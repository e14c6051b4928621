// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"haidang/event"
)

// book is a snapshot of agreements, sharing groups and rulings, with every label
// that a record can have resolved beforehand.
type book struct {
	agreements, register uint64 // versions

	bySensor map[string]Agreement
	rest     *Agreement
	groups   map[uint32]event.Label

	origins []origin
	labels  []labelled // distinct
	shelves []shelf

	rulings *rulebook

	scopes  scopes
	sensors sensorFilters
}

// origin is all sensors of one agreement.
type origin struct {
	agreement Agreement
	sensors   []string // sorted; nil for those that are not listed
}

// labelled is a label with the terms it came under.
type labelled struct {
	label event.Label
	terms Terms
}

// shelf is the records of one origin and these sharing groups: one label for each
// TLP that a record may carry. Groups of one shelf are alike.
type shelf struct {
	origin [1]int
	groups []string // values of cert.audience; "" is none
	byTLP  [tlps]int
	// pap holds for each TLP the values of cert.pap, one bit each, that permit active
	// measures: what is for named persons is not released with the rest.
	pap [tlps]uint8
}

const tlps = int(event.TLPRed) + 1

func newBook(a Agreements, r Register, u Rulings) *book {
	b := &book{}
	b.bySensor, b.rest, b.agreements = a.Agreements()
	b.groups, b.register = r.Labels()
	b.rulings = newRulebook(u.Rulings())
	b.listOrigins()
	b.shelves = b.allShelves(nil, "")
	for i := range b.rulings.cells {
		c := &b.rulings.cells[i]
		c.shelves = b.allShelves(&c.overlay, c.sensor)
	}
	return b
}

// allShelves sorts all records, or those of one sensor, onto shelves; over is what
// rulings make of their labels.
func (b *book) allShelves(over *overlay, sensor string) (out []shelf) {
	ids := slices.Compact(append([]uint32{0}, slices.Sorted(maps.Keys(b.groups))...)) // 0 is no group
	for o := range b.origins {
		if sensor != "" && !b.from(o, sensor) {
			continue
		}
		from := len(out)
		for _, id := range ids {
			out = put(out, b.shelf(o, id, over), from)
		}
	}
	return out
}

// from reports whether a sensor's records are of an origin.
func (b *book) from(o int, sensor string) bool {
	if _, listed := b.bySensor[sensor]; listed {
		return slices.Contains(b.origins[o].sensors, sensor)
	}
	return b.origins[o].sensors == nil
}

// listOrigins brings together the sensors of equal agreements.
func (b *book) listOrigins() {
	for _, name := range slices.Sorted(maps.Keys(b.bySensor)) {
		a := b.bySensor[name]
		i := slices.IndexFunc(b.origins, func(o origin) bool { return o.agreement.equal(&a) })
		if i < 0 {
			b.origins = append(b.origins, origin{agreement: a})
			i = len(b.origins) - 1
		}
		b.origins[i].sensors = append(b.origins[i].sensors, name)
	}
	if b.rest != nil {
		b.origins = append(b.origins, origin{agreement: *b.rest})
	}
}

func (a *Agreement) equal(c *Agreement) bool {
	return a.Terms == c.Terms && a.Group == c.Group && a.Default.Equal(&c.Default)
}

func (b *book) shelf(o int, id uint32, over *overlay) shelf {
	a := &b.origins[o].agreement
	s := shelf{origin: [1]int{o}, groups: []string{""}}
	if id != 0 {
		s.groups[0] = strconv.FormatUint(uint64(id), 10)
	}
	for tlp := range tlps {
		l := resolve(a, b.groups, id, event.TLP(tlp), event.PAPUnset)
		if over != nil {
			l = over.over(l)
		}
		l.PAP = event.PAPClear // cert.pap is asked of each record
		s.byTLP[tlp] = b.intern(labelled{l, a.Terms})
		for pap := event.PAPUnset; pap <= event.PAPRed; pap++ {
			l := resolve(a, b.groups, id, event.TLP(tlp), pap)
			if over != nil {
				l = over.over(l)
			}
			if l.PAP <= event.PAPGreen {
				s.pap[tlp] |= 1 << pap
			}
		}
	}
	return s
}

// put adds a shelf to those of its origin, or its group to one that is alike.
func put(shelves []shelf, s shelf, from int) []shelf {
	for i := from; i < len(shelves); i++ {
		if t := &shelves[i]; t.byTLP == s.byTLP && t.pap == s.pap {
			t.groups = append(t.groups, s.groups...)
			return shelves
		}
	}
	return append(shelves, s)
}

func (b *book) intern(l labelled) int {
	i := slices.IndexFunc(b.labels, func(m labelled) bool { return l.terms == m.terms && l.label.Equal(&m.label) })
	if i < 0 {
		b.labels = append(b.labels, l)
		i = len(b.labels) - 1
	}
	return i
}

// agreement gives the agreement of a sensor.
func (b *book) agreement(sensor string) (*Agreement, bool) {
	if a, ok := b.bySensor[sensor]; ok {
		return &a, true
	}
	return b.rest, b.rest != nil
}

// facts gives what is decided by, of one record.
func (b *book) facts(e *event.Event) Facts {
	f := Facts{Orgs: e.Orgs, Affected: e.Affected, Sector: e.Sector, Kind: e.RSIT}
	a, ok := b.agreement(e.Observer)
	if !ok {
		f.Label = event.Strictest()
		return f
	}
	f.Agreed, f.Terms = true, a.Terms
	f.Label = resolve(a, b.groups, e.Audience, e.TLP, e.PAP)
	group := cmp.Or(e.Audience, a.Group)
	if _, known := b.groups[group]; group != 0 && !known {
		return f // nobody knows whose it is, hence nobody can rule
	}
	if o, ok := b.rulings.of(e); ok {
		f.Label = o.over(f.Label)
	}
	return f
}

// FactsOf gives what is decided by, of one record under these agreements and
// sharing groups, where no ruling is about it.
func FactsOf(e *event.Event, a Agreements, r Register) Facts {
	return FactsUnder(e, Policy{Agreements: a, Register: r})
}

// FactsUnder gives what is decided by, of one record under a policy.
func FactsUnder(e *event.Event, p Policy) Facts {
	b := book{}
	b.bySensor, b.rest, _ = p.Agreements.Agreements()
	b.groups, _ = p.Register.Labels()
	if p.Rulings != nil {
		b.rulings = newRulebook(p.Rulings.Rulings())
	}
	return b.facts(e)
}

// library keeps the newest book.
type library struct {
	agreements Agreements
	register   Register
	rulings    Rulings
	current    atomic.Pointer[book]
	making     sync.Mutex
}

// book gives the book of the newest agreements, register and rulings.
func (l *library) book() *book {
	if b := l.current.Load(); b != nil && l.fresh(b) {
		return b
	}
	l.making.Lock()
	defer l.making.Unlock()
	if b := l.current.Load(); b != nil && l.fresh(b) {
		return b
	}
	b := newBook(l.agreements, l.register, l.rulings)
	l.current.Store(b)
	return b
}

func (l *library) fresh(b *book) bool {
	_, _, a := l.agreements.Agreements()
	_, r := l.register.Labels()
	_, u := l.rulings.Rulings()
	return a == b.agreements && r == b.register && u == b.rulings.version
}

func numbers(ids []uint32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatUint(uint64(id), 10)
	}
	return out
}
