// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package my

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/incident"
	"haidang/journal"
	"haidang/share/account"
	"haidang/store"
	"haidang/store/duckdb"
	"haidang/web"
)

// bucket keeps entries in memory.
type bucket struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (b *bucket) Put(_ context.Context, key string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[key] = bytes.Clone(value)
	return nil
}

func (b *bucket) List(context.Context) (map[string][]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.all), nil
}

// records asks the store in classify's words.
type records struct{ store.Store }

func (r records) Events(ctx context.Context, q event.Query) (classify.Page, error) {
	p, err := r.Store.Events(ctx, q)
	return classify.Page{Rows: p.Batch, Next: p.Next}, err
}

// agreements: what feed-1 says has no personal data; everybody else's is taken
// as sensitive. All permit delivery to the organisations concerned.
type agreements struct{}

func (agreements) Agreements() (map[string]classify.Agreement, *classify.Agreement, uint64) {
	all, feed := classify.Enrolment(), classify.Enrolment()
	all.Terms.Deliver, feed.Terms.Deliver, feed.Default.Personal = true, true, event.PersonalNone
	return map[string]classify.Agreement{"feed-1": feed}, &all, 1
}

// seen is the live picture of the test.
type seen struct{ r *rig }

func (s seen) Picture() event.Picture { return s.r.picture }

// rig is the room with the real gate before a real store, real people and the
// real book of incidents, served on loopback.
type rig struct {
	t       testing.TB
	url     string
	people  *identity.Identity
	account *account.Server
	gate    *classify.Gate
	store   store.Store
	book    *incident.Book
	picture event.Picture
	cut     bool
	told    []Delivery
	zone    texts // the domain name system
	commits uint64
	number  int
	now     time.Time
	log     *logged
}

type logged struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Now().Truncate(time.Second), log: &logged{}, zone: texts{}}
	r.picture = event.Picture{At: event.TimeOf(r.now), LastEvent: event.TimeOf(r.now)}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	ctx := t.Context()
	s := duckdb.New(duckdb.Config{Dir: t.TempDir()}, duckdb.Dependencies{})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	r.store = s
	r.gate = classify.NewGate(seen{r}, records{s}, nil).WithPolicy(classify.Policy{Agreements: agreements{}})
	r.book = must[*incident.Book](t)(incident.NewBook(incident.BookConfig{}, incident.Dependencies{Bucket: &bucket{all: map[string][]byte{}}}))
	if err := r.book.Start(ctx); err != nil {
		t.Fatal(err)
	}
	r.people = must[*identity.Identity](t)(identity.New(identity.Config{}, identity.Dependencies{Bucket: peopleBucket(t), Log: log, Seal: seal(t), Resolver: r.zone}))
	if err := r.people.Start(ctx); err != nil {
		t.Fatal(err)
	}
	r.serve(log)
	return r
}

func peopleBucket(t testing.TB) *journal.Bucket {
	t.Helper()
	j := must[*journal.Journal](t)(journal.New(journal.Config{Dir: t.TempDir(), MinFree: -1, MinFreePercent: -1, MaxBytes: 16 << 20}, journal.Dependencies{}))
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	return must[*journal.Bucket](t)(j.Bucket(t.Context(), "identity"))
}

// serve puts account and room behind one listener.
func (r *rig) serve(log *slog.Logger) {
	l := must[net.Listener](r.t)(net.Listen("tcp", "127.0.0.1:0"))
	r.url = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	assets := must[*web.Assets](r.t)(web.New())
	r.account = must[*account.Server](r.t)(account.New(account.Config{Origin: r.url}, account.Dependencies{Identity: r.people, Assets: assets, Log: log}))
	dep := r.dependencies()
	dep.Assets, dep.Log = assets, log
	room := must[*Server](r.t)(New(Config{Version: "test", Origin: r.url}, dep))
	mux := http.NewServeMux()
	for _, p := range account.Paths() {
		mux.Handle(p, r.account.Handler())
	}
	for _, p := range Paths() {
		mux.Handle(p, room.Handler())
	}
	mux.Handle("/assets/", assets)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}}
	s.Start()
	r.t.Cleanup(s.Close)
}

// dependencies are wired as the observatory wires them.
func (r *rig) dependencies() Dependencies {
	return Dependencies{
		Who: func(q *http.Request) (classify.Viewer, bool) {
			p, ok := r.account.Who(q)
			return r.viewer(p), ok
		},
		Organisations: r.organisations,
		Incidents:     r.incidents,
		Community: func(ctx context.Context, v classify.Viewer) (classify.Released[classify.Page], error) {
			return r.gate.EventsFor(ctx, v, classify.Community, event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1000})
		},
		Picture: func() classify.Released[event.Picture] { return r.gate.Picture(classify.Nobody()) },
		Why: func(ctx context.Context, v classify.Viewer, id event.Bytes16) (classify.Released[classify.Explanation], error) {
			return r.gate.Why(ctx, v, classify.Own, id)
		},
		Standing: func(v classify.Viewer) classify.Released[[]classify.Standing] {
			return r.gate.Standing(v, classify.Own)
		},
		SetStatus: func(ctx context.Context, v classify.Viewer, key event.Bytes16, s event.Status, note string) error {
			list, _, err := r.incidents(ctx, v)
			i, ok := find(list, key.String())
			if err != nil || !ok {
				return errors.Join(err, ErrForbidden)
			}
			_, err = r.book.Set(ctx, &i, incident.Word{Status: s, Who: v.Person(), Note: note})
			if err != nil {
				err = fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			return err
		},
		History: func(_ context.Context, _ classify.Viewer, i event.Incident) (out []Word, _ error) {
			for _, e := range r.book.History(i.Org, i.Key) {
				out = append(out, Word{e.Status, e.Who, e.When, e.Note, e.Relapse})
			}
			return out, nil
		},
		Identity: r.people, Deliveries: func(uint32, string) []Delivery { return r.told },
		SetContacts: r.setContacts, WriteCSV: incident.WriteCSV, Advise: incident.Advise, Protect: r.account.Protect,
		Now: func() time.Time { return r.now },
	}
}

func (r *rig) viewer(p identity.Principal) classify.Viewer {
	a := classify.Attributes{Person: p.Person, Orgs: p.Organisations, Clients: p.Clients, Sectors: p.Sectors, Communities: p.Communities, StepUp: p.SteppedUp(time.Now())}
	for _, role := range p.Roles {
		code, err := classify.Roles.Parse(role.Name)
		if err != nil {
			r.t.Error(err)
		}
		a.Roles = append(a.Roles, classify.Role(code))
	}
	return classify.NewViewer(a)
}

func (r *rig) organisations(v classify.Viewer) (out []Organisation) {
	person, _ := r.people.Person(v.Person())
	for _, o := range r.people.Organisations() {
		if v.ActsFor(o.ID) {
			out = append(out, Organisation{o, true, slices.Contains(person.Roles, identity.Role{Name: identity.RoleSteward, Organisation: o.ID})})
		}
	}
	return out
}

func (r *rig) incidents(ctx context.Context, v classify.Viewer) (classify.Released[[]event.Incident], bool, error) {
	page, err := r.gate.EventsFor(ctx, v, classify.Own, event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 10_000})
	if err != nil {
		return classify.Released[[]event.Incident]{}, false, err
	}
	list, err := classify.Incidents(grouping{must[*incident.Grouper](r.t)(incident.NewGrouper(incident.Config{Secret: []byte("0123456789abcdef")}, nil)), r.book}, page)
	return list, r.cut, err
}

// grouping groups and adds what was said.
type grouping struct {
	*incident.Grouper
	book *incident.Book
}

func (g grouping) Incidents() []event.Incident {
	list := g.Grouper.Incidents()
	g.book.Apply(list)
	return list
}

func (r *rig) setContacts(ctx context.Context, v classify.Viewer, org uint32, contacts []identity.Contact) error {
	for _, o := range r.organisations(v) {
		if o.ID == org && o.Steward {
			o.Contacts = contacts
			return r.people.UpdateOrganisation(identity.As(ctx, v.Person()), o.Organisation)
		}
	}
	return ErrForbidden
}

// texts is a domain name system of TXT records.
type texts map[string][]string

func (t texts) LookupTXT(_ context.Context, name string) ([]string, error) {
	if v := t[strings.TrimSuffix(name, ".")]; v != nil {
		return v, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func seal(t testing.TB) cipher.AEAD {
	block := must[cipher.Block](t)(aes.NewCipher(bytes.Repeat([]byte{7}, 32)))
	return must[cipher.AEAD](t)(cipher.NewGCM(block))
}

// hospital takes an organisation in, with one confirmed network.
func (r *rig) hospital(name, network string) uint32 {
	r.t.Helper()
	ctx := identity.As(r.t.Context(), "analyst")
	id := must[uint32](r.t)(r.people.CreateOrganisation(ctx, identity.Organisation{
		Name: identity.Name{VI: name}, Type: "hospital", Sector: event.SectorHealth, Communities: []string{"health-vn"},
	}))
	must[identity.Network](r.t)(r.people.Claim(ctx, id, network))
	if err := r.people.Confirm(ctx, id, network, "letter"); err != nil {
		r.t.Fatal(err)
	}
	return id
}

// record is one record of something that an organisation's machine suffers.
func (r *rig) record(org uint32, machine string, change func(*event.Event)) *event.Event {
	r.number++
	e := new(event.Event)
	e.Reset()
	e.ID = event.Bytes16{0: 1, 14: byte(r.number >> 8), 15: byte(r.number)}
	e.Time = event.TimeOf(r.now.Add(-time.Duration(r.number) * time.Minute))
	e.Ingested, e.Observer, e.ObserverType = e.Time, "feed-1", event.ObserverFeed
	e.TLP, e.PAP, e.Stage, e.RSIT, e.Count, e.Sector = event.TLPAmber, event.PAPAmber, event.StageIncident, event.RSITInfectedSystem, 1, event.SectorHealth
	e.Affected, e.Transport, e.Protocol = event.SideSource, 6, "https"
	e.Source = event.Endpoint{IP: event.AddrFrom(netip.MustParseAddr(machine)), Port: uint16(50_000 + r.number)}
	e.Destination = event.Endpoint{IP: event.AddrFrom(netip.MustParseAddr("192.0.2.66")), Port: 443}
	e.Software, e.RuleName = "mirai", "Mirai check-in"
	e.Orgs = []event.OrgMatch{{Org: org, Reason: event.MatchPrefix, Side: event.SideSource}}
	if change != nil {
		change(e)
	}
	return e
}

// inbound turns a record around: somebody came to the machine's service.
func inbound(kind event.RSIT, stage event.Stage, port uint16, rule string) func(*event.Event) {
	return func(e *event.Event) {
		e.Source, e.Destination = e.Destination, e.Source
		e.Source.Port, e.Destination.Port = e.Destination.Port, port
		e.RSIT, e.Stage, e.Affected, e.Software, e.RuleName = kind, stage, event.SideDestination, "", rule
		e.Orgs[0].Side = event.SideDestination
	}
}

func (r *rig) commit(all ...*event.Event) {
	r.t.Helper()
	b := new(event.Batch)
	for _, e := range all {
		b.Append(e)
	}
	r.commits++
	if err := r.store.Commit(r.t.Context(), store.Commit{Position: event.Position(r.commits), Batches: []*event.Batch{b}}); err != nil {
		r.t.Fatal(err)
	}
}

// browser keeps cookies, says where forms come from, as all browsers do, and
// follows no redirect.
type browser struct {
	*rig
	client *http.Client
}

func (r *rig) browser() *browser {
	jar := must[*cookiejar.Jar](r.t)(cookiejar.New(nil))
	return &browser{r, &http.Client{Jar: jar, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// invited gives a browser in which somebody with a role has just signed in.
func (r *rig) invited(role identity.Role) *browser {
	r.t.Helper()
	path, _, err := r.people.Invite(r.t.Context(), role, "")
	if err != nil {
		r.t.Fatal(err)
	}
	b := r.browser()
	if a := b.post("/account/link", "secret", strings.TrimPrefix(path, identity.LinkPath), "name", "Trần Thị Bình", "lang", "vi"); a.status != http.StatusSeeOther {
		r.t.Fatal(a.status, a.body)
	}
	return b
}

// steps is the browser after its owner showed a passkey.
func (b *browser) steps() {
	b.t.Helper()
	u := must[*url.URL](b.t)(url.Parse(b.url))
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name != "haidang" {
			continue
		}
		value, _, err := b.people.StepUp(b.t.Context(), c.Value)
		if err != nil {
			b.t.Fatal(err)
		}
		b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "haidang", Value: value, Path: "/"}})
	}
}

func (r *rig) member(org uint32) *browser {
	r.t.Helper()
	return r.invited(identity.Role{Name: identity.RoleMember, Organisation: org})
}

type reply struct {
	status   int
	body, to string
	header   http.Header
}

func (b *browser) do(q *http.Request) reply {
	b.t.Helper()
	a, err := b.client.Do(q)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	raw := must[[]byte](b.t)(io.ReadAll(a.Body))
	return reply{a.StatusCode, string(raw), a.Header.Get("Location"), a.Header}
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(must[*http.Request](b.t)(http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)))
}

// post sends a form of one of our pages, from pairs of name and value.
func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	return b.postFrom(b.url, path, pairs...)
}

func (b *browser) postFrom(origin, path string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	q := must[*http.Request](b.t)(http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode())))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Origin", origin)
	q.Header.Set("Sec-Fetch-Site", map[bool]string{true: "same-origin", false: "cross-site"}[origin == b.url])
	return b.do(q)
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
