// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"

	"haidang/event"
)

// valuesPerFilter is how many values one filter may list (the store's limit is
// 1,000); longer lists are split.
const valuesPerFilter = 1000

// scopeOf says the same as Decide, as a predicate and masks that the store asks
// its records by.
func (r *Rules) scopeOf(v Viewer, p Purpose, b *book) *event.Scope {
	return r.compile(v, p, event.TierUnset, everything, nil, b).scope
}

// compile gives the scope of records of one tier or, where that is unset, of all.
func (r *Rules) compile(v Viewer, p Purpose, only event.Tier, which marks, within [][]event.Filter, b *book) (out compiled) {
	c := &compiler{rules: r, viewer: v, purpose: p, book: b}
	if p != Figures {
		c.lim = r.limitOf(v)
	}
	c.verdicts = make([]verdict, len(b.labels))
	c.classes = make([]class, 0, 2*len(b.shelves))
	for i := range b.labels {
		if t := b.labels[i].label.Tier; only == event.TierUnset || t == only {
			c.verdicts[i] = c.judge(&b.labels[i])
			if c.verdicts[i].open != 0 {
				out.tier = out.tier.Join(t)
			}
		}
	}
	out.scope = &event.Scope{}
	if !b.rulings.unclear {
		out.scope.Grants = c.all(which, within)
	}
	out.telling = !slices.ContainsFunc(out.scope.Grants, func(g event.Grant) bool {
		return slices.ContainsFunc(b.tellingFields(), func(f string) bool { return slices.Contains(g.Mask, f) || slices.Contains(g.Truncate, f) })
	})
	return out
}

// all gives the grants of all records: first of those that rulings are about, cell
// by cell, then of the others; all of them within these alternatives, where there
// are some.
func (c *compiler) all(which marks, only [][]event.Filter) (out []event.Grant) {
	rulings := c.book.rulings
	if which == unmarked || which == counted {
		out = stop(out, rulings.marked)
	}
	if which == counted {
		out = stop(out, rulings.alarms)
	}
	if len(only) == 0 {
		only = [][]event.Filter{nil}
	}
	if which == marked {
		only = product(only, rulings.marked)
	}
	for i := range rulings.cells {
		cell := &rulings.cells[i]
		c.within = product(only, cell.within)
		out = stop(c.shelved(out, cell.shelves), cell.within)
	}
	c.within = only
	return c.shelved(out, c.book.shelves)
}

func product(a, b [][]event.Filter) (out [][]event.Filter) {
	for _, x := range a {
		for _, y := range b {
			out = append(out, concat(x, y))
		}
	}
	return out
}

func stop(out []event.Grant, which [][]event.Filter) []event.Grant {
	for _, all := range which {
		out = append(out, event.Grant{All: all, Stop: true})
	}
	return out
}

// shelved adds the grants of shelves.
func (c *compiler) shelved(out []event.Grant, shelves []shelf) []event.Grant {
	c.classes = c.classes[:0]
	for i := range shelves {
		c.shelve(&shelves[i])
	}
	for _, cl := range c.merged() {
		out = c.grants(out, cl)
	}
	return out
}

// verdict is what a viewer may do with records of one label: which ways are open
// and how far personal data matter. Equal verdicts are granted together. The
// zero verdict is nothing.
type verdict struct {
	open     uint8
	personal event.Personal
}

// class is records of equal verdict that can be asked for by one set of filters.
type class struct {
	verdict
	tlp     uint8 // values of cert.tlp, one bit each
	pap     uint8 // likewise
	origins []int
	groups  []string
	mine    bool // the lists are the class's own, to be added to
}

func (c *class) add(o *class) {
	if !c.mine {
		c.origins, c.groups, c.mine = slices.Clone(c.origins), slices.Clone(c.groups), true
	}
	if c.origins[0] == o.origins[0] {
		c.groups = append(c.groups, o.groups...)
		return
	}
	c.origins = append(c.origins, o.origins...)
}

type compiler struct {
	rules    *Rules
	viewer   Viewer
	purpose  Purpose
	book     *book
	lim      limit
	verdicts []verdict
	classes  []class
	within   [][]event.Filter // alternatives that all grants are within
}

func (c *compiler) judge(l *labelled) verdict {
	if c.purpose == Figures {
		if ok, _ := open(true, &l.label, &l.terms); ok {
			return verdict{open: 1 << wayCount}
		}
		return verdict{}
	}
	if _, barred := c.rules.bar(c.viewer, c.purpose, &c.lim, true, &l.label); barred {
		return verdict{}
	}
	a := admit(c.viewer, &l.label, &l.terms)
	switch c.purpose {
	case Own:
		a.open &= 1 << wayOwn
	case Community:
		a.open &= 1 << wayOthers
	case Search, Block:
		a.open &^= 1 << wayCount
	}
	return c.verdict(a, l.label.Personal)
}

// verdict forgets ways that a better one makes needless.
func (c *compiler) verdict(a admission, p event.Personal) verdict {
	switch {
	case a.has(wayHolder):
		a.open = 1 << wayHolder
	case a.has(wayNamed):
		a.open = 1 << wayNamed
	case a.has(wayOthers):
		a.open &^= 1 << wayCount
	}
	if a.has(wayOwn) && (c.viewer.a == nil || len(c.viewer.a.own) == 0) {
		a.open &^= 1 << wayOwn
	}
	if a.open == 0 || a.open == 1<<wayCount {
		p = 0
	}
	return verdict{a.open, p}
}

// shelve sorts a shelf's records into classes.
func (c *compiler) shelve(s *shelf) {
	var done uint8
	pap := s.pap
	if c.purpose != Block {
		for i := range pap {
			pap[i] = 0xFF
		}
	}
	for tlp := range tlps {
		v := c.verdicts[s.byTLP[tlp]]
		if done&(1<<tlp) != 0 || v.open == 0 || pap[tlp] == 0 {
			continue
		}
		var set uint8
		for other := tlp; other < tlps; other++ {
			if c.verdicts[s.byTLP[other]] == v && pap[other] == pap[tlp] {
				set |= 1 << other
			}
		}
		done |= set
		c.classes = append(c.classes, class{verdict: v, tlp: set, pap: pap[tlp], origins: s.origin[:], groups: s.groups})
	}
}

// merged brings classes together that differ in one thing only: first the
// sharing groups of an origin, then origins with the same groups.
func (c *compiler) merged() []class {
	c.classes = merge(c.classes, func(a, b *class) bool { return a.origins[0] == b.origins[0] })
	return merge(c.classes, func(a, b *class) bool { return slices.Equal(a.groups, b.groups) })
}

func concat[T any](a, b []T) []T { return append(a[:len(a):len(a)], b...) }

func merge(in []class, alike func(a, b *class) bool) []class {
	out := in[:0]
next:
	for i := range in {
		x := in[i]
		for j := range out {
			o := &out[j]
			if o.verdict == x.verdict && o.tlp == x.tlp && o.pap == x.pap && alike(o, &x) {
				o.add(&x)
				continue next
			}
		}
		out = append(out, x)
	}
	return out
}

// grants adds the grants of a class, the best way first.
func (c *compiler) grants(out []event.Grant, cl class) []event.Grant {
	for _, base := range c.filters(cl) {
		has := func(w way) bool { return cl.open&(1<<w) != 0 }
		if has(wayHolder) {
			out = append(out, c.grant(wayHolder, cl.personal, base))
		}
		if has(wayNamed) {
			out = append(out, c.grant(wayNamed, cl.personal, base))
		}
		if has(wayOwn) {
			for _, orgs := range chunks(c.viewer.a.ownTexts) {
				out = append(out, c.grant(wayOwn, cl.personal, base, event.Filter{Field: "affected.org", Values: orgs}))
			}
		}
		if has(wayOthers) {
			out = c.othersGrants(out, cl, base)
		}
		if has(wayCount) {
			out = append(out, c.grant(wayCount, cl.personal, base))
		}
	}
	return out
}

var affectedSides = []string{event.SideSource.String(), event.SideDestination.String(), event.SideBoth.String()}

func (c *compiler) othersGrants(out []event.Grant, cl class, base []event.Filter) []event.Grant {
	some := event.Filter{Field: "cert.affected", Values: affectedSides}
	if c.purpose != Community {
		none := event.Filter{Field: "cert.affected", Op: event.OpNot, Values: affectedSides}
		return append(out, c.grant(wayOthers, cl.personal, base, some), c.grant(wayUnaffected, cl.personal, base, none))
	}
	a := c.viewer.a
	if !c.viewer.anyOf(reader) {
		return out
	}
	with := []event.Filter{some}
	for _, orgs := range chunks(a.ownTexts) {
		with = append(with, event.Filter{Field: "affected.org", Op: event.OpNot, Values: orgs})
	}
	if len(a.sectorTx) > 0 {
		out = append(out, c.grant(wayOthers, cl.personal, base, concat(with, []event.Filter{{Field: "cert.sector", Values: a.sectorTx}})...))
	}
	if len(a.kindTx) > 0 {
		out = append(out, c.grant(wayOthers, cl.personal, base, concat(with, []event.Filter{{Field: "cert.rsit", Values: a.kindTx}})...))
	}
	return out
}

func (c *compiler) grant(w way, p event.Personal, base []event.Filter, more ...event.Filter) event.Grant {
	cut := c.rules.cuts[w][level(w, c.viewer, p)].without(c.lim.mask)
	return event.Grant{All: concat(base, more), Mask: cut.mask, Truncate: cut.truncate}
}

// filters gives the sets of filters that ask for a class: several where a list is
// too long for one.
func (c *compiler) filters(cl class) [][]event.Filter {
	var common []event.Filter
	if cl.tlp != 1<<tlps-1 {
		common = append(common, labelFilter("cert.tlp", &event.TLPs, cl.tlp))
	}
	if c.purpose == Block {
		common = append(common, labelFilter("cert.pap", &event.PAPs, cl.pap))
	}
	var out [][]event.Filter
	for _, within := range c.within {
		out = c.filtersWithin(out, cl, concat(within, common))
	}
	return out
}

func (c *compiler) filtersWithin(out [][]event.Filter, cl class, common []event.Filter) [][]event.Filter {
	for _, groups := range chunks(cl.groups) {
		audience := event.Filter{Field: "cert.audience", Values: groups}
		if len(groups) == 1 && groups[0] == "" {
			audience = event.Filter{Field: "cert.audience", Op: event.OpMissing}
		}
		for _, sensors := range c.book.sensors.of(c.book, cl.origins) {
			out = append(out, slices.Concat(common, []event.Filter{audience}, sensors))
		}
	}
	return out
}

// labelFilter asks for a set of labels by the shorter of what it holds and what it
// does not: a store that looks for few values, or for none, does less.
func labelFilter(field string, e *event.Enum, bits uint8) event.Filter {
	all := uint8(1)<<len(e.Names) - 1
	in, out := texts(e, bits&all), texts(e, all&^bits)
	switch {
	case len(in) == 1 && in[0] == "":
		return event.Filter{Field: field, Op: event.OpMissing}
	case len(out) > 0 && len(out) < len(in):
		return event.Filter{Field: field, Op: event.OpNot, Values: out}
	}
	return event.Filter{Field: field, Values: in}
}

func texts(e *event.Enum, bits uint8) (out []string) {
	for i, name := range e.Names {
		if bits&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

func chunks(list []string) (out [][]string) {
	for len(list) > valuesPerFilter {
		out = append(out, list[:valuesPerFilter])
		list = list[valuesPerFilter:]
	}
	if len(list) > 0 {
		out = append(out, list)
	}
	return out
}
