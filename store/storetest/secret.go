// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"haidang/event"
	"haidang/store"
)

// secretScope lets everything up to TLP:AMBER be seen without who suffered.
var secretScope = &event.Scope{Grants: []event.Grant{{
	All:  []event.Filter{{Field: "cert.tlp", Op: event.OpAtMost, Values: []string{"TLP:AMBER"}}},
	Mask: slices.Concat(event.MaskAffected, event.MaskComputed, event.MaskContent),
}}}

// secretBatch makes records of which one holds the secrets, and one that nobody
// may see at all.
func secretBatch(ip string, port uint16, url string) *event.Batch {
	b := new(event.Batch)
	for i := range 20 {
		var e event.Event
		e.Reset()
		e.ID, e.Time, e.Ingested, e.Count = event.Bytes16{byte(i + 1)}, Epoch+event.Time(i%3), Epoch, 1
		e.Affected, e.Stage, e.TLP, e.RuleID = event.SideDestination, event.StageAttempt, event.TLPAmber, "2001219"
		e.Source.IP, _ = event.ParseAddr("198.51.100." + strconv.Itoa(i+1))
		e.Destination.IP, _ = event.ParseAddr("203.0.113." + strconv.Itoa(i+1))
		if i == 7 || i == 8 {
			e.Destination.IP, _ = event.ParseAddr(ip)
			e.Destination.Port, e.URL, e.CommandLine = port, url, url
			e.Orgs = []event.OrgMatch{{Org: uint32(port), Reason: event.MatchPrefix, Side: event.SideDestination}}
		}
		if i == 8 {
			e.TLP, e.RuleID = event.TLPRed, url
		}
		b.Append(&e)
	}
	return b
}

// guesses are filters that halve what a secret may be.
func guesses() []event.Filter {
	var tries []event.Filter
	for bits := 1; bits <= 32; bits += 5 {
		for _, field := range []string{"destination.ip", "affected.ip"} {
			tries = append(tries, event.Filter{Field: field, Op: event.OpPrefix, Values: []string{fmt.Sprintf("10.1.2.3/%d", bits)}})
		}
	}
	for bit := 1; bit < 16; bit += 5 {
		n := strconv.Itoa(1 << bit)
		for _, op := range []event.Op{event.OpAtLeast, event.OpAtMost, event.OpNot} {
			tries = append(tries, event.Filter{Field: "destination.port", Op: op, Values: []string{n}})
		}
	}
	for _, field := range []string{"url.full", "process.command_line", "rule.id"} {
		tries = append(tries, event.Filter{Field: field, Op: event.OpContains, Values: []string{"a.example"}},
			event.Filter{Field: field, Op: event.OpNot, Values: []string{"http://a.example/x"}})
	}
	for _, org := range []string{"22", "4022"} {
		tries = append(tries, event.Filter{Field: "affected.org", Op: event.OpEqual, Values: []string{org}},
			event.Filter{Field: "cert.orgs", Op: event.OpNot, Values: []string{org}})
	}
	return tries
}

// testBinarySearch tries to find out a masked address, port, text or organisation
// bit by bit, by filters, groups, order and cursors. Two stores with other secrets
// must give the same answers.
func testBinarySearch(t *testing.T, open Open) {
	one, two := opened(t, open, t.TempDir()), opened(t, open, t.TempDir())
	for s, b := range map[store.Store]*event.Batch{
		one: secretBatch("10.1.2.3", 22, "http://a.example/x"), two: secretBatch("10.200.2.3", 4022, "http://b.example/long"),
	} {
		c := committer{t: t, s: s}
		c.commit(b)
	}
	for i, f := range guesses() {
		q := always
		q.Scope, q.Limit, q.Filters = secretScope, 8, []event.Filter{f}
		a := event.Aggregate{Query: q, By: []string{"destination.ip", "affected.org"}, Metrics: slices.Concat(event.Metrics, []event.Metric{event.MetricLast})}
		if i%2 == 0 {
			a.By = nil
		}
		for {
			x, y := answers(t, one, q, a), answers(t, two, q, a)
			if x != y {
				t.Fatalf("%+v tells them apart:\n%s\n%s", f, x, y)
			}
			p, err := one.Events(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
		}
	}
}

// testWrongScopes: a scope that is wrong is an error of the program, nothing is
// shown, and the asker does not read what its grants say.
func testWrongScopes(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(24)
	c := committer{t: t, s: s}
	c.commit(RandomBatch(r, 50))
	for _, c := range []struct {
		name string
		g    event.Grant
	}{
		{"no field", event.Grant{Mask: []string{"destination.io"}}},
		{"no part", event.Grant{Mask: []string{"hosting.sector"}}},
		{"time", event.Grant{Mask: []string{"@timestamp"}}},
		{"id", event.Grant{Mask: []string{"event.id"}}},
		{"count", event.Grant{Mask: []string{"cert.count"}}},
		{"no address", event.Grant{Truncate: []string{"destination.port"}}},
		{"no such", event.Grant{Truncate: []string{"third.ip"}}},
		{"wrong filter", event.Grant{All: []event.Filter{{Field: "no.such", Op: event.OpExists}}}},
		{"wrong address", event.Grant{All: []event.Filter{{Field: "source.ip", Op: event.OpEqual, Values: []string{"secret"}}}}},
	} {
		q := always
		q.Scope = &event.Scope{Grants: []event.Grant{{}, c.g}}
		if p, err := s.Events(t.Context(), q); err == nil || asker(err) {
			t.Errorf("%s: Events gives %v, %v", c.name, p, err)
		}
		if n, err := s.Count(t.Context(), q, event.Metrics); err == nil || asker(err) {
			t.Errorf("%s: Count gives %v, %v", c.name, n, err)
		}
	}
	nothing := always
	nothing.Scope = &event.Scope{}
	if got := pages(t, s, nothing); len(got) != 0 {
		t.Errorf("a scope without grants shows %d records", len(got))
	}
	if n, err := s.Count(t.Context(), nothing, []event.Metric{event.MetricRecords, event.MetricFirst}); err != nil || n[0] != 0 || event.Time(n[1]).IsSet() {
		t.Errorf("a scope without grants counts %v, %v", n, err)
	}
	nothing.Filters = []event.Filter{{Field: "no.such", Op: event.OpExists}}
	_, err := s.Events(t.Context(), nothing)
	wantQueryError(t, "a wrong question within nothing", "no.such", err)
}
