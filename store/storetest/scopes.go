// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
	"haidang/store"
)

// maskNames lists everything that a mask may name.
func maskNames() (out []string) {
	for _, f := range event.Fields {
		if !slices.Contains([]string{"@timestamp", "event.id", "cert.count"}, f.Name) {
			out = append(out, f.Name)
		}
	}
	for _, side := range []string{"affected", "hosting", "other"} {
		for _, part := range []string{"ip", "port", "domain", "as", "country", "bytes", "org"} {
			out = append(out, side+"."+part)
		}
	}
	return append(out, "affected.sector", "other.sector")
}

// randomScope makes a scope of up to three grants.
func randomScope(r *rand.Rand, all []record) *event.Scope {
	s := &event.Scope{}
	names := maskNames()
	for range r.IntN(4) {
		if r.IntN(3) == 0 {
			stop := randomFilters(r, all, 1+r.IntN(2))
			stop = slices.DeleteFunc(stop, func(f event.Filter) bool { return event.FieldByName(f.Field) == nil })
			if len(stop) > 0 {
				s.Grants = append(s.Grants, event.Grant{All: stop, Stop: true})
			}
		}
		g := event.Grant{All: randomFilters(r, all, r.IntN(3))}
		if r.IntN(2) == 0 {
			g.All = append(g.All, event.Filter{Field: "cert.tlp", Op: event.OpAtMost, Values: []string{"TLP:AMBER"}})
		}
		for range r.IntN(7) {
			g.Mask = append(g.Mask, names[r.IntN(len(names))])
		}
		if r.IntN(3) == 0 {
			groups := [][]string{
				event.MaskAffected, event.MaskHosting, event.MaskOther, event.MaskComputed, event.MaskContent, event.MaskOrigin,
			}
			g.Mask = append(g.Mask, groups[r.IntN(len(groups))]...)
		}
		for range r.IntN(3) {
			g.Truncate = append(g.Truncate, pick(r, "source.ip", "destination.ip", "affected.ip", "hosting.ip", "other.ip"))
		}
		s.Grants = append(s.Grants, g)
	}
	return s
}

// randomFilters makes filters, most of them on what masks hide.
func randomFilters(r *rand.Rand, all []record, n int) (out []event.Filter) {
	names := fieldNames()
	for range n {
		name := names[r.IntN(len(names))]
		switch r.IntN(4) {
		case 0:
			name = event.Derived[r.IntN(len(event.Derived))].Name
		case 1:
			name = pick(r, "cert.orgs", "cert.affected", "cert.stage", "source.ip", "destination.ip", "cert.audience", "cert.pap", "event.hash")
		}
		ops := opsOf(event.Lookup(name))
		f := randomFilter(r, all, name, ops[r.IntN(len(ops))])
		if len(f.Values) > 0 || f.Op == event.OpExists || f.Op == event.OpMissing {
			out = append(out, f)
		}
	}
	return out
}

// randomAggregate makes a question for cells within the query's filters.
func randomAggregate(r *rand.Rand, q event.Query) event.Aggregate {
	names := slices.DeleteFunc(fieldNames(), func(n string) bool { return n == "cert.residual" })
	names = append(names, "minute", "hour", "day")
	metrics := slices.Concat(event.Metrics, []event.Metric{event.MetricFirst, event.MetricLast})
	a := event.Aggregate{Query: q}
	for _, at := range r.Perm(len(names))[:r.IntN(3)+r.IntN(4)] {
		if len(a.By) < 5 {
			a.By = append(a.By, names[at])
		}
	}
	for _, at := range r.Perm(len(metrics))[:1+r.IntN(len(metrics))] {
		a.Metrics = append(a.Metrics, metrics[at])
	}
	return a
}

func randomQuery(r *rand.Rand, all []record) event.Query {
	q := always
	q.Filters = randomFilters(r, all, r.IntN(3))
	q.Limit = pickInt(r, 1000, 1000, 1000, 90)
	if r.IntN(4) == 0 {
		q.From, q.To = Epoch+event.Time(r.Int64N(5000e9)), Epoch+event.Time(5000e9+r.Int64N(5000e9))
	}
	return q
}

// scopesTried is how many random scopes are tried; HAIDANG_SCOPES asks for more
// than a quick look needs.
func scopesTried(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("HAIDANG_SCOPES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 20
	}
	return 60
}

// testScopes: within a scope every question is answered as by a store that holds
// only what the scope lets be seen.
func testScopes(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(21)
	c := committer{t: t, s: s}
	var all []record
	for range 3 {
		b := RandomBatch(r, 80)
		all = append(all, records(b)...)
		c.commit(b)
	}
	scopes, questions := scopesTried(t), 4
	for i := range scopes {
		scope := randomScope(r, all)
		seen := scoped(all, scope)
		for range questions {
			q := randomQuery(r, all)
			q.Scope = scope
			what := func() string { return fmt.Sprintf("scope %d %+v\nfilters %+v", i, scope.Grants, q.Filters) }
			samePages(t, what, s, seen, q)
			a := randomAggregate(r, q)
			sameScopedCells(t, func() string { return what() + fmt.Sprintf("\nby %q, metrics %q", a.By, a.Metrics) }, s, seen, a)
			if t.Failed() {
				return
			}
		}
	}
}

func samePages(t *testing.T, what func() string, s store.Store, seen []record, q event.Query) {
	t.Helper()
	got, want := pages(t, s, q), oracleEvents(seen, q)
	if len(got) != len(want) {
		t.Errorf("%s\n%d records, want %d", what(), len(got), len(want))
		return
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i].Event) {
			t.Errorf("%s\nrecord %d (-want +got): %s", what(), i, cmp.Diff(want[i].Event, got[i], cmpopts.EquateEmpty()))
			return
		}
	}
}

func sameScopedCells(t *testing.T, what func() string, s store.Store, seen []record, a event.Aggregate) {
	t.Helper()
	want := oracleCells(seen, a)
	got, err := s.Aggregate(t.Context(), a, 10_000)
	if err != nil {
		t.Errorf("%s\n%v", what(), err)
		return
	}
	sortCells(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s\n(-want +got): %s", what(), d[:min(len(d), 3000)])
	}
	if len(a.By) == 0 {
		if n, err := s.Count(t.Context(), a.Query, a.Metrics); err != nil || !slices.Equal(n, want[0].Values) {
			t.Errorf("%s\nCount: %v, %v, want %v", what(), n, err, want[0].Values)
		}
	}
}

// testTwins: two stores that differ only in what a scope takes away cannot be
// told apart within it, cursors and order included.
func testTwins(t *testing.T, open Open) {
	r := random(22)
	for range scopesTried(t) / 10 {
		b := RandomBatch(r, 150)
		all := records(b)
		scope := randomScope(r, all)
		if len(scope.Grants) == 0 {
			continue
		}
		twin := twinOf(r, all, scope)
		one, two := opened(t, open, t.TempDir()), opened(t, open, t.TempDir())
		first, second := committer{t: t, s: one}, committer{t: t, s: two}
		first.commit(b)
		second.commit(twin)
		both := slices.Concat(all, records(twin)) // values of either are tried
		for range 40 {
			q := randomQuery(r, both)
			q.Scope, q.Limit = scope, pickInt(r, 5, 50, 1000)
			a := randomAggregate(r, q)
			if d := cmp.Diff(answers(t, one, q, a), answers(t, two, q, a)); d != "" {
				t.Fatalf("scope %+v\nfilters %+v, by %q, metrics %q tell them apart: %s", scope.Grants, q.Filters, a.By, a.Metrics, d)
			}
		}
	}
}

// twinOf gives other records of which the scope lets the same be seen.
func twinOf(r *rand.Rand, all []record, scope *event.Scope) *event.Batch {
	out := new(event.Batch)
	for i := range all {
		want, visible := all[i].seenBy(scope)
		for range 50 {
			var other event.Event // shares no slices with the one before
			RandomEvent(r, &other)
			if visible {
				mixIn(r, &other, &all[i].Event)
			}
			twin := alone(&other)
			got, ok := twin.seenBy(scope)
			if ok == visible && (!ok || reflect.DeepEqual(want.Event, got.Event)) {
				out.Append(&other)
				visible = false
				break
			}
		}
		if visible { // no luck
			out.Append(&all[i].Event)
		}
	}
	return out
}

// mixIn leaves in other a few of its own values and takes the rest from e.
func mixIn(r *rand.Rand, other, e *event.Event) {
	own := reflect.ValueOf(*other)
	*other = *e
	to := reflect.ValueOf(other).Elem()
	for i := range to.NumField() {
		if r.IntN(10) == 0 && !slices.Contains([]string{"ID", "Time"}, to.Type().Field(i).Name) {
			to.Field(i).Set(own.Field(i))
		}
	}
}

// answers gives everything that an asker sees, as text.
func answers(t *testing.T, s store.Store, q event.Query, a event.Aggregate) string {
	t.Helper()
	p, err := s.Events(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	cells, err := s.Aggregate(t.Context(), a, 50)
	if err != nil {
		t.Fatalf("%+v: %v", a, err)
	}
	var shown []event.Event
	for _, r := range records(p.Batch) {
		shown = append(shown, r.Event)
	}
	out, err := json.Marshal([]any{p.Next, shown, p.Batch, cells})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
