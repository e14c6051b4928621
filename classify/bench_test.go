// SPDX-License-Identifier: Apache-2.0

//go:build unix

package classify

import (
	"fmt"
	"syscall"
	"testing"

	"haidang/event"
)

// busy is the policy of a national centre: 400 sensors under three agreements
// and 60 sharing groups.
func busy() *policy {
	p := &policy{sensors: map[string]Agreement{}, groups: map[uint32]event.Label{}}
	for i := range 400 {
		a := Enrolment()
		a.Terms.Deliver = i%3 == 1
		if i%3 == 2 {
			a = Agreement{Default: event.Label{Tier: event.T2, PAP: event.PAPGreen, Personal: event.PersonalBasic}, Terms: Terms{Partner: true}}
		}
		p.sensors[fmt.Sprintf("sensor-%03d", i)] = a
	}
	for i := range uint32(60) {
		p.groups[i+1] = event.Label{Tier: event.T2, Personal: event.PersonalNone, Audience: event.NamedAudience(event.OrgMember(i%20), event.CommunityMember(fmt.Sprint("community-", i%3)))}
	}
	return p
}

func viewers() map[string]Viewer {
	return map[string]Viewer{
		"operator": OperatorNamed("an"),
		"member": NewViewer(Attributes{
			Person: "an", Roles: []Role{Member}, Orgs: []uint32{7}, Teams: []uint32{2}, Communities: []string{"community-1"}, Sectors: []event.Sector{event.SectorHealth}, StepUp: true,
		}),
	}
}

func BenchmarkDecide(b *testing.B) {
	pol := busy()
	e := recordOf(1, 7, event.TLPAmber)
	e.Observer, e.Audience = "sensor-001", 8
	for name, v := range viewers() {
		f := FactsOf(e, pol, pol)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := Decide(v, Search, &f); d.Kind == Nothing {
					b.Fatal(d)
				}
			}
		})
	}
}

// BenchmarkScope compiles anew; BenchmarkScopeKept asks again, as gates do.
func BenchmarkScope(b *testing.B) {
	for policies, pol := range map[string]*policy{"busy": busy(), "plain": plain()} {
		l := library{agreements: pol, register: pol}
		for name, v := range viewers() {
			b.Run(policies+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				before := processor(b)
				for b.Loop() {
					if s := builtIn().scopeOf(v, Search, l.book()); len(s.Grants) == 0 {
						b.Fatal("nothing")
					}
				}
				b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(float64(len(builtIn().scopeOf(v, Search, l.book()).Grants)), "grants")
			})
		}
	}
}

func BenchmarkScopeKept(b *testing.B) {
	pol := busy()
	g := NewGate(nil, nil, nil).WithPolicy(Policy{Agreements: pol, Register: pol})
	for name, v := range viewers() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s, err := g.scope(v, Search); err != nil || len(s.Grants) == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
}

// processor gives the processor time that this process used, in nanoseconds.
func processor(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// plain is the policy of an observatory that has agreed on one thing with all.
func plain() *policy {
	a := Enrolment()
	a.Terms.Deliver = true
	return &policy{rest: &a}
}

func BenchmarkOpen(b *testing.B) {
	pol := busy()
	o := NewOpen(Policy{Agreements: pol, Register: pol})
	e := recordOf(1, 7, event.TLPAmber)
	e.Observer, e.Audience = "sensor-001", 8
	batch := new(event.Batch)
	batch.Append(e)
	for b.Loop() {
		o.Counts(batch, 0)
	}
}
