// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/event"
)

func started(t testing.TB, cfg Config) *Enricher {
	t.Helper()
	e := New(cfg, Dependencies{Metrics: prometheus.NewRegistry()})
	if err := e.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Stop(context.Background()) })
	return e
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func ip(s string) event.Addr {
	a, err := event.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// one runs a single record through the room.
func one(e *Enricher, set func(*event.Event)) event.Event {
	var b event.Batch
	var ev event.Event
	ev.Reset()
	ev.Time = 0
	set(&ev)
	b.Append(&ev)
	e.Batch(&b)
	var out event.Event
	b.Row(0, &out)
	return out
}

func TestPlaces(t *testing.T) {
	e := started(t, Config{})
	got := one(e, func(ev *event.Event) {
		ev.Source.IP, ev.Destination.IP = ip("1.1.1.1"), ip("2001:4860:4860::8888")
		ev.Source.Country, ev.Source.AS = event.MustCountry("XX"), 5678 // a feed's word gives way
	})
	if got.Source.AS != 13335 || got.Destination.AS != 15169 || got.Destination.Country.String() != "US" {
		t.Errorf("source AS%d %s, destination AS%d %s", got.Source.AS, got.Source.Country, got.Destination.AS, got.Destination.Country)
	}
	if got.Source.Country.String() == "XX" {
		t.Error("the feed's country stayed")
	}
	got = one(e, func(ev *event.Event) {
		ev.Source.IP, ev.Destination.IP = ip("10.0.0.1"), ip("192.168.1.1")
		ev.Destination.Country = event.MustCountry("VN") // where the sensor was enrolled
	})
	if got.Source.Country != 0 || got.Source.AS != 0 || got.Destination.Country.String() != "VN" {
		t.Errorf("private: source %q AS%d, destination %q", got.Source.Country, got.Source.AS, got.Destination.Country)
	}
	got = one(e, func(ev *event.Event) {
		ev.ObserverType = event.ObserverHoneypot
		ev.Destination.IP, ev.Destination.Country = ip("8.8.8.8"), event.MustCountry("VN")
	})
	if got.Destination.Country.String() != "VN" || got.Destination.AS != 15169 {
		t.Errorf("a honeypot stands in %q AS%d", got.Destination.Country, got.Destination.AS)
	}
	if n := e.ASName(15169); !strings.Contains(n, "Google") {
		t.Errorf("AS15169 is %q", n)
	}
	if c, as := e.Lookup(ip("1.1.1.1")); as != 13335 || c == 0 {
		t.Errorf("Lookup: %q AS%d", c, as)
	}
}

func TestOrganisations(t *testing.T) {
	e := started(t, Config{Members: file(t, "m.yaml", membersYAML)})
	clinic := event.OrgMatch{Org: 8, Reason: event.MatchPrefix, Side: event.SideDestination}
	hospital := event.OrgMatch{Org: 7, Reason: event.MatchDomain, Side: event.SideSource}
	for _, c := range []struct {
		side   event.Side
		sector event.Sector
		band   event.Band
	}{
		{event.SideDestination, event.SectorHealth, event.BandMicro},
		{event.SideSource, event.SectorHealth, event.BandLarge},
		{event.SideBoth, event.SectorHealth, event.BandMicro},
		{event.SideNone, event.SectorUnset, event.BandUnset},
	} {
		got := one(e, func(ev *event.Event) {
			ev.Affected = c.side
			ev.Source.Domain, ev.Destination.IP = "pc.benhvien.example", ip("192.0.2.200")
		})
		if len(got.Orgs) != 2 || got.Orgs[0] != hospital || got.Orgs[1] != clinic {
			t.Errorf("%s: %+v", c.side, got.Orgs)
		}
		if got.Sector != c.sector || got.Band != c.band {
			t.Errorf("%s: sector %q band %q", c.side, got.Sector, got.Band)
		}
	}
	got := one(e, func(ev *event.Event) { // a feed's sector stays where no member is affected
		ev.Affected, ev.Sector = event.SideDestination, event.SectorBanking
		ev.Orgs = append(ev.Orgs, event.OrgMatch{Org: 9, Reason: event.MatchList, Side: event.SideSource})
	})
	if got.Sector != event.SectorBanking || len(got.Orgs) != 1 || got.Orgs[0].Org != 9 {
		t.Errorf("sector %q, orgs %+v", got.Sector, got.Orgs)
	}
	for named, want := range map[uint32]event.Band{8: event.BandMicro, 99: event.BandUnset} { // an agent names its organisation
		got := one(e, func(ev *event.Event) {
			ev.Affected, ev.Sector = event.SideDestination, event.SectorBanking
			ev.Orgs = append(ev.Orgs, event.OrgMatch{Org: named, Reason: event.MatchList, Side: event.SideDestination})
		})
		if got.Sector != event.SectorBanking || got.Band != want {
			t.Errorf("organisation %d: sector %q, band %q", named, got.Sector, got.Band)
		}
	}
	if !e.Internal(ip("192.0.2.1")) || e.Internal(ip("8.8.8.8")) || e.Internal(event.Addr{}) {
		t.Error("Internal is wrong")
	}
	if e.OrgName(8) != "Small Clinic" || e.OrgName(1) != "" || len(e.Orgs()) != 3 {
		t.Error("OrgName or Orgs is wrong")
	}
	if o, ok := e.Org(8); !ok || o.Band != event.BandMicro {
		t.Errorf("Org: %+v %v", o, ok)
	}
}

func TestTechniques(t *testing.T) {
	e := started(t, Config{Members: file(t, "m.yaml", membersYAML)})
	var b event.Batch
	type row struct {
		rsit  event.RSIT
		stage event.Stage
		src   string
		has   []string
		want  string
	}
	rows := []row{
		{event.RSITSpam, event.StageAttempt, "1.1.1.1", nil, ""},
		{event.RSITExploit, event.StageAttempt, "1.1.1.1", []string{"T1059", "T1203"}, "T1059 T1203"},
		{event.RSITBruteForce, event.StageAttempt, "1.1.1.1", nil, "T1110"},
		{event.RSITBruteForce, event.StageContext, "1.1.1.1", nil, ""},
		{event.RSITScanner, event.StageAttempt, "1.1.1.1", nil, "T1595"},
		{event.RSITScanner, event.StageIncident, "192.0.2.1", nil, "T1046"},
		{event.RSITVulnerableSystem, event.StageState, "1.1.1.1", []string{"T9"}, "T9"},
		{event.RSITDDoS, event.StageIncident, "1.1.1.1", nil, "T1498"},
	}
	for _, r := range rows {
		var ev event.Event
		ev.Reset()
		ev.RSIT, ev.Stage, ev.Source.IP, ev.Techniques = r.rsit, r.stage, ip(r.src), r.has
		b.Append(&ev)
	}
	e.Batch(&b)
	for i, r := range rows {
		if got := strings.Join(b.Techniques.At(i), " "); got != r.want {
			t.Errorf("row %d (%s, %s): %q, want %q", i, r.rsit, r.stage, got, r.want)
		}
	}
}

func TestExcluded(t *testing.T) {
	e := started(t, Config{Benign: file(t, "b.yaml", benignYAML)})
	for _, c := range []struct {
		side     event.Side
		src, dst string
		want     string
	}{
		{event.SideDestination, "192.0.2.1", "8.8.8.8", "research scanner"},
		{event.SideDestination, "8.8.8.8", "192.0.2.1", ""},
		{event.SideSource, "8.8.8.8", "192.0.2.1", "research scanner"}, // it hosts
		{event.SideNone, "192.0.2.1", "8.8.8.8", "research scanner"},
	} {
		got := one(e, func(ev *event.Event) {
			ev.Stage, ev.Affected, ev.Source.IP, ev.Destination.IP = event.StageAttempt, c.side, ip(c.src), ip(c.dst)
		})
		if got.Excluded != c.want {
			t.Errorf("%s from %s to %s: %q, want %q", c.side, c.src, c.dst, got.Excluded, c.want)
		}
	}
	if n := testutil.ToFloat64(e.marked); n != 3 {
		t.Errorf("%v marked", n)
	}
}

func TestReloadKeepsTheOldOfABrokenFile(t *testing.T) {
	members, benign := file(t, "m.yaml", membersYAML), file(t, "b.yaml", benignYAML)
	e := started(t, Config{Members: members, Benign: benign})
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(members, "organisations: [{name: A, as: [0]}]")
	write(benign, "benign: []")
	if err := e.Reload(context.Background()); err == nil || !strings.Contains(err.Error(), "m.yaml:1: as: 0 is no AS number") {
		t.Errorf("error %v", err)
	}
	if len(e.Orgs()) != 3 {
		t.Errorf("%d organisations, want the old three", len(e.Orgs()))
	}
	if len(e.state.Load().benign.entries) != 0 {
		t.Error("the good file did not come into force")
	}
	write(members, "organisations: [{name: A, as: [1]}]")
	if err := e.Reload(context.Background()); err != nil || len(e.Orgs()) != 1 {
		t.Errorf("error %v, %d organisations", err, len(e.Orgs()))
	}
	if n := testutil.ToFloat64(e.reloads.WithLabelValues("error")); n != 1 {
		t.Errorf("%v refused loads counted", n)
	}
}

func TestStartRefusesWhatCannotBeRead(t *testing.T) {
	for _, cfg := range []Config{
		{Country: file(t, "x.mmdb", "nothing")}, {AS: "missing.mmdb"}, {Members: "missing.yaml"}, {Benign: "missing.yaml"},
	} {
		if err := New(cfg, Dependencies{}).Start(context.Background()); err == nil {
			t.Errorf("%+v: started", cfg)
		}
	}
}

func TestSnapshot(t *testing.T) {
	e := started(t, Config{Members: file(t, "m.yaml", membersYAML)})
	got := e.Snapshot()
	if len(got) != 3 || got[0].Kind != "country" || got[1].Kind != "as" || got[2].Source != "m.yaml" {
		t.Fatalf("%+v", got)
	}
	if !strings.Contains(got[1].Attribution, "DB-IP") || got[1].Version == "" || len(got[2].SHA256) != 64 {
		t.Errorf("%+v", got)
	}
}

// Batches are enriched while the tables are swapped; the race detector watches.
func TestReloadWhileEnriching(t *testing.T) {
	e := started(t, Config{Members: file(t, "m.yaml", membersYAML)})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := one(e, func(ev *event.Event) { ev.Destination.IP = ip("192.0.2.1") })
				if len(got.Orgs) != 1 {
					t.Error("a batch saw half a state")
					return
				}
			}
		})
	}
	for range 20 {
		if err := e.Reload(context.Background()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

func sample(rows int) *event.Batch {
	rnd := rand.New(rand.NewPCG(1, 1))
	b := &event.Batch{}
	var ev event.Event
	for i := range rows {
		ev.Reset()
		ev.Time = event.Time(i)
		var a [4]byte
		for j := range a {
			a[j] = byte(rnd.Uint32())
		}
		ev.Source.IP = event.Addr{10: 0xff, 11: 0xff, 12: a[0], 13: a[1], 14: a[2], 15: a[3]}
		ev.Destination.IP = event.Addr{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: a[3]}
		ev.Destination.Domain = []string{"", "www.bank.example", "x.example"}[i%3]
		ev.Stage, ev.Affected = event.Stage(1+i%4), event.SideDestination
		ev.RSIT, ev.RuleID = event.RSIT(i%40), "2100366"
		ev.Hash = event.Bytes16{byte(i), byte(i >> 8), 1}
		b.Append(&ev)
	}
	return b
}

func TestBatchDoesNotAllocate(t *testing.T) {
	e := started(t, Config{Members: file(t, "m.yaml", membersYAML), Benign: file(t, "b.yaml", benignYAML)})
	b, w, tables := sample(1000), new(scratch), e.state.Load()
	tables.enrich(b, w)
	techniques := append([]uint32(nil), b.Techniques.Ends...)
	n := testing.AllocsPerRun(50, func() {
		clear(b.Orgs.Ends) // as the format left it
		b.Orgs.Matches = b.Orgs.Matches[:0]
		clear(b.Techniques.Ends)
		b.Techniques.Dict.Codes = b.Techniques.Dict.Codes[:0]
		clear(b.Excluded.Codes)
		tables.enrich(b, w)
	})
	if n != 0 {
		t.Errorf("%v allocations a batch of 1000 rows", n)
	}
	for i := range techniques {
		if techniques[i] != b.Techniques.Ends[i] {
			t.Fatal("the second pass gave other techniques")
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	e := started(b, Config{Members: file(b, "m.yaml", membersYAML), Benign: file(b, "b.yaml", benignYAML)})
	batch := sample(4096)
	for b.Loop() {
		batch.Orgs.Matches = batch.Orgs.Matches[:0]
		clear(batch.Orgs.Ends)
		clear(batch.Techniques.Ends)
		batch.Techniques.Dict.Codes = batch.Techniques.Dict.Codes[:0]
		clear(batch.Excluded.Codes)
		e.Batch(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
}
