// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/classify"
	"haidang/event"
	"haidang/incident"
	"haidang/vitals"
)

// memory is a bucket without a disk; what is written is copied. fail, where it
// is set, refuses.
type memory struct {
	mu   sync.Mutex
	data map[string][]byte
	fail func(key string, value []byte) error
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(key, value); err != nil {
			return err
		}
	}
	if m.data == nil {
		m.data = map[string][]byte{}
	}
	m.data[key] = bytes.Clone(value)
	return nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.data, key)
	return nil
}

func (m *memory) List(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.data), nil
}

// prepared are incidents as they are; the gate groups no records for it.
type prepared []event.Incident

func (prepared) Add(*event.Batch) {}

func (p prepared) Incidents() []event.Incident { return p }

// noRecords is a store without records.
type noRecords struct{ classify.Records }

func (noRecords) Events(context.Context, event.Query) (classify.Page, error) {
	return classify.Page{Rows: &event.Batch{}}, nil
}

// released takes incidents through the gate.
func released(t testing.TB, g classify.Grouping, records classify.Records) classify.Released[[]event.Incident] {
	t.Helper()
	page, err := classify.NewGate(nil, records, nil).Events(t.Context(), classify.OperatorNamed("test"), event.Query{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := classify.Incidents(g, page)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ready(t testing.TB, list ...event.Incident) classify.Released[[]event.Incident] {
	t.Helper()
	return released(t, prepared(list), noRecords{})
}

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC) // a Monday, 12:00 in Hà Nội

func mustAddr(s string) event.Addr {
	a, err := event.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

func bot(n int) event.Incident {
	return event.Incident{
		Key: event.Bytes16{0: 1, 14: byte(n >> 8), 15: byte(n)}, Org: 7,
		Machine: event.Machine{Addr: mustAddr("203.0.113.5"), Hosts: []string{"gw.hospital.vn"}},
		Problem: event.Problem{RSIT: event.RSITInfectedSystem, By: event.ProblemMalware, Name: "avalanche"},
		Stage:   event.StageIncident, Severity: event.SeverityHigh, Confidence: 80,
		First: event.TimeOf(noon.Add(-time.Hour)), Last: event.TimeOf(noon), Count: 1234, Tier: event.T2,
		Sensors: []event.ObserverType{event.ObserverFeed}, Reason: event.MatchPrefix, Status: event.StatusOpen, StatusAt: event.TimeUnset,
		Samples: []event.Sighting{{
			Time: event.TimeOf(noon), PublicAddr: mustAddr("203.0.113.5"), SourcePort: 40001,
			RemoteAddr: mustAddr("198.51.100.1"), RemotePort: 443, Transport: 6, Protocol: "tls", Rule: "ET MALWARE check-in",
		}},
	}
}

var hospital = Contact{ID: "soc", Org: 7, OrgName: "Bệnh viện Đa khoa Trung ương Huế", Email: "soc@hospital.vn", Language: "vi"}

// scripted is a source that tests fill.
type scripted struct {
	mu    sync.Mutex
	due   map[Cadence][]Due
	asked []string
}

func (s *scripted) New(_ context.Context, c Cadence, since time.Time) ([]Due, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, c.String()+" "+since.UTC().Format(time.RFC3339))
	return s.due[c], nil
}

func (s *scripted) set(c Cadence, due ...Due) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due == nil {
		s.due = map[Cadence][]Due{}
	}
	s.due[c] = due
}

// letter is what a real mail server received.
type letter struct {
	from, to string
	raw      []byte
}

// relay is a mail relay on loopback.
type relay struct {
	t       testing.TB
	mu      sync.Mutex
	letters []letter
	logins  []string
	auth    bool // insists on it
	refuse  func(to string) error
	garble  func() error // after the content was taken
	port    int
}

func (r *relay) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{relay: r, conn: c}, nil
}

// serve runs the relay until the test ends.
func (r *relay) serve(t testing.TB, change func(s *smtp.Server)) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return r.serveOn(t, l, change)
}

func (r *relay) serveOn(t testing.TB, l net.Listener, change func(s *smtp.Server)) *relay {
	t.Helper()
	r.t = t
	s := smtp.NewServer(r)
	s.Domain, s.ErrorLog = "relay.example", quiet{}
	if change != nil {
		change(s)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		r.port = a.Port
	}
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return r
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (r *relay) received() []letter {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]letter(nil), r.letters...)
}

type session struct {
	relay    *relay
	conn     *smtp.Conn
	from, to string
	signedIn bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "haidang" || password != "right" {
			return smtp.ErrAuthFailed
		}
		s.relay.mu.Lock()
		defer s.relay.mu.Unlock()
		_, encrypted := s.conn.TLSConnectionState()
		s.relay.logins = append(s.relay.logins, map[bool]string{true: "encrypted", false: "in clear"}[encrypted])
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.relay.auth && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.relay.refuse != nil {
		return s.relay.refuse(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.letters = append(s.relay.letters, letter{s.from, s.to, raw})
	if s.relay.garble != nil {
		return s.relay.garble()
	}
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// opened is a letter as a mail reader takes it apart.
type opened struct {
	header     netmail.Header
	subject    string
	text, html string
}

func (l *letter) open(t testing.TB) opened {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s: %v", kind, err)
	}
	o := opened{header: m.Header}
	if o.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return o
		}
		if err != nil {
			t.Fatal(err)
		}
		if e := p.Header.Get("Content-Transfer-Encoding"); e != "quoted-printable" {
			t.Fatalf("part encoded as %q", e)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		switch kind := p.Header.Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/plain") && o.html == "":
			o.text = string(body)
		case strings.HasPrefix(kind, "text/html"):
			o.html = string(body)
		default:
			t.Fatalf("part %q out of order", kind)
		}
	}
}

// bench is a notifier with everything around it, its clock moved by hand.
type bench struct {
	*Notifier
	t       testing.TB
	source  *scripted
	bucket  *memory
	board   *vitals.Board
	log     *bytes.Buffer
	clock   time.Time
	secrets map[string]string
}

func newBench(t testing.TB, bucket *memory, c Config) *bench {
	t.Helper()
	b := &bench{t: t, source: &scripted{}, bucket: bucket, board: &vitals.Board{}, log: &bytes.Buffer{}, clock: noon, secrets: map[string]string{"soc": "0123456789abcdef0123456789abcdef"}}
	if c.URL == "" {
		c.URL = "https://haidang.example"
	}
	n, err := New(c, Dependencies{
		Log: slog.New(slog.NewTextHandler(b.log, nil)), Metrics: prometheus.NewRegistry(), Now: func() time.Time { return b.clock },
		Board: b.board, Bucket: bucket, Source: b.source, Advise: incident.Advise,
		Secret: func(contact, _ string) ([]byte, error) { return []byte(b.secrets[contact]), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Notifier = n
	if err := n.outbox.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// turn moves the clock, looks for what is new and sends it.
func (b *bench) turn(d time.Duration) {
	b.clock = b.clock.Add(d)
	b.look(b.t.Context())
	b.deliver(b.t.Context(), byMail)
	b.deliver(b.t.Context(), byWebhook)
}

func (r *relay) config() MailConfig {
	return MailConfig{Host: "127.0.0.1", Port: r.port, Security: Plain, From: "notices@haidang.example", Timeout: time.Minute}
}
