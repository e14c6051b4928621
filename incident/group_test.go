// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/incident"
)

var secret = bytes.Repeat([]byte{7}, 32)

func addr(s string) event.Addr {
	a, err := event.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

var noon = event.TimeOf(time.Date(2026, 3, 1, 5, 0, 0, 123, time.UTC))

func after(d time.Duration) event.Time { return noon + event.Time(d) }

// record makes a bot of organisation 7 calling home; change alters it.
func record(n int, change func(e *event.Event)) event.Event {
	var e event.Event
	e.Reset()
	e.ID, e.Time = event.Bytes16{15: byte(n), 14: byte(n >> 8), 0: 1}, noon
	e.Source = event.Endpoint{IP: addr("203.0.113.5"), Port: 40000 + uint16(n), Domain: "gw.hospital.vn", AS: 64500}
	e.Destination = event.Endpoint{IP: addr("198.51.100.1"), Port: 443}
	e.Transport, e.Protocol = 6, "tls"
	e.RSIT, e.Stage, e.Affected = event.RSITInfectedSystem, event.StageIncident, event.SideSource
	e.Software, e.RuleID, e.RuleName = "avalanche", "1:2000", "ET MALWARE check-in"
	e.TLP, e.ObserverType, e.Confidence = event.TLPAmber, event.ObserverFeed, 80
	e.Orgs = []event.OrgMatch{{Org: 7, Reason: event.MatchPrefix, Side: event.SideSource}}
	if change != nil {
		change(&e)
	}
	return e
}

func batch(list ...event.Event) *event.Batch {
	var b event.Batch
	for i := range list {
		b.Append(&list[i])
	}
	return &b
}

func group(t testing.TB, c incident.Config, owner incident.Owner, batches ...*event.Batch) []event.Incident {
	t.Helper()
	c.Secret = secret
	g, err := incident.NewGrouper(c, owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		g.Add(b)
	}
	return g.Incidents()
}

func TestOneMachineAndProblemIsOneIncident(t *testing.T) {
	all := group(t, incident.Config{Org: 7}, nil, batch(
		record(1, func(e *event.Event) { e.Time, e.Count = after(time.Hour), 3 }),
		record(2, func(e *event.Event) { e.TLP, e.ObserverType = event.TLPGreen, event.ObserverResolver }),
		record(3, func(e *event.Event) { e.Confidence, e.Source.Domain = 20, "a.hospital.vn" }),
	))
	if len(all) != 1 {
		t.Fatalf("%d incidents", len(all))
	}
	want := event.Incident{
		Key: all[0].Key, Org: 7,
		Machine: event.Machine{Addr: addr("203.0.113.5"), Hosts: []string{"a.hospital.vn", "gw.hospital.vn"}},
		Problem: event.Problem{RSIT: event.RSITInfectedSystem, By: event.ProblemMalware, Name: "avalanche"},
		Stage:   event.StageIncident, Severity: event.SeverityHigh, Confidence: 80,
		First: noon, Last: after(time.Hour), Count: 5, Tier: event.T2,
		Sensors: []event.ObserverType{event.ObserverFeed, event.ObserverResolver}, Reason: event.MatchPrefix,
		StatusAt: event.TimeUnset, Samples: all[0].Samples,
	}
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Error(diff)
	}
	if !all[0].Key.IsSet() || len(all[0].Samples) != 3 {
		t.Errorf("%+v", all[0])
	}
	s := event.Sighting{
		Time: after(time.Hour), PublicAddr: addr("203.0.113.5"), SourcePort: 40001, RemoteAddr: addr("198.51.100.1"), RemotePort: 443,
		Transport: 6, Protocol: "tls", Rule: "ET MALWARE check-in", EventID: event.Bytes16{0: 1, 15: 1},
	}
	if diff := cmp.Diff(s, all[0].Samples[0]); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTellsProblemsApart(t *testing.T) {
	brute := func(port uint16) func(e *event.Event) {
		return func(e *event.Event) {
			e.Source, e.Destination = e.Destination, e.Source
			e.Destination.Port = port
			e.RSIT, e.Stage, e.Affected, e.Software = event.RSITBruteForce, event.StageAttempt, event.SideDestination, ""
			e.Orgs[0].Side = event.SideDestination
		}
	}
	for name, c := range map[string]struct {
		change func(e *event.Event)
		one    bool
		by     event.ProblemBy
		text   string
		port   uint16
	}{
		"another rule for the same malware": {change: func(e *event.Event) { e.RuleID = "9" }, one: true, by: event.ProblemMalware, text: "avalanche"},
		"the malware in other letters":      {change: func(e *event.Event) { e.Software = "Avalanche" }, one: true, by: event.ProblemMalware, text: "Avalanche"},
		"another malware":                   {change: func(e *event.Event) { e.Software = "qakbot" }, by: event.ProblemMalware, text: "qakbot"},
		"another machine":                   {change: func(e *event.Event) { e.Source.IP = addr("203.0.113.6") }, by: event.ProblemMalware, text: "avalanche"},
		"another type":                      {change: func(e *event.Event) { e.RSIT = event.RSITC2Server }, by: event.ProblemMalware, text: "avalanche"},
		"a replay":                          {change: func(e *event.Event) { e.Replay = true }, by: event.ProblemMalware, text: "avalanche"},
		"a service":                         {change: brute(22), by: event.ProblemPort, port: 22},
		"a vulnerability":                   {change: func(e *event.Event) { e.Software, e.Vulnerabilities = "", []string{"CVE-2026-2", "CVE-2026-1"} }, by: event.ProblemVulnerability, text: "CVE-2026-1"},
		"a rule":                            {change: func(e *event.Event) { e.Software = "" }, by: event.ProblemRule, text: "ET MALWARE check-in"},
		"a rule without id":                 {change: func(e *event.Event) { e.Software, e.RuleID = "", "" }, by: event.ProblemRule, text: "ET MALWARE check-in"},
		"nothing but the type":              {change: func(e *event.Event) { e.Software, e.RuleID, e.RuleName = "", "", "" }, by: event.ProblemByType},
	} {
		t.Run(name, func(t *testing.T) {
			all := group(t, incident.Config{Org: 7}, nil, batch(record(1, nil), record(2, c.change)))
			if (len(all) == 1) != c.one {
				t.Fatalf("%d incidents", len(all))
			}
			at := slices.IndexFunc(all, func(i event.Incident) bool {
				return i.Problem.By == c.by && i.Problem.Name == c.text && i.Problem.Port == c.port
			})
			if at < 0 {
				t.Errorf("%+v", all)
			}
		})
	}
}

func TestOnlyOwnAffectedMachinesAreGrouped(t *testing.T) {
	for name, c := range map[string]struct {
		change func(e *event.Event)
		want   int
	}{
		"own":                      {func(*event.Event) {}, 1},
		"another's":                {func(e *event.Event) { e.Orgs[0].Org = 8 }, 0},
		"nobody's":                 {func(e *event.Event) { e.Orgs = nil }, 0},
		"the other side is theirs": {func(e *event.Event) { e.Orgs[0].Side = event.SideDestination }, 0},
		"context":                  {func(e *event.Event) { e.Stage = event.StageContext }, 0},
		"known-benign":             {func(e *event.Event) { e.Excluded = "research" }, 0},
		"nobody is affected":       {func(e *event.Event) { e.Affected = event.SideNone }, 0},
		"no time":                  {func(e *event.Event) { e.Time = event.TimeUnset }, 0},
		"both ends are theirs": {func(e *event.Event) {
			e.Affected, e.Orgs = event.SideBoth, append(e.Orgs, event.OrgMatch{Org: 7, Reason: event.MatchAS, Side: event.SideDestination})
		}, 2},
		"matched twice on one side": {func(e *event.Event) {
			e.Orgs = append(e.Orgs, event.OrgMatch{Org: 7, Reason: event.MatchAS, Side: event.SideSource})
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			all := group(t, incident.Config{Org: 7}, nil, batch(record(1, c.change)))
			if len(all) != c.want {
				t.Fatalf("%d incidents, want %d", len(all), c.want)
			}
			for _, i := range all {
				if i.Count != 1 {
					t.Errorf("counted %d times", i.Count)
				}
			}
		})
	}
}

func TestOrganisationsThatRegisteredLaterAreFound(t *testing.T) {
	owner := func(a event.Addr, as uint32, domain string) (uint32, event.MatchReason) {
		if a == addr("203.0.113.5") && as == 64500 && domain == "gw.hospital.vn" {
			return 7, event.MatchAS
		}
		return 9, event.MatchList
	}
	b := batch(record(1, func(e *event.Event) { e.Orgs = nil }), record(2, func(e *event.Event) { e.Orgs, e.Source.AS = nil, 1 }))
	all := group(t, incident.Config{Org: 7}, owner, b)
	if len(all) != 1 || all[0].Reason != event.MatchAS || all[0].Count != 1 {
		t.Errorf("%+v", all)
	}
	if all = group(t, incident.Config{}, owner, b); len(all) != 2 {
		t.Errorf("for all organisations: %d incidents", len(all))
	}
}

// What nobody has registered is the national centre's, as far as it is at home.
func TestNobodysMachinesAtHomeAreNotForgotten(t *testing.T) {
	vn := event.MustCountry("VN")
	at := func(country string, orgs ...event.OrgMatch) func(e *event.Event) {
		return func(e *event.Event) { e.Source.Country, e.Orgs = event.MustCountry(country), orgs }
	}
	b := batch(
		record(1, at("VN")), record(2, at("LA")), record(3, at("VN", event.OrgMatch{Org: 8, Reason: event.MatchAS, Side: event.SideSource})),
		record(4, at("VN", event.OrgMatch{Org: 9, Reason: event.MatchAS, Side: event.SideDestination})),
	)
	for org, want := range map[uint32]uint64{event.OrgNational: 2, 8: 1, 9: 0, 0: 3} {
		var got uint64
		for _, i := range group(t, incident.Config{Org: org, Home: vn}, nil, b) {
			got += i.Count
			if org != 0 && i.Org != org {
				t.Errorf("%d was asked for, %d came", org, i.Org)
			}
		}
		if got != want {
			t.Errorf("organisation %d: %d records, want %d", org, got, want)
		}
	}
	for _, i := range group(t, incident.Config{Org: event.OrgNational}, nil, b) {
		t.Errorf("without a home country: %+v", i)
	}
	owner := func(event.Addr, uint32, string) (uint32, event.MatchReason) { return 5, event.MatchList }
	if all := group(t, incident.Config{Org: event.OrgNational, Home: vn}, owner, b); len(all) != 0 {
		t.Errorf("somebody's since: %+v", all)
	}
}

func TestTheStrictestLabelHolds(t *testing.T) {
	labelled := func(tlp event.TLP) *event.Batch {
		return batch(record(1, nil), record(2, func(e *event.Event) { e.TLP = tlp }))
	}
	for tlp, want := range map[event.TLP]event.Tier{
		event.TLPUnset: event.TierUnset, event.TLPClear: event.T2, event.TLPAmber: event.T2, event.TLPAmberStrict: event.T3, event.TLPRed: event.T4,
	} {
		if i := group(t, incident.Config{}, nil, labelled(tlp))[0]; i.Tier != want || i.Closed() != (tlp == event.TLPUnset || tlp > event.TLPAmber) {
			t.Errorf("TLP:AMBER beside %q: tier %q", tlp, i.Tier)
		}
	}
	agreed := incident.Config{Tier: func(b *event.Batch, row int) event.Tier {
		if b.TLP[row] == event.TLPUnset {
			return event.T1
		}
		return b.TLP[row].Tier()
	}}
	if i := group(t, agreed, nil, labelled(event.TLPUnset))[0]; i.Tier != event.T2 || i.Closed() {
		t.Errorf("with a sensor's agreement: tier %q", i.Tier)
	}
}

func TestMaskedRecordsStillGroup(t *testing.T) {
	all := group(t, incident.Config{Org: 7}, nil, batch(record(1, func(e *event.Event) {
		e.Source.IP, e.Destination.IP, e.Source.Port, e.RuleName, e.ID = event.Addr{}, event.Addr{}, 0, "", event.Bytes16{}
	})))
	if len(all) != 1 || all[0].Machine.Addr.IsSet() || !slices.Equal(all[0].Machine.Hosts, []string{"gw.hospital.vn"}) {
		t.Errorf("%+v", all)
	}
}

// draw makes records of a few machines and problems, many of them alike.
func draw(r *rand.Rand, n int) []event.Event {
	var out []event.Event
	for i := range n {
		out = append(out, record(i, func(e *event.Event) {
			e.Time = after(time.Duration(r.IntN(5)) * time.Minute)
			e.Source.IP[15], e.Source.Port = byte(r.IntN(4)), uint16(r.IntN(40))
			e.Source.Domain = []string{"", "a.vn", "b.vn", "c.vn"}[r.IntN(4)] + string(rune('a'+r.IntN(20)))
			e.Affected = event.Side(r.IntN(5))
			e.Stage = event.Stage(r.IntN(5))
			e.RSIT = event.RSIT(r.IntN(40))%4 + event.RSITScanner
			e.Software = []string{"", "Mirai", "mirai", "qakbot"}[r.IntN(4)]
			e.RuleName, e.Severity, e.Count = []string{"one", "two"}[r.IntN(2)], uint8(r.IntN(7)), uint32(r.IntN(3))
			e.TLP, e.ObserverType, e.Confidence = event.TLP(r.IntN(6)), event.ObserverType(r.IntN(10)), uint8(r.IntN(101))
			e.Replay = r.IntN(9) == 0
			e.Orgs = nil
			for range r.IntN(3) {
				e.Orgs = append(e.Orgs, event.OrgMatch{Org: 7 + uint32(r.IntN(2)), Reason: event.MatchReason(r.IntN(5)), Side: event.Side(1 + r.IntN(3))})
			}
		}))
	}
	return out
}

func TestOrderAndSplittingChangeNothing(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		list := draw(r, 400)
		c := incident.Config{Samples: 5}
		want := group(t, c, nil, batch(list...))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		cut := r.IntN(len(list))
		got := group(t, c, nil, batch(list[cut:]...), batch(list[:cut]...))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		for _, i := range got {
			if len(i.Samples) > 5 || i.First > i.Last || i.Count < uint64(len(i.Samples)) || len(i.Machine.Hosts) > 16 {
				t.Fatalf("seed %d: %+v", seed, i)
			}
		}
	}
}

func TestTheSameNamesAreKeptOfMany(t *testing.T) {
	var list []event.Event
	for n := range 60 {
		list = append(list, record(n, func(e *event.Event) { e.Source.Domain = string(rune('a'+n%26)) + string(rune('a'+n/26)) + ".vn" }))
	}
	forth := group(t, incident.Config{}, nil, batch(list...))
	slices.Reverse(list)
	back := group(t, incident.Config{}, nil, batch(list...))
	if diff := cmp.Diff(forth, back); diff != "" || len(forth[0].Machine.Hosts) != 16 {
		t.Errorf("%d names kept: %s", len(forth[0].Machine.Hosts), diff)
	}
}

func TestIncidentsMayBeAskedForInBetween(t *testing.T) {
	g, err := incident.NewGrouper(incident.Config{Secret: secret}, nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Add(batch(record(1, nil)))
	first := g.Incidents()
	g.Add(batch(record(2, func(e *event.Event) { e.Time = after(time.Hour) })))
	second := g.Incidents()
	if first[0].Count != 1 || len(first[0].Samples) != 1 || second[0].Count != 2 || first[0].Key != second[0].Key {
		t.Errorf("%+v then %+v", first, second)
	}
	g.Add(batch(record(3, func(e *event.Event) { e.Orgs = nil })))
	if g.Passed() != 1 || g.Records() != 3 {
		t.Errorf("%d of %d passed", g.Passed(), g.Records())
	}
}

func TestKeysNeedTheSecret(t *testing.T) {
	if _, err := incident.NewGrouper(incident.Config{Secret: []byte("short")}, nil); err == nil {
		t.Error("a short secret was taken")
	}
	other, err := incident.NewGrouper(incident.Config{Secret: bytes.Repeat([]byte{8}, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other.Add(batch(record(1, nil)))
	if group(t, incident.Config{}, nil, batch(record(1, nil)))[0].Key == other.Incidents()[0].Key {
		t.Error("another secret gives the same key")
	}
}

func BenchmarkGroup(b *testing.B) {
	list := batch(draw(rand.New(rand.NewPCG(1, 1)), 10_000)...)
	b.ReportAllocs()
	for b.Loop() {
		g, _ := incident.NewGrouper(incident.Config{Secret: secret}, nil)
		g.Add(list)
		if len(g.Incidents()) == 0 {
			b.Fatal("nothing")
		}
	}
}
