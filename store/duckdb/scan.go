// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"slices"
	"strings"

	"haidang/event"
	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/parquetfile"
)

// question is a query with the state that answers it.
type question struct {
	*event.Query
	store    *Store
	segments []manifest.Segment // those that can hold an answer
	scope    scope              // Query.Scope, read
	tally    *tally             // what stands in the place of the segments' records; nil for themselves
}

// ask puts a question to a state.
func (s *Store) ask(m *manifest.Manifest, q *event.Query) (question, error) {
	scope, err := newScope(q.Scope)
	if err != nil {
		return question{}, err
	}
	out := question{Query: q, store: s, scope: scope}
	if q.Scope == nil || len(scope.grants) > 0 {
		out.segments = overlapping(m, q)
	}
	return out, nil
}

// overlapping picks the segments whose times meet the query's.
func overlapping(m *manifest.Manifest, q *event.Query) []manifest.Segment {
	var out []manifest.Segment
	for _, g := range m.Segments {
		if q.From.IsSet() && g.Time.Max < q.From || q.To.IsSet() && g.Time.Min >= q.To {
			continue
		}
		out = append(out, g)
	}
	return out
}

// files binds the list of files to read. Those of an older layout are given the
// columns that they lack.
func (q *question) files(a *args, segments []segment, options ...string) string {
	if q.tally != nil {
		return q.tally.table(a)
	}
	var names [manifest.Layout + 1][]string
	for _, g := range segments {
		names[g.Layout] = append(names[g.Layout], q.store.dir.Name(g.Name))
	}
	var parts []string
	for layout, of := range names {
		if len(of) == 0 {
			continue
		}
		read := "read_parquet(" + strings.Join(append([]string{a.bind(of)}, options...), ", ") + ")"
		if layout == manifest.Layout && len(parts) == 0 {
			return read
		}
		parts = append(parts, "SELECT *"+lacking[layout]+" FROM "+read)
	}
	return "(" + strings.Join(parts, " UNION ALL BY NAME ") + ")"
}

// lacking gives segments of a layout the columns that came later.
var lacking = [manifest.Layout + 1]string{
	0: ", NULL::BLOB AS " + quote(parquetfile.ShortCommunityName) + ", NULL::VARCHAR AS " + quote(parquetfile.OutlineName),
	1: ", NULL::VARCHAR AS " + quote(parquetfile.OutlineName),
}

// conditions of a query: those on the record, and for each of the two affected
// parties those that this party must meet (the same one all of them).
type conditions struct {
	record  []string
	parties [2][]string
}

// conditions binds the query's values.
func (q *question) conditions(a *args) (c conditions, err error) {
	if q.From.IsSet() {
		c.record = append(c.record, `"@timestamp" >= `+a.time(q.From))
	}
	if q.To.IsSet() {
		c.record = append(c.record, `"@timestamp" < `+a.time(q.To))
	}
	return c, a.filters(q.Filters, &c)
}

// filters adds the conditions that filters are. Negative ones on the affected
// side must hold for both parties, so they are conditions on the record.
func (a *args) filters(list []event.Filter, c *conditions) error {
	for i := range list {
		f := &list[i]
		one, err := a.condition(f, first)
		if err != nil {
			return err
		}
		if !isAffected(f.Field) {
			c.record = append(c.record, "("+one+")")
			continue
		}
		two, err := a.condition(f, second)
		if err != nil {
			return err
		}
		if negative(f.Op) {
			two = `"cert.affected" IS DISTINCT FROM 'both' OR (` + two + ")"
			c.record = append(c.record, "("+one+")", "("+two+")")
			continue
		}
		if hint := a.hint(f); hint != "" {
			c.record = append(c.record, hint)
		}
		c.parties[0] = append(c.parties[0], "("+one+")")
		c.parties[1] = append(c.parties[1], "("+two+")")
	}
	return nil
}

// party gives the condition that a party meets the filters on the affected
// side; true when there are none.
func (c *conditions) party(p party) string { return conjunction(c.parties[p-1]) }

func conjunction(parts []string) string {
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " AND ")
}

// row gives the condition that the record matches, whichever party meets it.
func (c *conditions) row() string {
	if len(c.parties[0]) == 0 {
		return conjunction(c.record)
	}
	some := "((" + c.party(first) + ") OR (\"cert.affected\" = 'both' AND " + c.party(second) + "))"
	return conjunction(append(c.record[:len(c.record):len(c.record)], some))
}

// withoutBenign adds the condition that leaves known-benign records out, unless
// a filter speaks of them, and says whether there is one.
func (q *question) withoutBenign(c *conditions) bool {
	for _, f := range q.Filters {
		if f.Field == "cert.excluded" {
			return false
		}
	}
	if !slices.ContainsFunc(q.segments, func(g segment) bool { return g.Excluded > 0 }) {
		return false
	}
	c.record = append(c.record, `"cert.excluded" IS NULL`)
	return true
}

type segment = manifest.Segment
