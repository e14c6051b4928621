// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"haidang/event"
)

// Table answers who is told. It never changes; a change of organisations is
// another Table, swapped in whole.
type Table struct {
	orgs      []*organisation // by id
	byID      map[uint32]*organisation
	addresses addresses
	matches   []match // addresses' owners, from 1
	as        map[uint32]match
	domains   map[string]match
	list      map[event.Addr]match
	fallback  Contact
	inbox     []ContactID // the fallback, as an answer
	contacts  map[ContactID]*Contact
	conflicts []Conflict
}

// organisation is an Organisation, compiled.
type organisation struct {
	Organisation
	rules  []rule
	all    []ContactID // of rules, in order
	parent *organisation
}

// match is who a look-up leads to, and by which text.
type match struct {
	org  *organisation
	text string
}

// Conflict is something that two organisations claim. The one that is below the
// other has it, else the one with the lower id, until somebody decides.
type Conflict struct {
	What      string // prefix, AS, domain or address
	Has, Lost uint32
}

// Build compiles organisations and the national fallback inbox. What it is
// given it copies. Errors name organisation, field and remedy, all at once.
func Build(orgs []Organisation, fallback Contact) (*Table, error) {
	t := &Table{
		byID: map[uint32]*organisation{}, as: map[uint32]match{}, domains: map[string]match{},
		list: map[event.Addr]match{}, contacts: map[ContactID]*Contact{}, fallback: fallback,
	}
	if err := fallback.check(); err != nil {
		return nil, fmt.Errorf("routing: fallback inbox: %w", err)
	}
	t.inbox, t.contacts[fallback.ID] = []ContactID{fallback.ID}, &t.fallback
	var faults []error
	for i := range orgs {
		faults = append(faults, t.add(&orgs[i]))
	}
	faults = append(faults, t.parents())
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.SortFunc(t.orgs, func(a, b *organisation) int { return cmp.Compare(a.ID, b.ID) })
	t.claimAll()
	return t, nil
}

func (t *Table) add(o *Organisation) error {
	if err := o.check(); err != nil {
		return err
	}
	if t.byID[o.ID] != nil {
		return fmt.Errorf("routing: organisation %d is there twice; give one another id", o.ID)
	}
	c := &organisation{Organisation: *o}
	c.Contacts = slices.Clone(o.Contacts)
	for i := range c.Contacts {
		k := &c.Contacts[i]
		if t.contacts[k.ID] != nil {
			return fmt.Errorf("routing: organisation %d: contact %.80q is there twice; give one another id", o.ID, k.ID)
		}
		t.contacts[k.ID] = k
		c.rules, c.all = append(c.rules, k.Rule.compile()), append(c.all, k.ID)
	}
	t.byID[o.ID] = c
	t.orgs = append(t.orgs, c)
	return nil
}

// parents ties organisations to the ones above and refuses circles.
func (t *Table) parents() error {
	for _, o := range t.orgs {
		if o.Parent == 0 {
			continue
		}
		if o.parent = t.byID[o.Parent]; o.parent == nil {
			return fmt.Errorf("routing: organisation %d: parent %d is unknown; add it or set 0", o.ID, o.Parent)
		}
	}
	for _, o := range t.orgs {
		steps := 0
		for p := o.parent; p != nil; p = p.parent {
			if steps++; p == o || steps > len(t.orgs) {
				return fmt.Errorf("routing: organisation %d: parent %d leads back in a circle; set one to 0", o.ID, o.Parent)
			}
		}
	}
	return nil
}

// claimAll fills the look-ups. Organisations come by id, so that conflicts are
// decided the same way whatever order they were given in.
func (t *Table) claimAll() {
	prefixes := map[netip.Prefix]match{}
	for _, o := range t.orgs {
		for _, p := range o.Prefixes {
			claimOne(t, prefixes, plain(p), match{o, plain(p).String()})
		}
		for _, as := range o.AS {
			claimOne(t, t.as, as, match{o, "AS" + strconv.FormatUint(uint64(as), 10)})
		}
		for _, d := range o.Domains {
			claimOne(t, t.domains, domain(d), match{o, domain(d)})
		}
		for _, a := range o.Explicit {
			claimOne(t, t.list, event.AddrFrom(a), match{o, a.Unmap().String()})
		}
	}
	t.matches = append(t.matches, match{})
	var claims []claim
	for p, m := range prefixes {
		claims = append(claims, claim{p, owner(len(t.matches))})
		t.matches = append(t.matches, m)
	}
	t.addresses = compile(claims)
	slices.SortFunc(t.conflicts, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Has, b.Has), cmp.Compare(a.Lost, b.Lost))
	})
}

func claimOne[K comparable](t *Table, in map[K]match, key K, m match) {
	old, taken := in[key]
	switch {
	case !taken:
		in[key] = m
	case old.org == m.org:
	case m.org.below(old.org):
		in[key] = m
		t.conflicts = append(t.conflicts, Conflict{m.text, m.org.ID, old.org.ID})
	default:
		t.conflicts = append(t.conflicts, Conflict{m.text, old.org.ID, m.org.ID})
	}
}

func (o *organisation) below(other *organisation) bool {
	for p := o.parent; p != nil; p = p.parent {
		if p == other {
			return true
		}
	}
	return false
}

// Conflicts lists what more than one organisation claims.
func (t *Table) Conflicts() []Conflict { return slices.Clone(t.conflicts) }

// Contact gives a contact, the fallback inbox included.
func (t *Table) Contact(id ContactID) (Contact, bool) {
	c := t.contacts[id]
	if c == nil {
		return Contact{}, false
	}
	return *c, true
}

// Organisation gives an organisation as it was given.
func (t *Table) Organisation(id uint32) (Organisation, bool) {
	o := t.byID[id]
	if o == nil {
		return Organisation{}, false
	}
	return o.Organisation, true
}
