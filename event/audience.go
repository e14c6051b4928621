// SPDX-License-Identifier: Apache-2.0

package event

import (
	"cmp"
	"slices"
)

// MemberKind says what sort of member an audience names.
type MemberKind uint8

// Kinds of members. Organisations have numbers, communities and persons names; a
// person "health" is not the community "health".
const (
	MemberOrg MemberKind = iota + 1
	MemberCommunity
	MemberPerson
)

// Member is one whom an audience names.
type Member struct {
	Kind MemberKind
	ID   uint32 // of an organisation
	Name string // of a community, or the id of a person
}

// OrgMember, CommunityMember and PersonMember name one member.
func OrgMember(id uint32) Member         { return Member{Kind: MemberOrg, ID: id} }
func CommunityMember(name string) Member { return Member{Kind: MemberCommunity, Name: name} }
func PersonMember(id string) Member      { return Member{Kind: MemberPerson, Name: id} }

func (m Member) compare(n Member) int {
	switch {
	case m.Kind != n.Kind:
		return cmp.Compare(m.Kind, n.Kind)
	case m.ID != n.ID:
		return cmp.Compare(m.ID, n.ID)
	}
	return cmp.Compare(m.Name, n.Name)
}

// Audience narrows whom a tier admits. The zero Audience does not narrow.
type Audience struct {
	Named   bool     // only Members; without any, nobody
	State   bool     // only Party and State bodies
	Members []Member // sorted, each once
	// Closed says that a source named nobody: only who holds it and who is concerned
	// read what is made of it, even where another source names somebody. Settle sets
	// it on tiers that admit by name.
	Closed bool
}

// NamedAudience is the audience of just these; of none, nobody.
func NamedAudience(members ...Member) Audience {
	return Audience{Named: true, Members: members}.normal()
}

// normal sorts the members and forgets those that do not count.
func (a Audience) normal() Audience {
	if !a.Named {
		a.Members = nil
		return a
	}
	if !slices.IsSortedFunc(a.Members, Member.compare) {
		a.Members = slices.SortedFunc(slices.Values(a.Members), Member.compare)
	}
	a.Members = slices.Compact(slices.Clone(a.Members))
	return a
}

// IsZero reports whether the audience does not narrow.
func (a Audience) IsZero() bool { return !a.Named && !a.State && !a.Closed }

// Nobody reports whether the audience is empty.
func (a Audience) Nobody() bool { return a.Named && len(a.Members) == 0 }

// Has reports whether the audience names a member itself.
func (a Audience) Has(m Member) bool {
	if !a.Named {
		return false
	}
	_, ok := slices.BinarySearchFunc(a.Members, m, Member.compare)
	return ok
}

// Intersect gives whom both admit. Members are compared as they are named: that
// an organisation belongs to a community is not known here, so that the two do
// not meet.
func (a Audience) Intersect(b Audience) Audience {
	a, b = a.normal(), b.normal()
	out := Audience{Named: a.Named || b.Named, State: a.State || b.State, Closed: a.Closed || b.Closed}
	switch {
	case a.Named && b.Named:
		out.Members = slices.DeleteFunc(slices.Clone(a.Members), func(m Member) bool { return !b.Has(m) })
	case a.Named:
		out.Members = a.Members
	case b.Named:
		out.Members = b.Members
	}
	return out
}

// Equal reports whether two audiences in their sorted form are the same.
func (a Audience) Equal(b Audience) bool {
	return a.Named == b.Named && a.State == b.State && a.Closed == b.Closed && slices.Equal(a.Members, b.Members)
}
