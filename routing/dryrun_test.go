// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/routing"
)

func TestDryRunSaysWhoWouldHaveBeenTold(t *testing.T) {
	before := sample()
	after := routing.Reassign(before, netip.MustParsePrefix("203.0.113.64/26"), 5)
	if len(before[1].Prefixes) != 2 {
		t.Fatal("what was given was changed")
	}
	urgent := routing.Facts{Severity: event.SeverityHigh}
	facts := []routing.Facts{
		with(urgent, "203.0.113.70", 0, ""), with(urgent, "203.0.113.71", 0, ""),
		with(routing.Facts{}, "203.0.113.72", 0, ""), // told to the ministry before
		with(urgent, "203.0.113.1", 0, ""), with(urgent, "8.8.8.8", 0, ""),
	}
	got := routing.DryRun(build(t, before), build(t, after), slices.Values(facts))
	want := routing.Differences{
		Facts: 5, Same: 2,
		Before:   routing.Tally{By: [5]uint64{1, 4, 0, 0, 0}, Unrouted: 1},
		After:    routing.Tally{By: [5]uint64{1, 4, 0, 0, 0}, Unrouted: 1},
		Moves:    []routing.Move{{From: 2, To: 5, FromBy: routing.Prefix, ToBy: routing.Prefix, FromMatched: "203.0.113.64/26", ToMatched: "203.0.113.64/26", Facts: 3}},
		Contacts: []routing.ContactChange{{Contact: "school", After: 3, Gained: 3}, {Contact: "soc", Before: 3, After: 1, Lost: 2}, {Contact: "ministry", Before: 1, Lost: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDryRunFindsWhatNobodyWouldAnswerFor(t *testing.T) {
	before := sample()
	after := routing.Reassign(before, netip.MustParsePrefix("198.51.0.0/16"), 0)
	facts := []routing.Facts{with(routing.Facts{Stage: event.StageIncident}, "198.51.1.1", 0, "")}
	got := routing.DryRun(build(t, before), build(t, after), slices.Values(facts))
	if got.NewOrphans != 1 || got.After.Unrouted != 1 || got.Before.Unrouted != 0 {
		t.Errorf("%+v", got)
	}
	var sum routing.Tally
	sum.Merge(&got.Before)
	sum.Merge(&got.After)
	if sum.By[routing.Prefix] != 1 || sum.By[routing.Fallback] != 1 || sum.Unrouted != 1 {
		t.Errorf("%+v", sum)
	}
}

// country is a table of a nation's size: 100,000 prefixes of 5,000 organisations.
func country(b testing.TB) (*routing.Table, []routing.Facts) {
	r := rand.New(rand.NewPCG(9, 9))
	orgs := make([]routing.Organisation, 5000)
	for i := range orgs {
		orgs[i] = routing.Organisation{ID: uint32(i + 1), Contacts: []routing.Contact{{ID: routing.ContactID(domainOf(i)), Email: "a@example.vn", Language: "vi"}}}
	}
	facts := make([]routing.Facts, 1<<14)
	for i := range 100_000 {
		a, bits := event.AddrFrom(netip.AddrFrom4([4]byte{byte(r.IntN(224)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})).Netip(), 16+r.IntN(17)
		if i%4 == 0 {
			a, bits = v6(r), 32+r.IntN(33)
		}
		o := &orgs[r.IntN(len(orgs))]
		o.Prefixes = append(o.Prefixes, netip.PrefixFrom(a, bits).Masked())
		facts[i%len(facts)] = routing.Facts{Addr: event.AddrFrom(a), Kind: event.RSITScanner, Severity: 3}
	}
	return build(b, orgs), facts
}

func BenchmarkRoute(b *testing.B) {
	table, facts := country(b)
	var from, to syscall.Rusage
	b.ReportAllocs()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &from)
	n := 0
	for b.Loop() {
		d := table.Route(&facts[n&(len(facts)-1)])
		if n++; d.Org == 0 {
			b.Fatal("unrouted")
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &to)
	b.ReportMetric(float64(to.Utime.Nano()-from.Utime.Nano())/float64(b.N), "cpu-ns/op")
}

func TestRoutingAllocatesNothingInTheUsualCase(t *testing.T) {
	table := build(t, sample())
	f := with(routing.Facts{Severity: 5}, "2001:db8::1", 0, "")
	if n := testing.AllocsPerRun(100, func() { table.Route(&f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
