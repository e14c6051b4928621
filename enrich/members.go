// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"haidang/enrich/tables"
	"haidang/event"
)

// Org is a member organisation: whose networks the observatory watches over.
type Org struct {
	ID       uint32         `json:"id"`
	Name     string         `json:"name"`
	Sector   event.Sector   `json:"-"`
	Band     event.Band     `json:"-"`
	Country  event.Country  `json:"-"`
	Prefixes []netip.Prefix `json:"prefixes,omitempty"`
	AS       []uint32       `json:"as,omitempty"`
	Domains  []string       `json:"domains,omitempty"`
}

// Members finds the organisation of an address, an AS or a domain. The zero
// Members knows none.
type Members struct {
	orgs     []Org // by id
	prefixes *tables.Index
	owner    []uint32 // organisation of each prefix in the index
	as       map[uint32]uint32
	domains  map[string]uint32
	file     DataFile
}

// index builds the look-ups. The organisations are checked before.
func (m *Members) index() {
	slices.SortFunc(m.orgs, func(a, b Org) int { return cmp.Compare(a.ID, b.ID) })
	m.as, m.domains, m.owner = map[uint32]uint32{}, map[string]uint32{}, nil
	var list []netip.Prefix
	for _, o := range m.orgs {
		for _, p := range o.Prefixes {
			list = append(list, p)
			m.owner = append(m.owner, o.ID)
		}
		for _, as := range o.AS {
			m.as[as] = o.ID
		}
		for _, d := range o.Domains {
			m.domains[d] = o.ID
		}
	}
	m.prefixes = nil
	if len(list) > 0 {
		m.prefixes, _ = tables.IndexPrefixes(list)
	}
}

func (m *Members) org(id uint32) *Org {
	i, ok := slices.BinarySearchFunc(m.orgs, id, func(o Org, id uint32) int { return cmp.Compare(o.ID, id) })
	if !ok {
		return nil
	}
	return &m.orgs[i]
}

// match finds the organisation of one end, and by what: the longest prefix,
// else the AS, else the domain that byDomain is for.
func (m *Members) match(a *event.Addr, as, byDomain uint32) (uint32, event.MatchReason) {
	if m.prefixes != nil {
		if at := m.prefixes.Find(a); at != 0 {
			return m.owner[at-1], event.MatchPrefix
		}
	}
	if as != 0 {
		if id := m.as[as]; id != 0 {
			return id, event.MatchAS
		}
	}
	if byDomain != 0 {
		return byDomain, event.MatchDomain
	}
	return 0, event.MatchUnset
}

// domain finds the organisation of the longest suffix of a name that is a
// member's domain; zero when there is none.
func (m *Members) domain(name string) uint32 {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for name != "" {
		if id := m.domains[name]; id != 0 {
			return id
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return 0
		}
		name = rest
	}
	return 0
}
