// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
	"haidang/store"
)

// fieldNames lists everything that a filter may name.
func fieldNames() (out []string) {
	for _, f := range slices.Concat(event.Fields, event.Derived) {
		out = append(out, f.Name)
	}
	return out
}

// opsOf gives the comparisons that a type allows.
func opsOf(f *event.Field) []event.Op {
	ops := []event.Op{event.OpEqual, event.OpNot, event.OpExists, event.OpMissing}
	switch f.Type {
	case event.TypeTime, event.TypeU8, event.TypeU16, event.TypeU64:
		ops = append(ops, event.OpAtLeast, event.OpAtMost)
	case event.TypeU32:
		if f.Name != "affected.org" {
			ops = append(ops, event.OpAtLeast, event.OpAtMost)
		}
	case event.TypeDict, event.TypeText:
		ops = append(ops, event.OpPrefix, event.OpContains)
	case event.TypeAddr, event.TypeDictSet:
		ops = append(ops, event.OpPrefix)
	case event.TypeEnum:
		ops = append(ops, event.OpPrefix)
		if f.Name == "cert.tlp" || f.Name == "cert.pap" {
			ops = append(ops, event.OpAtLeast, event.OpAtMost)
		}
	}
	return ops
}

// randomFilter makes a filter whose values occur in the records.
func randomFilter(r *rand.Rand, all []record, name string, op event.Op) event.Filter {
	f := event.Filter{Field: name, Op: op}
	field := event.Lookup(name)
	some := func() string {
		rec := &all[r.IntN(len(all))]
		sides := rec.sides()
		texts := rec.texts(name, sides[r.IntN(len(sides))])
		return texts[r.IntN(len(texts))]
	}
	set := func() string {
		for range 200 {
			if t := some(); t != "" {
				return t
			}
		}
		return ""
	}
	switch op {
	case event.OpExists, event.OpMissing:
	case event.OpAtLeast, event.OpAtMost:
		f.Values = []string{set()}
	case event.OpPrefix:
		f.Values = []string{prefixOf(r, field, set())}
	case event.OpContains:
		t := []rune(set())
		f.Values = []string{string(t[len(t)/2:])}
	default:
		f.Values = []string{set()}
		for range r.IntN(3) {
			f.Values = append(f.Values, some())
		}
		if isList(field) { // "" is no member of a set
			f.Values = slices.DeleteFunc(f.Values, func(v string) bool { return v == "" })
		}
	}
	return f
}

func isList(f *event.Field) bool {
	return f.Type == event.TypeCategories || f.Type == event.TypeDictSet || f.Type == event.TypeOrgSet || f.Name == "affected.org"
}

func prefixOf(r *rand.Rand, f *event.Field, t string) string {
	if f.Type != event.TypeAddr {
		return string([]rune(t)[:1])
	}
	a, _ := event.ParseAddr(t)
	n := a.Netip()
	p, _ := n.Prefix(r.IntN(n.BitLen() + 1))
	return p.String()
}

func testFilters(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(7)
	c := committer{t: t, s: s}
	var all []record
	for range 3 {
		b := RandomBatch(r, 130)
		all = append(all, records(b)...)
		c.commit(b)
	}
	for _, name := range fieldNames() {
		for _, op := range opsOf(event.Lookup(name)) {
			f := randomFilter(r, all, name, op)
			if len(f.Values) == 0 && op != event.OpExists && op != event.OpMissing {
				continue
			}
			q := always
			q.Filters = []event.Filter{f}
			t.Run(fmt.Sprintf("%s/%d", name, op), func(t *testing.T) {
				t.Logf("values %q", f.Values)
				sameEvents(t, pages(t, s, q), oracleEvents(all, q))
			})
		}
	}
	for i := range 60 {
		q := always
		for range 1 + r.IntN(3) {
			names := fieldNames()
			name := names[r.IntN(len(names))]
			if r.IntN(2) == 0 {
				name = event.Derived[r.IntN(len(event.Derived))].Name
			}
			ops := opsOf(event.Lookup(name))
			f := randomFilter(r, all, name, ops[r.IntN(len(ops))])
			if len(f.Values) > 0 || f.Op == event.OpExists || f.Op == event.OpMissing {
				q.Filters = append(q.Filters, f)
			}
		}
		t.Run(fmt.Sprintf("together/%d", i), func(t *testing.T) {
			t.Logf("%+v", q.Filters)
			sameEvents(t, pages(t, s, q), oracleEvents(all, q))
		})
	}
}

func testWrongQuestions(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(8)
	c := committer{t: t, s: s}
	c.commit(RandomBatch(r, 10))
	for _, f := range []event.Filter{
		{Field: "no.such", Op: event.OpExists},
		{Field: `"; DROP TABLE x; --`, Op: event.OpExists},
		{Field: "source.ip", Op: event.OpEqual, Values: []string{"300.1.1.1"}},
		{Field: "source.ip", Op: event.OpPrefix, Values: []string{"10.0.0.0"}},
		{Field: "source.port", Op: event.OpEqual, Values: []string{"70000"}},
		{Field: "source.port", Op: event.OpAtLeast, Values: []string{"1", "2"}},
		{Field: "source.port", Op: event.OpContains, Values: []string{"1"}},
		{Field: "source.geo.country_iso_code", Op: event.OpEqual, Values: []string{"Vietnam"}},
		{Field: "cert.rsit", Op: event.OpEqual, Values: []string{"hacking"}},
		{Field: "event.category", Op: event.OpEqual, Values: []string{"hacking"}},
		{Field: "@timestamp", Op: event.OpAtLeast, Values: []string{"yesterday"}},
		{Field: "event.id", Op: event.OpEqual, Values: []string{"1234"}},
		{Field: "file.hash.sha256", Op: event.OpEqual, Values: []string{"zz"}},
		{Field: "cert.replay", Op: event.OpEqual, Values: []string{"perhaps"}},
		{Field: "user.name", Op: event.OpEqual},
		{Field: "user.name", Op: event.OpAtLeast, Values: []string{"a"}},
		{Field: "cert.stage", Op: event.OpAtMost, Values: []string{"state"}},
		{Field: "user.name", Op: 99, Values: []string{"a"}},
		{Field: "user.name", Op: event.OpContains, Values: []string{"\xe1\xba"}},
	} {
		q := always
		q.Filters = []event.Filter{f}
		_, err := s.Events(t.Context(), q)
		wantQueryError(t, fmt.Sprintf("%+v", f), f.Field, err)
		_, err = s.Count(t.Context(), q, event.Metrics)
		wantQueryError(t, fmt.Sprintf("%+v", f), f.Field, err)
	}
	for _, c := range []struct {
		field string
		q     event.Query
	}{
		{"cursor", event.Query{Limit: 10, Cursor: "!!"}}, {"limit", event.Query{Limit: 0}}, {"no.such", event.Query{Limit: 1, Fields: []string{"no.such"}}},
	} {
		_, err := s.Events(t.Context(), c.q)
		wantQueryError(t, fmt.Sprintf("%+v", c.q), c.field, err)
	}
	for _, c := range []struct {
		field string
		q     event.Aggregate
	}{
		{"by", event.Aggregate{By: []string{"week"}, Metrics: event.Metrics}},
		{"metric", event.Aggregate{Metrics: []event.Metric{"users"}}},
	} {
		_, err := s.Aggregate(t.Context(), c.q, 10)
		wantQueryError(t, fmt.Sprintf("%+v", c.q), c.field, err)
	}
	_, err := s.Aggregate(t.Context(), event.Aggregate{By: []string{"hour", "day", "minute", "user.name", "rule.id", "cert.way"}, Metrics: event.Metrics}, 10)
	wantQueryError(t, "six fields", "by", err)
}

// asker says whether an error is meant for whoever asked.
func asker(err error) bool {
	var q *store.QueryError
	return errors.As(err, &q)
}

func wantQueryError(t *testing.T, what, field string, err error) {
	t.Helper()
	var q *store.QueryError
	if !errors.As(err, &q) || q.Field != field || q.Detail == "" {
		t.Errorf("%s: error %v, want a QueryError of %s", what, err, field)
	}
}

func testAggregates(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(9)
	c := committer{t: t, s: s}
	var all []record
	for range 4 {
		b := RandomBatch(r, 150)
		all = append(all, records(b)...)
		c.commit(b)
	}
	names := slices.DeleteFunc(fieldNames(), func(n string) bool { return n == "cert.residual" })
	for _, name := range slices.Concat(names, []string{"minute", "hour", "day"}) {
		t.Run(name, func(t *testing.T) {
			sameCells(t, s, all, event.Aggregate{Query: always, By: []string{name}, Metrics: event.Metrics})
		})
	}
	few := []string{
		"affected.country", "affected.org", "affected.as", "affected.sector", "hosting.country", "cert.rsit", "cert.way",
		"threat.technique.id", "event.category", "cert.orgs", "hour", "observer.name", "cert.excluded",
	}
	for i := range 80 {
		q := event.Aggregate{Query: always}
		for _, at := range r.Perm(len(few))[:r.IntN(4)] {
			q.By = append(q.By, few[at])
		}
		for range r.IntN(3) {
			name := few[r.IntN(len(few))]
			if event.Lookup(name) == nil {
				continue
			}
			ops := opsOf(event.Lookup(name))
			f := randomFilter(r, all, name, ops[r.IntN(len(ops))])
			if len(f.Values) > 0 || f.Op == event.OpExists || f.Op == event.OpMissing {
				q.Filters = append(q.Filters, f)
			}
		}
		for _, at := range r.Perm(len(event.Metrics))[:1+r.IntN(len(event.Metrics))] {
			q.Metrics = append(q.Metrics, event.Metrics[at])
		}
		if r.IntN(3) == 0 {
			q.From, q.To = Epoch+event.Time(1000e9), Epoch+event.Time(8000e9)
		}
		t.Run(fmt.Sprintf("together/%d", i), func(t *testing.T) {
			t.Logf("by %q, metrics %q, filters %+v", q.By, q.Metrics, q.Filters)
			sameCells(t, s, all, q)
		})
	}
}

func sameCells(t *testing.T, s store.Store, all []record, q event.Aggregate) {
	t.Helper()
	want := oracleCells(all, q)
	got, err := s.Aggregate(t.Context(), q, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if !largestFirst(got, slices.Clone(want), 10_000) {
		t.Errorf("%d cells, not the largest first", len(got))
	}
	sortCells(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got): %s", d[:min(len(d), 3000)])
	}
	limited, err := s.Aggregate(t.Context(), q, 3)
	if err != nil || !largestFirst(limited, slices.Clone(want), 3) {
		t.Errorf("the 3 largest: %v, %v", limited, err)
	}
	if len(q.By) == 0 {
		n, err := s.Count(t.Context(), q.Query, q.Metrics)
		if err != nil || !slices.Equal(n, want[0].Values) {
			t.Errorf("Count: %v, %v, want %v", n, err, want[0].Values)
		}
	}
}

// testBothSides pins down the rule of STATISTICS in numbers one can check by
// hand.
func testBothSides(t *testing.T, open Open) {
	s := opened(t, open, t.TempDir())
	c := committer{t: t, s: s}
	vn, us := event.MustCountry("VN"), event.MustCountry("US")
	b := new(event.Batch)
	for i, ends := range [][2]event.Country{{vn, vn}, {us, vn}, {us, us}} {
		var e event.Event
		e.Reset()
		e.ID, e.Hash = event.Bytes16{byte(i + 1)}, event.Bytes16{byte(i + 1)}
		e.Time, e.Ingested, e.Affected, e.Count = Epoch, Epoch, event.SideBoth, 10
		e.Source.Country, e.Destination.Country = ends[0], ends[1]
		e.Source.IP, e.Destination.IP = event.Addr{15: byte(1 + i)}, event.Addr{15: byte(101 + i)}
		b.Append(&e)
	}
	c.commit(b)
	metrics := []event.Metric{event.MetricRecords, event.MetricEvents, event.MetricAffected, event.MetricHosting}
	got, err := s.Aggregate(t.Context(), event.Aggregate{Query: always, By: []string{"affected.country"}, Metrics: metrics}, 10)
	want := []event.Cell{
		{Group: []string{"US"}, Values: []int64{20, 20, 3, 2}},
		{Group: []string{"VN"}, Values: []int64{20, 20, 3, 2}},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got): %s", err, d)
	}
	n, err := s.Count(t.Context(), always, metrics)
	if want := []int64{30, 30, 6, 3}; err != nil || !slices.Equal(n, want) {
		t.Errorf("in the world %v, %v, want %v", n, err, want)
	}
}

func testKnownBenign(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(10)
	c := committer{t: t, s: s}
	b := RandomBatch(r, 200)
	c.commit(b)
	benign, ordinary := int64(0), int64(0)
	for row := range b.Rows() {
		if b.Excluded.At(row) != "" {
			benign += int64(b.Count[row])
		} else {
			ordinary += int64(b.Count[row])
		}
	}
	q := always
	if n, err := s.Count(t.Context(), q, []event.Metric{event.MetricRecords}); err != nil || n[0] != ordinary {
		t.Errorf("%v ordinary records, %v, want %d", n, err, ordinary)
	}
	q.Filters = []event.Filter{{Field: "cert.excluded", Op: event.OpExists}}
	if n, err := s.Count(t.Context(), q, []event.Metric{event.MetricRecords}); err != nil || n[0] != benign {
		t.Errorf("%v known-benign records, %v, want %d", n, err, benign)
	}
	if got := pages(t, s, always); len(got) != 200 {
		t.Errorf("%d records shown, want all", len(got))
	}
}

// Every record comes once, whole, whatever was merged.
func testWalk(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(12)
	c := committer{t: t, s: s}
	want := map[event.Bytes16]event.Event{}
	for range 12 {
		b := RandomBatch(r, 50)
		for _, rec := range records(b) {
			want[rec.Event.ID] = rec.Event
		}
		c.commit(b)
	}
	got := 0
	if err := s.Walk(t.Context(), func(b *event.Batch) error {
		for _, rec := range records(b) {
			got++
			w, ok := want[rec.Event.ID]
			if d := cmp.Diff(w, rec.Event, cmpopts.EquateEmpty()); !ok || d != "" {
				t.Fatalf("%x (-want +got): %s", rec.Event.ID, d)
			}
		}
		return nil
	}); err != nil || got != len(want) {
		t.Errorf("%d records of %d, %v", got, len(want), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Walk(ctx, func(*event.Batch) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a walk that was given up: %v", err)
	}
	stop := errors.New("enough")
	if err := s.Walk(t.Context(), func(*event.Batch) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the receiver's error: %v", err)
	}
}
