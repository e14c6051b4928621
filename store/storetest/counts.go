// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"math/rand/v2"
	"slices"

	"haidang/event"
)

// countable lists the fields of few values, by which records are mostly counted.
func countable() (out []string) {
	for _, f := range slices.Concat(event.Fields, event.Derived) {
		switch f.Type {
		case event.TypeDict, event.TypeEnum, event.TypeCountry, event.TypeCategories, event.TypeDictSet, event.TypeOrgSet, event.TypeU8, event.TypeU16, event.TypeU32:
			if f.Name != "cert.raw.offset" && f.Name != "cert.count" {
				out = append(out, f.Name)
			}
		}
	}
	return out
}

// RandomCount makes a question for numbers of records by fields of few values, with
// filters on such fields whose values occur in the records, often a time, and mostly
// within a scope.
func RandomCount(r *rand.Rand, b *event.Batch) event.Aggregate {
	all, names := records(b), countable()
	filters := func(n int) (out []event.Filter) {
		for range n {
			name := names[r.IntN(len(names))]
			if r.IntN(3) == 0 {
				name = pick(r, "cert.affected", "cert.stage", "cert.tlp", "cert.audience", "affected.country", "hosting.country", "affected.org", "observer.name", "cert.excluded")
			}
			ops := opsOf(event.Lookup(name))
			f := randomFilter(r, all, name, ops[r.IntN(len(ops))])
			if len(f.Values) > 0 || f.Op == event.OpExists || f.Op == event.OpMissing {
				out = append(out, f)
			}
		}
		return out
	}
	q := event.Aggregate{Query: event.Query{From: event.TimeUnset, To: event.TimeUnset}, Metrics: []event.Metric{event.MetricRecords}}
	for _, at := range r.Perm(len(names))[:r.IntN(4)] {
		q.By = append(q.By, names[at])
	}
	q.Filters = filters(r.IntN(3))
	if r.IntN(3) == 0 {
		q.From = Epoch + event.Time(r.Int64N(5400e9))
	}
	if r.IntN(3) == 0 {
		q.To = Epoch + event.Time(5400e9+r.Int64N(5400e9))
	}
	if r.IntN(5) == 0 {
		return q
	}
	q.Scope = &event.Scope{}
	masks := maskNames()
	for range r.IntN(5) {
		if r.IntN(4) == 0 {
			stop := slices.DeleteFunc(filters(1+r.IntN(2)), func(f event.Filter) bool { return event.FieldByName(f.Field) == nil })
			if len(stop) > 0 {
				q.Scope.Grants = append(q.Scope.Grants, event.Grant{All: stop, Stop: true})
			}
		}
		g := event.Grant{All: filters(r.IntN(3))}
		for range r.IntN(9) {
			g.Mask = append(g.Mask, masks[r.IntN(len(masks))])
		}
		if len(q.By) > 0 && r.IntN(2) == 0 && event.FieldByName(q.By[0]) != nil {
			g.Mask = append(g.Mask, q.By[0])
		}
		if r.IntN(3) == 0 {
			g.Truncate = append(g.Truncate, pick(r, "source.ip", "affected.ip", "other.ip"))
		}
		q.Scope.Grants = append(q.Scope.Grants, g)
	}
	return q
}
