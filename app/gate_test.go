// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/classify"
	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb"
)

// groups is a register of sharing groups for the test.
type groups map[uint32]event.Label

func (g groups) Labels() (map[uint32]event.Label, uint64) { return g, 1 }

// agreements are those of the test's sensors; others have none.
type agreements map[string]classify.Agreement

func (a agreements) Agreements() (map[string]classify.Agreement, *classify.Agreement, uint64) {
	return a, nil, 1
}

// labelled makes records of every label; each field that can tell something says
// whose it is: "victim", "attacker" or "content".
func labelled(r *rand.Rand, n int) (*event.Batch, []*event.Event) {
	b, all := new(event.Batch), []*event.Event{}
	for i := range n {
		e := new(event.Event)
		e.Reset()
		e.ID[0], e.ID[15], e.ID[14] = 1, byte(i), byte(i>>8)
		e.Time, e.Ingested = event.Time(1_800_000_000_000_000_000+int64(i)), event.Time(1_800_000_000_000_000_000)
		e.Observer = []string{"hue-1", "hue-2", "feed", "unknown"}[r.IntN(4)]
		e.TLP, e.PAP, e.Audience = event.TLP(r.IntN(6)), event.PAP(r.IntN(5)), uint32(r.IntN(4))
		e.Stage, e.Affected, e.Sector, e.RSIT = event.StageIncident, event.Side(r.IntN(5)), event.SectorHealth, event.RSITPhishing
		e.Source.IP, e.Destination.IP = event.Addr{10: 255, 11: 255, 12: 192, 14: 2, 15: byte(i)}, event.Addr{10: 255, 11: 255, 12: 198, 13: 51, 14: 100, 15: byte(i)}
		e.Source.Domain, e.Destination.Domain = "source.example", "destination.example"
		e.URL, e.User, e.CommandLine, e.Residual = "http://content.example/", "content-user", "content --line", []byte(`{"content":1}`)
		for _, side := range []event.Side{event.SideSource, event.SideDestination} {
			if org := uint32(r.IntN(4)); org != 0 {
				e.Orgs = append(e.Orgs, event.OrgMatch{Org: org + 6, Reason: event.MatchPrefix, Side: side})
			}
		}
		b.Append(e)
		all = append(all, e)
	}
	return b, all
}

// The gate before a real store gives each viewer the records that the decision
// admits, without the fields that it takes away, and counts just these.
func TestTheGateBeforeTheStore(t *testing.T) {
	ctx := t.Context()
	s := duckdb.New(duckdb.Config{Dir: t.TempDir()}, duckdb.Dependencies{})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	batch, all := labelled(rand.New(rand.NewPCG(1, 9)), 400)
	if err := s.Commit(ctx, store.Commit{Position: 1, Batches: []*event.Batch{batch}}); err != nil {
		t.Fatal(err)
	}
	deliver := classify.Enrolment()
	deliver.Terms.Deliver = true
	ag := agreements{
		"hue-1": classify.Enrolment(), "hue-2": deliver,
		"feed": {Default: event.Label{Tier: event.T2, PAP: event.PAPGreen, Personal: event.PersonalBasic}, Terms: classify.Terms{Partner: true, Owner: 8}},
	}
	reg := groups{1: {Tier: event.T2, Personal: event.PersonalNone, Audience: event.NamedAudience(event.OrgMember(7), event.CommunityMember("health"))}, 2: {Tier: event.T1, Personal: event.PersonalSensitive}}
	gate := classify.NewGate(nil, records{s}, nil).WithPolicy(classify.Policy{Agreements: ag, Register: reg})
	for name, v := range map[string]classify.Viewer{
		"operator's token": classify.OperatorNamed("an"),
		"operator":         classify.NewViewer(classify.Attributes{Name: "ops", Roles: []classify.Role{classify.Operator}, StepUp: true}),
		"auditor":          classify.NewViewer(classify.Attributes{Person: "k", Roles: []classify.Role{classify.Auditor}}),
		"hospital": classify.NewViewer(classify.Attributes{Person: "an", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7},
			Sectors: []event.Sector{event.SectorHealth}, StepUp: true}),
		"ministry, no passkey": classify.NewViewer(classify.Attributes{Person: "ba", Roles: []classify.Role{classify.Steward}, Orgs: []uint32{8}, Clients: []uint32{9},
			StateBody: true, Communities: []string{"health"}, Kinds: []event.RSIT{event.RSITPhishing}}),
		"abroad": classify.NewViewer(classify.Attributes{Person: "x", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7}, Abroad: true, StepUp: true}),
	} {
		for p := classify.Own; p <= classify.Block; p++ {
			if p == classify.Figures {
				continue
			}
			comparePage(t, name, gate, v, p, all, ag, reg)
		}
	}
}

func comparePage(t *testing.T, name string, gate *classify.Gate, v classify.Viewer, p classify.Purpose, all []*event.Event, ag agreements, reg groups) {
	t.Helper()
	want := map[event.Bytes16]classify.Decision{}
	for _, e := range all {
		f := classify.FactsOf(e, ag, reg)
		if d := classify.Decide(v, p, &f); d.Kind != classify.Nothing {
			want[e.ID] = d
		}
	}
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: len(all)}
	n, err := gate.CountFor(t.Context(), v, p, q, []event.Metric{event.MetricRecords})
	if err != nil || n.Value()[0] != int64(len(want)) {
		t.Errorf("%s for %v: counts %v, %v; decided %d", name, p, n.Value(), err, len(want))
	}
	if p == classify.Count {
		return
	}
	r, err := gate.EventsFor(t.Context(), v, p, q)
	if err != nil {
		t.Fatal(err)
	}
	rows := r.Value().Rows
	if rows.Rows() != len(want) {
		t.Errorf("%s for %v: %d records, decided %d", name, p, rows.Rows(), len(want))
	}
	var e event.Event
	for row := range rows.Rows() {
		rows.Row(row, &e)
		d, ok := want[e.ID]
		if !ok {
			t.Fatalf("%s for %v: record %v leaked", name, p, e.ID)
		}
		for _, leak := range leaks(&e, &d) {
			t.Fatalf("%s for %v: %s of record %v leaked in spite of %v", name, p, leak, e.ID, d.Mask)
		}
		delete(want, e.ID)
	}
}

// leaks names what a reduced record still tells though its decision takes it away.
func leaks(e *event.Event, d *classify.Decision) (out []string) {
	has := func(f string) bool { return strings.Contains(" "+strings.Join(d.Mask, " ")+" ", " "+f+" ") }
	content := e.URL + e.User + e.CommandLine + string(e.Residual)
	if has("url.full") && strings.Contains(content, "content") {
		out = append(out, "content")
	}
	if has("observer.name") && e.Observer != "" {
		out = append(out, "the sensor")
	}
	if has("other.org") && has("affected.org") && len(e.Orgs) > 0 {
		out = append(out, "organisations")
	}
	for _, end := range []struct {
		side event.Side
		*event.Endpoint
	}{{event.SideSource, &e.Source}, {event.SideDestination, &e.Destination}} {
		affected := e.Affected == end.side || e.Affected == event.SideBoth
		if has("affected.ip") && affected && (end.IP.IsSet() || end.Domain != "") {
			out = append(out, "an affected "+end.side.String())
		}
		if has(end.side.String()+".ip") && end.IP.IsSet() {
			out = append(out, "a "+end.side.String())
		}
		if has("other.domain") && !affected && end.Domain != "" {
			out = append(out, "the other side's name")
		}
		if strings.Contains(strings.Join(d.Truncate, " "), "other.ip") && !affected && end.IP[15] != 0 {
			out = append(out, "the other side's whole address")
		}
	}
	return out
}
