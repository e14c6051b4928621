// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"haidang/audit"
	"haidang/classify"
	"haidang/config"
	"haidang/event"
	"haidang/identity"
	"haidang/share/notice"
)

// postOffice is a mail relay on loopback.
type postOffice struct {
	mu      sync.Mutex
	letters []letter
	port    int
}

type letter struct{ to, subject, text, raw string }

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &postSession{office: p}, nil
}

type postSession struct {
	office *postOffice
	to     string
}

func (s *postSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	l := letter{to: s.to, raw: string(raw)}
	l.subject, _ = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		body, _ := io.ReadAll(quotedprintable.NewReader(part))
		l.text += string(body)
	}
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.letters = append(s.office.letters, l)
	return nil
}

func (s *postSession) Reset()        {}
func (s *postSession) Logout() error { return nil }

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{port: l.Addr().(*net.TCPAddr).Port}
	s := smtp.NewServer(p)
	s.Domain = "relay.example"
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return p
}

func (p *postOffice) received() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.letters)
}

// wait gives the letters once there are n.
func (p *postOffice) wait(t *testing.T, n int) []letter {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if all := p.received(); len(all) >= n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d letters, not %d", len(p.received()), n)
		}
	}
}

// notifying runs an observatory that tells by mail, looking often.
func notifying(t *testing.T, p *postOffice, data string, change func(*config.Config)) *App {
	t.Helper()
	cfg := settingsOf(data)
	cfg.Notices.Host, cfg.Notices.Port, cfg.Notices.Security = "127.0.0.1", p.port, "plain"
	cfg.Notices.From, cfg.Notices.Every, cfg.Notices.Relapse = "notices@haidang.example", 150*time.Millisecond, time.Millisecond
	cfg.Notices.Fallback = "national@haidang.example"
	if change != nil {
		change(&cfg)
	}
	return observing(t, cfg)
}

// told has the hospital's contacts be told.
func told(t *testing.T, a *App, org uint32, contacts ...identity.Contact) {
	t.Helper()
	o, _ := a.identity.Organisation(org)
	o.Contacts = contacts
	if err := a.identity.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if r := a.routed.Load(); r != nil && len(r.contacts) == len(contacts) && r.byID[org] != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the contacts are not routed")
		}
	}
}

var soc = identity.Contact{Email: "soc@hospital.example", Language: "en"}

// From a sensor's request to the hospital's letter box: once; again only when
// what was resolved returns; and the log says so.
func TestFromTheDoorToTheLetter(t *testing.T) {
	p := openPostOffice(t)
	a := notifying(t, p, t.TempDir(), nil)
	defer stop(t, a)
	org, person, _ := hospital(t, a)
	told(t, a, org, soc)
	known(t, a, "203.0.113.9")
	sendFeed := feed(t, a, "feed", "TLP:AMBER personal:none", false)
	sendFeed("k1", infected(testNow().Add(-4*time.Hour), "203.0.113.9", "203.0.113.10", "192.0.2.1"))
	first := p.wait(t, 1)[0]
	if first.to != soc.Email || !strings.HasPrefix(first.subject, "[TLP:AMBER] ") {
		t.Errorf("to %s: %s", first.to, first.subject)
	}
	for _, has := range []string{"203.0.113.9", "203.0.113.10", "avalanche", "203.0.113.0/24"} {
		if !strings.Contains(first.text, has) {
			t.Errorf("the letter does not say %s", has)
		}
	}
	if strings.Contains(first.raw+first.text, "192.0.2.1\n") || strings.Contains(first.text, " 192.0.2.1 ") {
		t.Error("another's machine is in the letter")
	}
	sendFeed("k2", infected(testNow().Add(-3*time.Hour), "203.0.113.9")) // nothing new

	v := a.viewerFor(t, person, false)
	list, _, err := a.Incidents(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list.Value(), func(i event.Incident) bool { return i.Machine.Addr.String() == "203.0.113.9" })
	if err := a.SetStatus(t.Context(), v, list.Value()[at].Key, event.StatusResolved, "cài lại máy"); err != nil {
		t.Fatal(err)
	}
	sendFeed("k3", infected(testNow().Add(2*time.Second), "203.0.113.9")) // it was not clean
	second := p.wait(t, 2)
	if len(second) != 2 || !strings.Contains(second[1].text, "203.0.113.9") || strings.Contains(second[1].text, "203.0.113.10") {
		t.Errorf("%d letters; the last one says %s", len(second), second[len(second)-1].text)
	}
	entries, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{Action: audit.Notice})
	if err != nil || len(entries.Entries) != 2 || entries.Entries[1].Count != 2 || entries.Entries[1].Tier != "T2" {
		t.Errorf("%+v, %v", entries.Entries, err)
	}
}

// Internal data do not leave: a letter says that there are some, and where to
// sign in.
func TestInternalDataDoNotLeave(t *testing.T) {
	p := openPostOffice(t)
	a := notifying(t, p, t.TempDir(), nil)
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	told(t, a, org, soc)
	known(t, a, "203.0.113.9")
	feed(t, a, "keeps", "TLP:AMBER+STRICT", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.11"))
	feed(t, a, "delivers", "TLP:AMBER+STRICT", true)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9"))
	l := p.wait(t, 1)[0]
	for _, secret := range []string{"203.0.113", "avalanche", "198.51.100.7", "nfected"} {
		if strings.Contains(l.raw, secret) || strings.Contains(l.text, secret) {
			t.Errorf("the letter says %s:\n%s", secret, l.text)
		}
	}
	if !strings.Contains(l.text, a.Address()+"/en/my") {
		t.Errorf("the letter does not say where to sign in:\n%s", l.text)
	}
	bucket, err := a.journal.Bucket(t.Context(), "notices")
	if err != nil {
		t.Fatal(err)
	}
	all, err := bucket.List(t.Context())
	for key, value := range all {
		if bytes.Contains(value, []byte("203.0.113")) || bytes.Contains(value, []byte("avalanche")) {
			t.Errorf("the outbox holds %s: %s", key, value)
		}
	}
	if err != nil || len(p.received()) != 1 {
		t.Errorf("%d letters, %v", len(p.received()), err)
	}
}

// A contact is told what it asked for, when it asked for it; what nobody answers
// for is the national inbox's.
func TestWhoIsDue(t *testing.T) {
	p := openPostOffice(t)
	a := notifying(t, p, t.TempDir(), func(c *config.Config) { c.Notices.Every = time.Hour })
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	ministry, err := a.identity.CreateOrganisation(t.Context(), identity.Organisation{
		Name: identity.Name{VI: "Bộ Ví Dụ"}, Type: "state-body", Contacts: []identity.Contact{{Email: "ministry@example.vn", Language: "vi"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	known(t, a, "203.0.113.9")
	began := testNow().Add(-time.Minute)
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9", "192.0.2.1"))
	src := &newcomers{app: a}
	due := func(c notice.Cadence) map[string]int {
		t.Helper()
		a.reroute()
		list, err := src.New(t.Context(), c, began)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]int{}
		for _, d := range list {
			out[d.Contact.Email] += len(d.Incidents.Value())
			if len(d.Why) != 2 || d.Contact.ID == "" || strings.Contains(d.Contact.ID, "@") {
				t.Errorf("%+v", d.Contact)
			}
		}
		return out
	}
	set := func(change func(*identity.Organisation), contacts ...identity.Contact) {
		t.Helper()
		o, _ := a.identity.Organisation(org)
		o.Contacts = contacts
		if change != nil {
			change(&o)
		}
		if err := a.identity.UpdateOrganisation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	digest, fraud, open, severe := soc, soc, soc, soc
	digest.Email, digest.Digest = "daily@hospital.example", true
	fraud.Kinds = []string{"fraud"}
	open.Tiers = []string{"T0"}
	severe.Severity = event.SeverityFatal
	infection := soc
	infection.Kinds = []string{"malicious-code"}

	set(nil, soc, digest)
	if now, daily := due(notice.AtOnce), due(notice.Daily); now[soc.Email] != 1 || now[digest.Email] != 0 || daily[digest.Email] != 1 || daily[soc.Email] != 0 || daily["national@haidang.example"] != 1 {
		t.Errorf("at once %v, daily %v", now, daily)
	}
	set(nil, infection)
	if now := due(notice.AtOnce); now[soc.Email] != 1 {
		t.Errorf("%v", now)
	}
	for _, c := range []identity.Contact{fraud, open, severe} {
		set(nil, c)
		if now := due(notice.AtOnce); len(now) != 0 {
			t.Errorf("%+v: %v", c, now)
		}
	}
	// The organisation above is asked only if this one is its client.
	set(func(o *identity.Organisation) { o.Parent = ministry }, fraud)
	if now, daily := due(notice.AtOnce), due(notice.Daily); len(now) != 0 || daily["national@haidang.example"] != 2 {
		t.Errorf("at once %v, daily %v", now, daily)
	}
	m, _ := a.identity.Organisation(ministry)
	m.Clients = []uint32{org}
	if err := a.identity.UpdateOrganisation(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if now := due(notice.AtOnce); now["ministry@example.vn"] != 1 {
		t.Errorf("%v", now)
	}
	if list, err := src.New(t.Context(), notice.Daily, testNow().Add(time.Hour)); err != nil || len(list) != 0 {
		t.Errorf("nothing is new, yet %d are due, %v", len(list), err)
	}
	if err := a.identity.DisableOrganisation(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	if now := due(notice.AtOnce); len(now) != 0 {
		t.Errorf("of a disabled organisation: %v", now)
	}
	if all := readEntries(t, a); len(all) != 0 {
		t.Errorf("looking for news is in the log as reading: %+v", all)
	}
}

func TestReplaysAreToldToNobody(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	told(t, a, org, soc)
	known(t, a, "203.0.113.9")
	a.cfg.Portal.Replay, a.cfg.Notices.Host = true, "127.0.0.1"
	steps := len(a.life.steps)
	if err := a.startNotices(t.Context()); err != nil || len(a.life.steps) != steps {
		t.Errorf("an observatory of replays sends notices, %v", err)
	}
}

// What waits in the journal while it is looked for is looked for again.
func TestNewsAreNotMissedWhileBehind(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	n := &newcomers{app: a}
	now := testNow()
	if from := n.from(now.Add(-time.Hour)); !from.Equal(now.Add(-time.Hour)) {
		t.Errorf("the first look begins at %v", from)
	}
	if from := n.from(now.Add(time.Hour)); from.After(testNow().Add(-acceptance)) {
		t.Errorf("records under way at the last look are passed over: from %v", from)
	}
}

func TestTellerSeesItsOrganisationOnly(t *testing.T) {
	for steady, tier := range map[bool]event.Tier{false: event.T2, true: event.T3} {
		v := teller(steady, 7)
		deliver := classify.Enrolment()
		deliver.Terms.Deliver = true
		deliver.Default.Tier = tier
		for _, org := range []uint32{7, 8} {
			e := &event.Event{Affected: event.SideSource, Orgs: []event.OrgMatch{{Org: org, Side: event.SideSource}}}
			f := classify.FactsOf(e, classify.OneForAll(deliver), classify.NoGroups{})
			if got := classify.Decide(v, classify.Own, &f).Kind != classify.Nothing; got != (org == 7) {
				t.Errorf("steady %v: organisation %d's: %v", steady, org, got)
			}
		}
	}
	if v := teller(false, 7); v.Has(classify.Analyst) || v.Concerns(8) {
		t.Error("the teller may too much")
	}
}

func TestKindsOfContacts(t *testing.T) {
	if got := kindsOf([]string{"fraud", "malicious-code/infected-system"}); len(got) < 3 || !slices.Contains(got, event.RSITInfectedSystem) || !slices.Contains(got, event.RSITPhishing) {
		t.Errorf("%v", got)
	}
	if got := kindsOf(nil); got != nil {
		t.Errorf("%v", got)
	}
	if contactID([]byte("k"), 7, "a@b") == contactID([]byte("k"), 8, "a@b") || contactID([]byte("k"), 7, "a@b") == contactID([]byte("l"), 7, "a@b") {
		t.Error("contacts share an id")
	}
}
