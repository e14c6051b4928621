// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/journal"
	"haidang/store"
	"haidang/store/duckdb"
	"haidang/web"
)

// What attackers write; none of it may reach a page as markup.
const (
	hostileRule  = `<script>alert(1)</script>"><img src=x onerror=alert(2)> {{.}}`
	hostileURL   = "javascript:alert(3)//\u202Etxt.exe"
	hostileAgent = `' onmouseover='alert(4)`
	hostileName  = `<b onclick="x">Bệnh viện & "Con"</b>`
)

// now is the moment of the tests.
var now = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// shelf lets the gate ask a real store, later or never where a test says so.
type shelf struct {
	store.Store
	mu    sync.Mutex
	slow  func(by []string) bool // aggregates that never come
	fault error
}

func (s *shelf) Events(ctx context.Context, q event.Query) (classify.Page, error) {
	if s.fault != nil {
		return classify.Page{}, s.fault
	}
	p, err := s.Store.Events(ctx, q)
	if err != nil {
		return classify.Page{}, wrong(err)
	}
	return classify.Page{Rows: p.Batch, Next: p.Next}, nil
}

func (s *shelf) Count(ctx context.Context, q event.Query, m []event.Metric) ([]int64, error) {
	n, err := s.Store.Count(ctx, q, m)
	return n, wrong(err)
}

func (s *shelf) Aggregate(ctx context.Context, a event.Aggregate, limit int) ([]event.Cell, error) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow != nil && slow(a.By) {
		select {} // not even the end of the context stops it
	}
	c, err := s.Store.Aggregate(ctx, a, limit)
	return c, wrong(err)
}

func wrong(err error) error {
	var q *store.QueryError
	if errors.As(err, &q) {
		return &classify.QuestionError{Field: q.Field, Detail: q.Detail}
	}
	return err
}

// ledger holds two quarantined records.
type ledger struct{ classify.Ledger }

func (ledger) Rejects(_ context.Context, q classify.RejectQuery) (classify.RejectPage, error) {
	all := []event.Reject{
		{Sensor: "hue-1", Format: "eve", Door: "http", Batch: "b1", Line: 7, Reason: event.ReasonNotJSON, Detail: "no JSON", Bytes: []byte(`{"a":"` + hostileRule), At: event.TimeOf(now)},
		{Sensor: "hue-2", Format: "cowrie", Door: "bulk", Batch: "b2", Line: 1, Reason: event.ReasonUTF8, Detail: "byte 3", Bytes: []byte{0xff, 0xfe, 0, 'x'}, At: event.TimeOf(now)},
	}
	var out classify.RejectPage
	for _, r := range all {
		if (q.Sensor == "" || q.Sensor == r.Sensor) && (q.Reason == "" || q.Reason == r.Reason) {
			out.Rejects = append(out.Rejects, r)
		}
	}
	return out, nil
}

// tape is the journal: sequence 9 is no longer kept.
type tape struct{}

func (tape) Raw(_ context.Context, sequence uint64, offset uint32) (classify.RawRecord, error) {
	if sequence == 9 {
		return classify.RawRecord{Since: event.TimeOf(now.Add(-time.Hour))}, nil
	}
	return classify.RawRecord{Kept: true, Format: "eve", Data: fmt.Appendf(nil, `{"seq":%d,"offset":%d,"signature":%q}`, sequence, offset, hostileRule)}, nil
}

// rig is the room before a real gate, store and identity.
type rig struct {
	t      testing.TB
	server *Server
	http   *httptest.Server
	people *identity.Identity
	shelf  *shelf
	mu     sync.Mutex
	acts   []Act
	noNote bool
	trail  []TrailFilter
	hosp   uint32

	rulings deskRulings
}

// deskRulings keeps decisions in memory.
type deskRulings struct {
	mu  sync.Mutex
	all []Decision
}

func (d *deskRulings) Decisions() []Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.all)
	slices.Reverse(out)
	return out
}

func (d *deskRulings) Decide(_ context.Context, who Asker, x Decision) (Decision, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x.ID, x.By, x.At = fmt.Sprint("ruling-", len(d.all)), who.Actor, now
	if err := x.Check(); err != nil {
		return x, err
	}
	d.all = append(d.all, x)
	return x, nil
}

func (d *deskRulings) Withdraw(_ context.Context, who Asker, id, why string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.all {
		if x := &d.all[i]; x.ID == id {
			x.Withdrawn, x.WithdrawnBy, x.WithdrawnWhy = now, who.Actor, why
			return x.Check()
		}
	}
	return classify.ErrNotFound
}

func (d *deskRulings) Rulings() (out []classify.Ruling, version uint64) {
	version = 1
	for _, x := range d.Decisions() {
		version += 1 + uint64(len(x.WithdrawnWhy))
		if x.Holds(now) {
			out = append(out, x.Ruling)
		}
	}
	return out, version
}

// roles in the tests, by the value of the cookie "who".
var askers = map[string]Asker{
	"analyst":  asker(true, classify.Analyst),
	"unsteady": asker(false, classify.Analyst),
	"member":   asker(true, classify.Member),
	"operator": asker(true, classify.Operator),
	"auditor":  asker(true, classify.Auditor),
	"all":      asker(true, classify.Analyst, classify.Operator, classify.Auditor),
}

func asker(steady bool, roles ...classify.Role) Asker {
	a := classify.Attributes{Person: "p1", Name: "p1", Roles: roles, StepUp: steady}
	if roles[0] == classify.Member {
		a.Orgs = []uint32{100000}
	}
	return Asker{Viewer: classify.NewViewer(a), Name: "Nguyễn Thị An", Actor: "person/p1", Steady: steady}
}

func (r *rig) Entries(_ context.Context, from int64, limit int, f TrailFilter) ([]TrailEntry, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trail = append(r.trail, f)
	return []TrailEntry{
		{Index: 42, Time: now, Action: "read", Actor: "9f2c41d7a05e83b6", Roles: []string{"analyst"}, Kind: "event", IDs: []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", hostileName}, Tier: "T3", Count: 1, Result: "done", More: 4},
		{Index: 41, Time: now, Action: "network", Actor: "system", Kind: "organisation", Purpose: "claim", Result: "done"},
	}, 41, nil
}
func (r *rig) Checkpoint() Checkpoint {
	return Checkpoint{Size: 43, Root: "q83vEjRWeJA=", Time: now, Note: "haidang/audit\n43\nq83vEjRWeJA=\n"}
}
func (r *rig) Pseudonym(id string) string { return "pseudonym-of-" + id }
func (r *rig) Actions() []string          { return []string{"read", "search", "network"} }

func (r *rig) Replay(_ context.Context, q classify.RejectQuery) (Replayed, error) {
	return Replayed{Tried: 2, Sent: 1, Again: 1}, nil
}

func (r *rig) Reassigned(prefix netip.Prefix, to uint32, machines []Machine) ([]Share, error) {
	return []Share{{Organisation: r.hosp, Before: len(machines), After: 0}, {Organisation: to, After: len(machines)}}, nil
}

func (r *rig) note(_ context.Context, _ Asker, a Act) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noNote {
		return errors.New("the disk is full")
	}
	r.acts = append(r.acts, a)
	return nil
}

// noted gives what was written down since the last call.
func (r *rig) noted() []Act {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.acts
	r.acts = nil
	return out
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t}
	j, err := journal.New(journal.Config{Dir: t.TempDir(), MinFree: -1, MinFreePercent: -1, MaxBytes: 16 << 20}, journal.Dependencies{})
	fatal(t, err)
	fatal(t, j.Start(t.Context()))
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	bucket, err := j.Bucket(t.Context(), "identity")
	fatal(t, err)
	r.people, err = identity.New(identity.Config{}, identity.Dependencies{Bucket: bucket, Now: func() time.Time { return now }})
	fatal(t, err)
	fatal(t, r.people.Start(t.Context()))
	r.organisations()

	s := duckdb.New(duckdb.Config{Dir: t.TempDir()}, duckdb.Dependencies{})
	fatal(t, s.Start(t.Context()))
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	fatal(t, s.Commit(t.Context(), store.Commit{Position: 1, Batches: []*event.Batch{attacks(r.hosp)}}))
	r.shelf = &shelf{Store: s}
	assets, err := web.New()
	fatal(t, err)
	gate := classify.NewGate(nil, r.shelf, ledger{}).WithJournal(tape{}).WithPolicy(classify.Policy{Rulings: &r.rulings})
	r.server, err = New(Config{Patience: time.Minute, Version: "test"}, Dependencies{
		Gate: gate, Identity: r.people, Assets: assets, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return now },
		Who: func(q *http.Request) (Asker, bool) {
			c, err := q.Cookie("who")
			if err != nil {
				return Asker{}, false
			}
			a, ok := askers[c.Value]
			return a, ok
		},
		Note: r.note, Protect: func(h http.Handler) http.Handler { return h }, Rejects: r, Router: r, Trail: r, Rulings: &r.rulings,
	})
	fatal(t, err)
	mux := http.NewServeMux()
	for _, p := range Mounts() {
		mux.Handle(p, r.server.Handler())
	}
	mux.Handle("/assets/", assets)
	r.http = httptest.NewServer(mux)
	t.Cleanup(r.http.Close)
	return r
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// organisations makes a hospital with every kind of network, and a ministry.
func (r *rig) organisations() {
	ctx := identity.As(r.t.Context(), "person/p1")
	var err error
	r.hosp, err = r.people.CreateOrganisation(ctx, identity.Organisation{
		Name: identity.Name{VI: hostileName, EN: "Hospital"}, Type: "hospital", Sector: event.SectorHealth,
		Contacts: []identity.Contact{{Name: "Trực ban", Email: "soc@hospital.example", Language: "vi", Severity: 3, Kinds: []string{"fraud"}}},
	})
	fatal(r.t, err)
	for _, n := range []string{"203.0.113.0/24", "AS64500", "hospital.example", "198.51.100.0/25"} {
		_, err := r.people.Claim(ctx, r.hosp, n)
		fatal(r.t, err)
	}
	fatal(r.t, r.people.Confirm(ctx, r.hosp, "203.0.113.0/24", "WHOIS, 2026-11-20"))
	fatal(r.t, r.people.Refuse(ctx, r.hosp, "198.51.100.0/25", "another's"))
	_, err = r.people.CreateOrganisation(ctx, identity.Organisation{Name: identity.Name{VI: "Bộ Ví dụ"}, Type: "state-body", StateBody: true})
	fatal(r.t, err)
}

// attacks are 300 records of the last day; the first's journal place is gone.
func attacks(org uint32) *event.Batch {
	b := new(event.Batch)
	for i := range 300 {
		var e event.Event
		e.Reset()
		e.ID = event.Bytes16{0: 1, 14: byte(i >> 8), 15: byte(i)}
		at := now.Add(-time.Duration(i*i) * time.Second)
		e.Time, e.Created, e.Ingested = event.TimeOf(at), event.TimeOf(at), event.TimeOf(at.Add(time.Second))
		e.Observer, e.Dataset, e.Kind = []string{"hue-1", "hue-2", "hanoi-1"}[i%3], "suricata.eve", event.KindAlert
		e.Source.IP = event.AddrFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i % 50)}))
		e.Destination.IP = event.AddrFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i % 9)}))
		if i%10 == 9 {
			e.Source.IP = event.AddrFrom(netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1234:5678"))
		}
		e.Source.Port, e.Destination.Port = uint16(40000+i), 443
		e.Source.Country, e.Destination.Country = event.MustCountry([]string{"CN", "US", "VN", "BR"}[i%4]), event.MustCountry("VN")
		e.RuleID, e.RuleName = "2024", []string{"ET SCAN Suspicious inbound to MSSQL port 1433", hostileRule, "ET EXPLOIT Apache Log4j RCE Attempt"}[i%3]
		e.RSIT = []event.RSIT{event.RSITBruteForce, event.RSITExploit, event.RSITScanner}[i%3]
		e.Stage, e.Affected, e.Severity = event.StageAttempt, event.SideDestination, uint8(i%5)
		e.URL, e.UserAgent = hostileURL, hostileAgent
		e.Residual = []byte(`{"flow":{"pkts":3},"note":"</pre><script>alert(5)</script>"}`)
		e.TLP = []event.TLP{event.TLPAmber, event.TLPUnset, event.TLPGreen}[i%3]
		e.Orgs = []event.OrgMatch{{Org: org, Reason: event.MatchPrefix, Side: event.SideDestination}}
		e.Sector, e.RawSeq, e.RawOffset = event.SectorHealth, uint64(10+i), uint32(i)
		if i == 0 {
			e.RawSeq = 9
		}
		b.Append(&e)
	}
	return b
}

type reply struct {
	status int
	body   string
	to     string
	header http.Header
}

func (r *rig) do(who, method, path string, form url.Values) reply {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.http.URL+path, strings.NewReader(form.Encode()))
	fatal(r.t, err)
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if who != "" {
		q.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(q)
	fatal(r.t, err)
	defer func() { _ = a.Body.Close() }()
	body, err := io.ReadAll(a.Body)
	fatal(r.t, err)
	return reply{a.StatusCode, string(body), a.Header.Get("Location"), a.Header}
}

func (r *rig) get(who, path string) reply { r.t.Helper(); return r.do(who, http.MethodGet, path, nil) }

func (r *rig) post(who, path string, pairs ...string) reply {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return r.do(who, http.MethodPost, path, form)
}
