// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"net/netip"
	"slices"
)

// Register replaces the organisations that come from the register of members,
// beside those of the members file. Where both know an organisation's number or
// claim the same network, the register holds: somebody confirmed it.
func (e *Enricher) Register(orgs []Org) {
	e.loading.Lock()
	defer e.loading.Unlock()
	e.registered = slices.Clone(orgs)
	old := e.state.Load()
	if old == nil {
		return // Start joins them
	}
	next := *old
	next.members = join(next.file, e.registered)
	e.state.Store(&next)
}

// join makes the look-ups of the members file and the register together.
func join(file *Members, registered []Org) *Members {
	if len(registered) == 0 {
		return file
	}
	ids, prefixes := map[uint32]bool{}, map[netip.Prefix]bool{}
	as, domains := map[uint32]bool{}, map[string]bool{}
	for _, o := range registered {
		ids[o.ID] = true
		collect(prefixes, o.Prefixes)
		collect(as, o.AS)
		collect(domains, o.Domains)
	}
	m := &Members{orgs: slices.Clone(registered), file: file.file}
	for _, o := range file.orgs {
		if ids[o.ID] {
			continue
		}
		o.Prefixes = without(o.Prefixes, prefixes)
		o.AS = without(o.AS, as)
		o.Domains = without(o.Domains, domains)
		m.orgs = append(m.orgs, o)
	}
	m.index()
	return m
}

func collect[T comparable](into map[T]bool, list []T) {
	for _, x := range list {
		into[x] = true
	}
}

// without gives the list without what is taken; the list itself is not changed.
func without[T comparable](list []T, taken map[T]bool) []T {
	var out []T
	for _, x := range list {
		if !taken[x] {
			out = append(out, x)
		}
	}
	return out
}
