// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"
)

// Tally counts decisions, so that what nobody answers for is seen. The zero
// Tally is ready to use, by one goroutine; Merge puts several together.
type Tally struct {
	By       [List + 1]uint64
	Unrouted uint64 // went to the fallback inbox, whatever matched
}

// Add counts a decision.
func (t *Tally) Add(d *Decision) {
	t.By[d.By]++
	if d.Unrouted() {
		t.Unrouted++
	}
}

// Merge adds another's counts.
func (t *Tally) Merge(o *Tally) {
	for i, n := range o.By {
		t.By[i] += n
	}
	t.Unrouted += o.Unrouted
}

// Differences is what would have been otherwise under another table.
type Differences struct {
	Facts      uint64
	Same       uint64 // same organisation and same contacts
	Before     Tally
	After      Tally
	Moves      []Move          // most facts first
	Contacts   []ContactChange // most lost and gained first
	NewOrphans uint64          // went to somebody, would go to the fallback inbox
}

// Move counts facts that change their organisation, their contacts or both.
type Move struct {
	From, To    uint32
	FromBy      By
	ToBy        By
	FromMatched string
	ToMatched   string
	Facts       uint64
}

// ContactChange counts what a contact would have been told less or more.
type ContactChange struct {
	Contact      ContactID
	Before       uint64
	After        uint64
	Lost, Gained uint64
}

// DryRun routes the same facts by two tables: "who would have been told last
// month if this prefix changed hands?".
func DryRun(before, after *Table, facts iter.Seq[Facts]) Differences {
	var d Differences
	moves, changes := map[Move]uint64{}, map[ContactID]*ContactChange{}
	change := func(id ContactID) *ContactChange {
		c := changes[id]
		if c == nil {
			c = &ContactChange{Contact: id}
			changes[id] = c
		}
		return c
	}
	for f := range facts {
		a, b := before.Route(&f), after.Route(&f)
		d.Facts++
		d.Before.Add(&a)
		d.After.Add(&b)
		told(a.Contacts, b.Contacts, change)
		if a.Org == b.Org && slices.Equal(a.Contacts, b.Contacts) {
			d.Same++
			continue
		}
		if !a.Unrouted() && b.Unrouted() {
			d.NewOrphans++
		}
		moves[Move{From: a.Org, To: b.Org, FromBy: a.By, ToBy: b.By, FromMatched: a.Matched, ToMatched: b.Matched}]++
	}
	d.Moves, d.Contacts = sortMoves(moves), sortChanges(changes)
	return d
}

func told(before, after []ContactID, change func(ContactID) *ContactChange) {
	for _, id := range before {
		c := change(id)
		c.Before++
		if !slices.Contains(after, id) {
			c.Lost++
		}
	}
	for _, id := range after {
		c := change(id)
		c.After++
		if !slices.Contains(before, id) {
			c.Gained++
		}
	}
}

func sortMoves(moves map[Move]uint64) []Move {
	var out []Move
	for m, n := range moves {
		m.Facts = n
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Facts, a.Facts), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
			cmp.Compare(a.FromMatched, b.FromMatched), cmp.Compare(a.ToMatched, b.ToMatched))
	})
	return out
}

func sortChanges(changes map[ContactID]*ContactChange) []ContactChange {
	var out []ContactChange
	for c := range maps.Values(changes) {
		if c.Lost > 0 || c.Gained > 0 {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b ContactChange) int {
		return cmp.Or(cmp.Compare(b.Lost+b.Gained, a.Lost+a.Gained), cmp.Compare(a.Contact, b.Contact))
	})
	return out
}

// Reassign gives the organisations as they would be if a prefix changed hands:
// taken from whoever has exactly it, given to another; 0 gives it to nobody.
// What it is given is not changed.
func Reassign(orgs []Organisation, p netip.Prefix, to uint32) []Organisation {
	p = plain(p)
	out := slices.Clone(orgs)
	for i := range out {
		var kept []netip.Prefix
		for _, q := range out[i].Prefixes {
			if plain(q) != p {
				kept = append(kept, q)
			}
		}
		if to != 0 && out[i].ID == to {
			kept = append(kept, p)
		}
		out[i].Prefixes = kept
	}
	return out
}
