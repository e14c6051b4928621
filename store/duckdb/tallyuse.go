// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"slices"
	"strconv"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// use says what a question needs of a stored column.
type use struct {
	outer   bool // behind the scope's masks, too
	exact   bool // each value by itself
	filters []*event.Filter
}

type uses map[string]*use

func (u uses) of(name string) *use {
	if u[name] == nil {
		u[name] = &use{}
	}
	return u[name]
}

// uses gives the columns that the question needs; ok is false where it needs more
// than columns with dictionaries, or counts more than records.
func (p *plan) uses() (out uses, ok bool) {
	out = uses{}
	if len(p.metrics) != 1 || !p.has(event.MetricRecords) {
		return nil, false
	}
	both := slices.ContainsFunc(p.segments, func(g segment) bool { return g.Both > 0 })
	for i := range p.by {
		if p.by[i].step > 0 {
			return nil, false
		}
		out.exactly(&p.scope, p.by[i].name, both, true)
	}
	for i := range p.Filters {
		out.filter(&p.scope, &p.Filters[i], true)
	}
	if p.byParty() {
		out.exactly(&p.scope, "cert.affected", false, true)
	}
	if p.withoutBenign(&conditions{}) {
		out.filter(&p.scope, &event.Filter{Field: "cert.excluded", Op: event.OpMissing}, true)
	}
	if out[countName] != nil {
		return nil, false // the counts take its place
	}
	if slices.ContainsFunc(p.segments, func(g segment) bool { return g.Counted > 0 }) {
		out.of(countName).exact = true
	}
	out.scope(&p.scope)
	for name := range out {
		c := parquetfile.Columns[columnAt(name)]
		if c.Kind != parquetfile.String && c.Kind != parquetfile.Int32 {
			return nil, false
		}
	}
	return out, true
}

// scope adds what the scope's grants look at, and what tells the ends of a record
// where its masks, as far as they matter, name any.
func (u uses) scope(s *scope) {
	within := s.within(u)
	for i := range s.grants {
		for k := range s.grants[i].all {
			u.filter(&scope{}, &s.grants[i].all[k], false)
		}
	}
	if slices.ContainsFunc(within.cuts, func(c cut) bool { return c.used&^always != 0 }) {
		u.of("cert.affected").exact = true
		u.of("cert.stage").exact = true
	}
}

// exactly adds the columns in which a field's values stand: both parties' where both
// are asked for, and all that it derives from where the scope makes it anew.
func (u uses) exactly(s *scope, name string, both, outer bool) {
	var names []string
	if isStored(name) {
		names = []string{name}
	}
	from := needs[name]
	if len(names) == 0 || isAffected(name) && both || slices.ContainsFunc(from, s.touches) {
		names = append(names, from...)
	}
	for _, name := range names {
		c := u.of(name)
		c.exact, c.outer = true, c.outer || outer
	}
}

// filter adds the columns that a filter looks at.
func (u uses) filter(s *scope, f *event.Filter, outer bool) {
	field := event.Lookup(f.Field)
	lists := slices.Contains([]event.Op{event.OpEqual, event.OpNot, event.OpExists, event.OpMissing}, f.Op)
	if !lists || !isStored(f.Field) || isAffected(f.Field) || isSet(field) || isOrgs(field) || slices.ContainsFunc(needs[f.Field], s.touches) {
		u.exactly(s, f.Field, true, outer)
		if isAffected(f.Field) {
			u.exactly(s, "cert.affected", false, outer)
		}
		return
	}
	c := u.of(f.Field)
	c.filters, c.outer = append(c.filters, f), c.outer || outer
}

// alike gives, for values that filters list, by which ones they are listed; nil where
// each value counts by itself. Values that the same filters list, and those that none
// does, cannot be told apart by the answer.
func (u *use) alike() map[string]string {
	if u.exact {
		return nil
	}
	out := map[string]string{}
	for i, f := range u.filters {
		field := event.Lookup(f.Field)
		for _, v := range f.Values {
			if b, ok := plainValue(field, v); ok {
				out[string(b)] += strconv.Itoa(i) + " "
			}
		}
	}
	return out
}

// within is the scope for a table that has these columns only.
func (s scope) within(columns uses) scope {
	out := scope{grants: s.grants, columns: columns}
	for i := range s.cuts {
		out.cuts = append(out.cuts, s.cuts[i].within(columns))
	}
	return out
}

func (c *cut) within(columns uses) cut {
	out := cut{hide: map[string]ends{}, trim: map[string]ends{}}
	for name, where := range c.hide {
		if u := columns[name]; u != nil && u.outer {
			out.add(out.hide, name, where)
		}
	}
	for name, where := range c.trim {
		if u := columns[name]; u != nil && u.outer {
			out.add(out.trim, name, where)
		}
	}
	if u := columns["cert.orgs"]; u != nil && u.outer {
		out.orgs = c.orgs
		out.used |= c.orgs[0] | c.orgs[1]
	}
	return out
}

// shows says whether the table that the scope works on has a column for what stands
// behind its masks.
func (s *scope) shows(name string) bool {
	return s.columns == nil || s.columns[name] != nil && s.columns[name].outer
}
