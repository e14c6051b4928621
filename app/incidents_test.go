// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/incident"
)

// infected are a feed's lines on machines that took part in a botnet.
func infected(at time.Time, addrs ...string) string {
	var b strings.Builder
	b.WriteString("timestamp,ip,port,asn,geo,infection,dst_ip,dst_port,#report=event4_sinkhole_http\n")
	for i, addr := range addrs {
		fmt.Fprintf(&b, "%s,%s,%d,64500,VN,avalanche,198.51.100.7,80\n", at.UTC().Format("2006-01-02 15:04:05"), addr, 40000+i)
	}
	return b.String()
}

// feed enrols a sensor under a label and gives what sends its lines and waits
// until they are stored.
func feed(t *testing.T, a *App, name, label string, deliver bool) func(key, body string) {
	t.Helper()
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		admin.NewSensor{Sensor: event.Sensor{Name: name, Country: "VN"}, Label: label, Deliver: deliver})
	if err != nil {
		t.Fatal(err)
	}
	return func(key, body string) {
		t.Helper()
		status, batch := sendAs(t, a, "shadowserver", token.Token, key, body)
		if status != 200 {
			t.Fatalf("status %d", status)
		}
		if s := committed(t, a, name, batch); len(s.Quarantined) > 0 {
			t.Fatalf("%+v", s)
		}
	}
}

// known waits until enrichment knows whose an address is.
func known(t *testing.T, a *App, addr string) {
	t.Helper()
	at := event.AddrFrom(netip.MustParseAddr(addr))
	for deadline := time.Now().Add(time.Minute); !a.enricher.Internal(at); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not known to enrichment", addr)
		}
	}
}

func (a *App) viewerFor(t *testing.T, person identity.Person, steady bool) classify.Viewer {
	t.Helper()
	p := identity.Principal{Person: person.ID, Session: "s"}
	for _, r := range person.Roles {
		p.Roles, p.Organisations = append(p.Roles, r), append(p.Organisations, r.Organisation)
	}
	if steady {
		p.StepUp = a.now().Add(time.Minute)
	}
	return a.viewerOf(p)
}

// A member sees the machines of its own networks, says what became of them, and
// that is kept, told and audited; somebody else sees none of it.
func TestAMembersOwnIncidents(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	org, person, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	sendFeed := feed(t, a, "feed", "TLP:AMBER personal:none", false)
	sendFeed("k1", infected(a.now().Add(-time.Hour), "203.0.113.9", "203.0.113.10", "203.0.113.9", "192.0.2.1"))

	v := a.viewerFor(t, person, false)
	list, cut, err := a.Incidents(t.Context(), v)
	if err != nil || cut || len(list.Value()) != 2 || !list.Viewer().Same(v) {
		t.Fatalf("%+v, cut %v, %v", list.Value(), cut, err)
	}
	for _, i := range list.Value() {
		if i.Org != org || i.Tier != event.T2 || i.Stage != event.StageIncident || i.Status != event.StatusOpen || i.Replay {
			t.Errorf("%+v", i)
		}
	}
	first := list.Value()[0]
	if err := a.SetStatus(t.Context(), v, first.Key, event.StatusInProgress, "đang xử lý"); err != nil {
		t.Fatal(err)
	}
	list, _, err = a.Incidents(t.Context(), v)
	if err != nil || a.find(t, list, first.Key).Status != event.StatusInProgress {
		t.Errorf("what was said is not seen: %+v, %v", list.Value(), err)
	}
	h, err := a.History(v, &first)
	if err != nil || len(h) != 1 || h[0].Who != person.ID || h[0].Note != "đang xử lý" {
		t.Errorf("%+v, %v", h, err)
	}
	if err := a.SetStatus(t.Context(), v, list.Value()[1].Key, event.StatusNotOurs, ""); err != nil {
		t.Fatal(err)
	}
	if _, text := get(t, a, "", "/metrics"); !strings.Contains(text, "haidang_incident_excluded_incidents 1\n") {
		t.Error("what is not theirs is not counted")
	}
	if err := a.SetStatus(t.Context(), v, first.Key, event.Status(99), ""); !errors.Is(err, incident.ErrInvalid) {
		t.Error(err)
	}

	stranger := classify.NewViewer(classify.Attributes{Person: "x", Roles: []classify.Role{classify.Member}, Orgs: []uint32{org + 1}, StepUp: true})
	if list, _, err := a.Incidents(t.Context(), stranger); err != nil || len(list.Value()) != 0 {
		t.Errorf("a stranger sees %+v, %v", list.Value(), err)
	}
	if err := a.SetStatus(t.Context(), stranger, first.Key, event.StatusResolved, ""); !errors.Is(err, classify.ErrNotFound) {
		t.Error(err)
	}
	if _, err := a.History(stranger, &first); !errors.Is(err, classify.ErrNotFound) {
		t.Error(err)
	}
	team := classify.NewViewer(classify.Attributes{Person: "y", Roles: []classify.Role{classify.Member}, Orgs: []uint32{org + 1}, Clients: []uint32{org}})
	if list, _, err := a.Incidents(t.Context(), team); err != nil || len(list.Value()) != 2 {
		t.Errorf("the team of a client sees %+v, %v", list.Value(), err)
	}
	if err := a.SetStatus(t.Context(), team, first.Key, event.StatusResolved, ""); !errors.Is(err, classify.ErrForbidden) {
		t.Error(err)
	}
	p, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{Action: audit.Incident})
	if err != nil || len(p.Entries) != 2 || p.Entries[1].Object.IDs[0] != first.Key.String() || p.Entries[0].Actor != a.audit.Pseudonym(person.ID) {
		t.Errorf("%+v, %v", p.Entries, err)
	}
}

func (a *App) find(t *testing.T, list classify.Released[[]event.Incident], key event.Bytes16) event.Incident {
	t.Helper()
	for _, i := range list.Value() {
		if i.Key == key {
			return i
		}
	}
	t.Fatalf("no incident %v", key)
	return event.Incident{}
}

// A resolved machine that is seen again has returned.
func TestARelapse(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	_, person, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	sendFeed := feed(t, a, "feed", "TLP:AMBER", false)
	sendFeed("k1", infected(testNow().Add(-48*time.Hour), "203.0.113.9"))
	v := a.viewerFor(t, person, false)
	list, _, err := a.Incidents(t.Context(), v)
	if err != nil || len(list.Value()) != 1 {
		t.Fatalf("%+v, %v", list.Value(), err)
	}
	a.bookAt(t, testNow().Add(-24*time.Hour))
	if err := a.SetStatus(t.Context(), v, list.Value()[0].Key, event.StatusResolved, ""); err != nil {
		t.Fatal(err)
	}
	sendFeed("k2", infected(testNow().Add(-time.Hour), "203.0.113.9"))
	a.own.forget()
	list, _, err = a.Incidents(t.Context(), v)
	if err != nil || len(list.Value()) != 1 || list.Value()[0].Status != event.StatusOpen || list.Value()[0].Relapses != 1 {
		t.Errorf("%+v, %v", list.Value(), err)
	}
}

// bookAt has the book of incidents kept by another clock.
func (a *App) bookAt(t *testing.T, at time.Time) {
	t.Helper()
	b, err := a.journal.Bucket(t.Context(), "incidents")
	if err != nil {
		t.Fatal(err)
	}
	if a.book, err = incident.NewBook(incident.BookConfig{}, incident.Dependencies{Now: func() time.Time { return at }, Bucket: b}); err != nil {
		t.Fatal(err)
	}
	if err := a.book.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Internal data are for those who showed a passkey, and only where the source
// permits delivery.
func TestInternalIncidentsNeedAPasskey(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	_, person, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	feed(t, a, "delivers", "TLP:AMBER+STRICT", true)("k1", infected(testNow().Add(-time.Hour), "203.0.113.9"))
	feed(t, a, "keeps", "TLP:AMBER+STRICT", false)("k1", infected(testNow().Add(-time.Hour), "203.0.113.10"))
	for _, c := range []struct {
		steady bool
		want   int
	}{{true, 1}, {false, 0}} {
		list, _, err := a.Incidents(t.Context(), a.viewerFor(t, person, c.steady))
		if err != nil || len(list.Value()) != c.want {
			t.Fatalf("passkey %v: %+v, %v", c.steady, list.Value(), err)
		}
		for _, i := range list.Value() {
			if i.Tier != event.T3 || !i.Closed() || i.Machine.Addr != event.AddrFrom(netip.MustParseAddr("203.0.113.9")) {
				t.Errorf("%+v", i)
			}
		}
	}
	p := readEntries(t, a)
	if len(p) != 1 || p[0].Object.Kind != "incident" || p[0].Tier != "T3" || p[0].Count != 1 || p[0].Purpose != "own" {
		t.Errorf("%+v", p)
	}
}
