// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/classify"
	"haidang/config"
	"haidang/event"
	"haidang/measure"
	"haidang/share"
	"haidang/store"
)

// leakRecord is a record as the oracle knows it: its fields as the interface
// writes them, and what a rule needs of it in words.
type leakRecord struct {
	n     int
	at    event.Time
	count int64
	text  map[string]string // stored fields; missing or "": not set
	orgs  []leakOrg

	rulings []*leakRuling // that are about it
	marked  bool          // one says that it is benign
}

type leakOrg struct {
	org          uint32
	reason, side string
}

// leakTerms is what was agreed on a sensor, in words.
type leakTerms struct {
	label           leakLabel
	owner, receiver uint32
	deliver         bool
}

// leakLabel is a label in words; an empty word is an axis that is not said.
type leakLabel struct {
	tier, abroad, personal, pap string
	named, state                bool
	members                     []string // "org 7", "community x", "person y"
	closed                      bool     // it was for those who hold it: a stricter tier names nobody anew
}

// leakWorld is what was planted: records, and by whose leave they may be read.
type leakWorld struct {
	records   []*leakRecord
	sensors   map[string]*leakTerms // one that is not listed has no agreement
	groups    map[string]*leakLabel // by cert.audience
	batch     *event.Batch
	names     []string // of the sensors
	rulings   []*leakRuling
	audiences []uint32
	orgs      [4]uint32
	person    string
}

// secretWord marks what belongs to one record; no word of it occurs elsewhere.
func secretWord(n int, field string) string {
	return fmt.Sprintf("zq%dx%s", n, strings.NewReplacer(".", "", "_", "").Replace(field))
}

// newLeakWorld makes n records of all labels. Organisations are those of the
// register, person is who labels name.
func newLeakWorld(seed uint64, n int, orgs [4]uint32, person string) *leakWorld {
	w := &leakWorld{sensors: map[string]*leakTerms{}, groups: map[string]*leakLabel{}, batch: new(event.Batch), orgs: orgs, person: person}
	mine := []string{fmt.Sprint("org ", orgs[0])}
	who := []string{"person " + person}
	for name, t := range map[string]*leakTerms{
		"zqenrolled":  {label: leakLabel{tier: "T3"}},
		"zqdelivers":  {label: leakLabel{tier: "T3", personal: "none"}, deliver: true},
		"zqpartner":   {label: leakLabel{tier: "T2", personal: "basic", pap: "PAP:GREEN", named: true, members: mine}, owner: orgs[1], receiver: orgs[1]},
		"zqcommunity": {label: leakLabel{tier: "T1c", personal: "none", pap: "PAP:CLEAR", abroad: "yes", named: true, members: []string{"community zqhealth"}}},
		"zqstate":     {label: leakLabel{tier: "T1", personal: "basic"}},
		"zqopen":      {label: leakLabel{tier: "T0", personal: "sensitive", abroad: "yes"}},
		"zqred":       {label: leakLabel{tier: "T4", personal: "none", named: true, members: who}},
		"zqapproved":  {label: leakLabel{tier: "T2", personal: "none", abroad: "approved", named: true, members: append(who, mine...)}},
		"zqreceived":  {label: leakLabel{tier: "T3", personal: "sensitive"}, owner: orgs[0], receiver: orgs[2]},
		"zqstranger":  nil,
	} {
		if t != nil {
			w.sensors[name] = t
		}
	}
	w.groups["1"] = &leakLabel{tier: "T2", personal: "none", named: true, members: append([]string{"community zqhealth"}, mine...)}
	w.groups["2"] = &leakLabel{tier: "T1", personal: "sensitive"}
	w.groups["3"] = &leakLabel{tier: "T4", named: true, members: who}
	w.groups["4"] = &leakLabel{tier: "T0", personal: "none"}
	w.groups["5"] = &leakLabel{tier: "T2", named: true}
	r := rand.New(rand.NewPCG(seed, 45))
	// A world holds some of these, so that questions are planned in a bearable time;
	// several worlds hold all.
	w.names = append(w.names, leakSensors[int(seed)%len(leakSensors)], leakSensors[(int(seed)*3+5)%len(leakSensors)])
	for len(w.names) < 4 {
		w.names = append(w.names, leakSensors[r.IntN(len(leakSensors))])
	}
	w.audiences = []uint32{0, 0, uint32(1 + seed%5), uint32(1 + r.IntN(6))} // 6 is in no register
	for id := range w.groups {
		if !slices.Contains(w.audiences, uint32(id[0]-'0')) {
			delete(w.groups, id)
		}
	}
	for i := range n {
		w.add(r, i)
	}
	return w
}

var leakSensors = []string{"zqenrolled", "zqdelivers", "zqpartner", "zqcommunity", "zqstate", "zqopen", "zqred", "zqapproved", "zqreceived", "zqstranger"}

// leakStart is when the planted records begin, so that they are of today and yesterday.
var leakStart = testNow().Add(-20 * time.Hour).Truncate(time.Second)

func (w *leakWorld) add(r *rand.Rand, n int) {
	e := new(event.Event)
	e.Reset()
	maybe := func(field string) string {
		if r.IntN(4) == 0 {
			return ""
		}
		return secretWord(n, field)
	}
	e.Time = event.TimeOf(leakStart.Add(time.Duration(r.IntN(18*3600)) * time.Second))
	e.Ingested, e.Created = event.TimeOf(leakStart.Add(time.Duration(n)*time.Second)), event.TimeOf(leakStart.Add(time.Duration(n)*time.Millisecond))
	binary.BigEndian.PutUint64(e.ID[:], uint64(e.Ingested.Std().UnixMilli())<<16|0x7000)
	binary.BigEndian.PutUint32(e.ID[12:], uint32(n))
	e.ID[8] = 0x80
	if r.IntN(5) > 0 {
		binary.BigEndian.PutUint32(e.Hash[:], uint32(r.IntN(n+1))+1) // repeats that fold
	}
	binary.BigEndian.PutUint32(e.CommunityID[:], uint32(n)+1)
	binary.BigEndian.PutUint32(e.Participant[:], uint32(n)+1)
	e.Observer = w.names[r.IntN(len(w.names))]
	e.Kind, e.Category = event.KindAlert, event.Categories(1+r.IntN(15)) // any of four
	e.Dataset, e.Action, e.Severity = "leak.test", maybe("event.action"), uint8(r.IntN(6))
	e.Source, e.Destination = w.end(r, n, "source", 23), w.end(r, n, "destination", 45)
	e.Transport, e.Protocol = 6, "ssh"
	e.RuleID, e.RuleName, e.Software = fmt.Sprint(2_000_000+r.IntN(9)), maybe("rule.name"), maybe("threat.software.name")
	e.Techniques = []string{"T1110", "T1078", "T1046"}[:r.IntN(4)]
	e.URL, e.DNSName, e.User = maybe("url.full"), maybe("dns.question.name"), maybe("user.name")
	e.UserAgent, e.CommandLine, e.EmailFrom = maybe("user_agent.original"), maybe("process.command_line"), maybe("email.from.address")
	e.RSIT = event.RSIT(1 + r.IntN(30))
	e.Stage, e.Way, e.Confidence = event.Stage(1+r.IntN(4)), event.Way(r.IntN(5)), uint8(r.IntN(101))
	e.Affected, e.Confirmed = event.Side(r.IntN(5)), event.Confirmed(r.IntN(3))
	e.TLP, e.PAP = event.TLP(max(0, r.IntN(10)-4)), event.PAP(max(0, r.IntN(8)-3))
	e.Audience = w.audiences[r.IntN(len(w.audiences))]
	e.Sector, e.Band = []event.Sector{0, event.SectorHealth, event.SectorBanking, event.SectorEducation}[r.IntN(4)], event.Band(r.IntN(5))
	e.Status, e.Count = event.Status(r.IntN(7)), uint32(1+r.IntN(3)*r.IntN(4))
	if r.IntN(20) == 0 {
		e.Excluded = "scanner"
	}
	e.RawSeq, e.RawOffset, e.Parser = 1, uint32(n)+1, 1 // of the journal as it is: figures are worked out again from them
	e.Outline, e.Residual = "{\"k\":\"\x1f\"}", []byte(secretWord(n, "cert.residual"))
	rec := &leakRecord{n: n, at: e.Time, count: int64(e.Count)}
	for _, side := range []event.Side{event.SideSource, event.SideDestination} {
		if o := r.IntN(6); o < len(w.orgs) {
			e.Orgs = append(e.Orgs, event.OrgMatch{Org: w.orgs[o], Reason: event.MatchPrefix, Side: side})
			rec.orgs = append(rec.orgs, leakOrg{w.orgs[o], "prefix", side.String()})
		}
	}
	w.batch.Append(e)
	rec.text = map[string]string{}
	for i := range event.Fields {
		f := &event.Fields[i]
		rec.text[f.Name] = share.Text(f, w.batch, w.batch.Rows()-1)
	}
	w.records = append(w.records, rec)
}

// end makes one end; its address names the record by itself and by its network,
// but for those that several records share.
func (w *leakWorld) end(r *rand.Rand, n int, side string, net byte) (e event.Endpoint) {
	if r.IntN(10) == 0 {
		return e
	}
	if r.IntN(4) == 0 {
		n = r.IntN(8)
	}
	ip := netip.AddrFrom4([4]byte{net, byte(n >> 8), byte(n), byte(1 + n%250)})
	if n%7 == 3 {
		ip = netip.AddrFrom16([16]byte{0x2a, net, byte(n >> 8), byte(n), 0, 1, 15: 9})
	}
	e.IP, e.Port, e.AS, e.Bytes = event.AddrFrom(ip), uint16(1024+r.IntN(40000)), uint32(64500+r.IntN(20)), uint64(r.IntN(1<<20))
	e.Country = event.MustCountry([]string{"VN", "CN", "US", "DE"}[r.IntN(4)])
	if r.IntN(3) > 0 {
		e.Domain = secretWord(n, side+"domain") + ".example"
	}
	return e
}

// Everything below puts the world into the words of the product.

func (l *leakLabel) product(t *testing.T) event.Label {
	t.Helper()
	enum := func(e *event.Enum, s string) uint8 {
		code, err := e.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	out := event.Label{
		Tier: event.Tier(enum(&event.Tiers, l.tier)), Abroad: event.Abroad(enum(&event.Abroads, l.abroad)),
		Personal: event.Personal(enum(&event.Personals, l.personal)), PAP: event.PAP(enum(&event.PAPs, l.pap)),
	}
	if l.abroad == "approved" {
		out.Dossiers = []string{"hs-1"}
	}
	if !l.named {
		return out
	}
	var m []event.Member
	for _, s := range l.members {
		kind, name, _ := strings.Cut(s, " ")
		switch kind {
		case "org":
			var id uint32
			if _, err := fmt.Sscan(name, &id); err != nil {
				t.Fatal(err)
			}
			m = append(m, event.OrgMember(id))
		case "community":
			m = append(m, event.CommunityMember(name))
		default:
			m = append(m, event.PersonMember(name))
		}
	}
	out.Audience = event.NamedAudience(m...)
	return out
}

// leakPolicy hands the world's agreements to classify; they can be changed.
type leakPolicy struct {
	sensors map[string]classify.Agreement
	groups  map[uint32]event.Label
	version uint64
}

func (p *leakPolicy) Agreements() (map[string]classify.Agreement, *classify.Agreement, uint64) {
	return p.sensors, nil, p.version
}
func (p *leakPolicy) Labels() (map[uint32]event.Label, uint64) { return p.groups, p.version }

func (w *leakWorld) policy(t *testing.T) *leakPolicy {
	p := &leakPolicy{sensors: map[string]classify.Agreement{}, groups: map[uint32]event.Label{}, version: 1}
	for name, s := range w.sensors {
		if !slices.Contains(w.names, name) {
			continue
		}
		p.sensors[name] = classify.Agreement{Default: s.label.product(t), Terms: classify.Terms{
			Owner: s.owner, Receiver: s.receiver, Deliver: s.deliver, CountsOpen: true,
		}}
	}
	for id, l := range w.groups {
		var n uint32
		_, _ = fmt.Sscan(id, &n)
		p.groups[n] = l.product(t)
	}
	return p
}

// plant commits the world's records, in several segments, as the pipeline would;
// no observatory may run on the folder.
func (w *leakWorld) plant(t *testing.T, data string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	a := made(leakConfig(t, data), slog.New(slog.DiscardHandler))
	if err := a.start(ctx, []part{{"data folder", a.startFolder}, {"store", a.startStore}}); err != nil {
		t.Fatal(err)
	}
	defer stop(t, a)
	m := measure.New(measure.Config{Home: a.home, Zone: a.zone, SketchKey: a.keys.sketch}, measure.Dependencies{Log: a.log, Metrics: prometheus.NewRegistry()})
	var e event.Event
	for from := 0; from < w.batch.Rows(); from += 400 {
		part := new(event.Batch)
		for row := from; row < min(from+400, w.batch.Rows()); row++ {
			w.batch.Row(row, &e)
			part.Append(&e)
		}
		m.Add(part)
		c := store.Commit{Position: a.store.Position(), Batches: []*event.Batch{part}, Watermark: m.Watermark()}
		for _, p := range m.Cut() {
			c.Sidecars = append(c.Sidecars, store.Sidecar{Kind: rollupKind, Key: p.Key, Replace: p.Replace, Data: p.Data})
		}
		if err := a.store.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
}

func leakConfig(t *testing.T, data string) config.Config {
	t.Helper()
	cfg := settingsOf(data)
	cfg.Notices.Inside = []string{"127.0.0.0/8"} // where the receivers of webhooks are
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	return cfg
}
