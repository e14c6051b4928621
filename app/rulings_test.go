// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	analysts "haidang/share/desk"
)

// firstRecord gives the id of a record that an analyst finds.
func firstRecord(t *testing.T, a *App) event.Bytes16 {
	t.Helper()
	p, err := a.gate.Events(t.Context(), classify.OperatorNamed("test"), event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1})
	if err != nil || p.Value().Rows == nil || p.Value().Rows.Rows() != 1 {
		t.Fatal(p.Value(), err)
	}
	return p.Value().Rows.ID[0]
}

// An analyst labels one record stricter on its page: who may not see it any more
// gets it from no page, list, export and count, at once and after a restart, until
// that is withdrawn. What happened is in the audit log.
func TestARulingHoldsEverywhere(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	org, _, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k", infected(a.now().Add(-time.Hour), "203.0.113.9"))
	id := firstRecord(t, a)
	steward := identity.Role{Name: identity.RoleSteward, Organisation: org}
	exits := []string{"/en/my", "/en/my/export/incidents.csv", "/en/my/export/sightings.csv", "/en/my/export/incidents.json"}
	var get func(string) (int, string)
	seen := func() (n int) {
		for _, path := range exits {
			if status, page := get(path); status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			} else if strings.Contains(page, "203.0.113.9") || strings.Contains(page, "avalanche") {
				n++
			}
		}
		return n
	}
	counted := func() int64 {
		n, err := a.gate.CountFor(t.Context(), classify.OperatorNamed("test"), classify.Search, event.Query{From: event.TimeUnset, To: event.TimeUnset}, []event.Metric{event.MetricRecords})
		if err != nil {
			t.Fatal(err)
		}
		return n.Value()[0]
	}
	get, _ = browse(t, a, steward)
	ask := seated(t, a, identity.RoleAnalyst)
	if n := seen(); n != len(exits) || counted() != 1 {
		t.Fatalf("before: %d of %d exits show it, %d counted", n, len(exits), counted())
	}
	grounds := a.gate.Grounds(classify.OperatorNamed("test"))
	form := url.Values{"record": {id.String()}, "does": {"tighten"}, "label": {"TLP:RED"}, "reason": {"the source asked"}, "step": {"decide"}}
	if status, page := ask(http.MethodPost, "/en/desk/labels/new", form); status != http.StatusSeeOther {
		t.Fatal(status, page)
	}
	// Five seconds are promised; the next question gets nothing.
	if n := seen(); n != 0 || counted() != 0 {
		t.Errorf("after it: %d exits still show it, %d counted", n, counted())
	}
	if a.gate.Holds(grounds, classify.OperatorNamed("test")) {
		t.Error("what was being sent goes on")
	}
	if status, _ := ask(http.MethodGet, "/en/desk/records/"+id.String(), nil); status != http.StatusNotFound {
		t.Errorf("the record's page: %d", status)
	}
	p, err := a.audit.Entries(t.Context(), 0, 10, audit.Filter{Action: audit.Label})
	if err != nil || len(p.Entries) != 1 || !slices.Contains(p.Entries[0].Object.IDs, "record:"+id.String()) || !slices.Contains(p.Entries[0].Object.IDs, "T4") {
		t.Errorf("%+v %v", p.Entries, err)
	}
	if status, page := seated(t, a, identity.RoleAuditor)(http.MethodGet, "/en/desk/labels", nil); status != http.StatusOK || !strings.Contains(page, "the source asked") {
		t.Errorf("the auditor's list: %d", status)
	}

	stop(t, a)
	a = observatory(t, data)
	defer func() { stop(t, a) }()
	get, _ = browse(t, a, steward)
	ask = seated(t, a, identity.RoleAnalyst)
	if n := seen(); n != 0 || counted() != 0 {
		t.Errorf("after a restart: %d exits show it", n)
	}
	_, list := ask(http.MethodGet, "/en/desk/labels", nil)
	ruling := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(list)
	if ruling == nil {
		t.Fatal(list)
	}
	if status, page := ask(http.MethodPost, "/en/desk/labels", url.Values{"id": {ruling[1]}, "why": {"no longer"}}); status != http.StatusSeeOther {
		t.Fatal(status, page)
	}
	if n := seen(); n != len(exits) || counted() != 1 {
		t.Errorf("after it was withdrawn: %d of %d exits show it", n, len(exits))
	}
}

// Who is known to be benign tells nobody: marked records make no incidents and no
// notices, those that come later are kept marked and not counted as attacks.
func TestKnownBenignTellsNobody(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	org, person, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	send := feed(t, a, "feed", "TLP:AMBER personal:none", false)
	send("k", infected(a.now().Add(-time.Hour), "203.0.113.9"))
	member := a.viewerFor(t, person, false)
	incidents := func() int {
		list, _, err := a.Incidents(t.Context(), member)
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Value())
	}
	if incidents() != 1 {
		t.Fatal("there is no incident to begin with")
	}
	who := analysts.Asker{Viewer: classify.OperatorNamed("test"), Actor: "operator/test", Steady: true}
	d := analysts.Decision{Reason: "our own sinkhole", Expires: a.now().Add(time.Hour), Ruling: classify.Ruling{Does: classify.Benign, Of: classify.Selector{
		Host: netip.MustParsePrefix("198.51.100.7/32"), From: event.TimeOf(a.now().Add(-24 * time.Hour)), To: event.TimeOf(a.now().Add(24 * time.Hour)), Received: event.TimeUnset,
	}}}
	made, err := decisions{a}.Decide(t.Context(), who, d)
	if err != nil {
		t.Fatal(err)
	}
	if n := incidents(); n != 0 {
		t.Errorf("%d incidents of what is benign", n)
	}
	due, err := a.fresh(t.Context(), sought{viewer: member, purpose: classify.Own, keep: func(i *event.Incident) bool { return i.Org == org }}, 0)
	if err != nil || len(due.list) != 0 {
		t.Errorf("somebody would be told of %+v, %v", due, err)
	}
	before := a.measure.Picture()
	send("k2", infected(a.now(), "203.0.113.10")) // of today, whatever the hour
	all := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 10}
	p, err := a.gate.Events(t.Context(), who.Viewer, all)
	if err != nil || p.Value().Rows.Rows() != 2 || !strings.HasPrefix(p.Value().Rows.Excluded.At(0), "ruling ") {
		t.Errorf("%v %v", p.Value(), err)
	}
	after := a.measure.Picture()
	for deadline := time.Now().Add(time.Minute); after.World.Excluded == before.World.Excluded && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		after = a.measure.Picture()
	}
	if after.World.Incidents != before.World.Incidents || after.World.Excluded != before.World.Excluded+1 {
		t.Errorf("counts went from %+v to %+v", before.World, after.World)
	}
	all.Filters = []event.Filter{{Field: "cert.excluded", Op: event.OpExists}}
	n, err := a.gate.CountFor(t.Context(), who.Viewer, classify.Search, all, []event.Metric{event.MetricRecords})
	if err != nil || n.Value()[0] != 1 {
		t.Errorf("asked for, the marked are counted: %v %v", n.Value(), err)
	}
	if err := (decisions{a}).Withdraw(t.Context(), who, made.ID, "it moved"); err != nil || incidents() != 1 {
		t.Errorf("after it was withdrawn: %d incidents, %v", incidents(), err)
	}
}

// What an organisation calls a false alarm is in its list still, and in no
// drill-down any more, until it says something else.
func TestFalseAlarmsAreNotCounted(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	_, person, _ := hospital(t, a)
	known(t, a, "203.0.113.9")
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k", infected(a.now().Add(-time.Hour), "203.0.113.9", "203.0.113.10"))
	member := a.viewerFor(t, person, false)
	counted := func() int64 {
		q := event.Query{From: event.TimeUnset, To: event.TimeUnset}
		n, err := a.gate.Count(t.Context(), classify.OperatorNamed("test"), q, []event.Metric{event.MetricRecords})
		if err != nil {
			t.Fatal(err)
		}
		return n.Value()[0]
	}
	list, _, err := a.Incidents(t.Context(), member)
	if err != nil || len(list.Value()) != 2 || counted() != 2 {
		t.Fatalf("%+v %v, %d counted", list.Value(), err, counted())
	}
	key := list.Value()[0].Key
	for _, c := range []struct {
		status event.Status
		want   int64
	}{{event.StatusFalsePositive, 1}, {event.StatusNotOurs, 2}, {event.StatusFalsePositive, 1}, {event.StatusOpen, 2}} {
		if err := a.SetStatus(t.Context(), member, key, c.status, ""); err != nil {
			t.Fatal(err)
		}
		if n := counted(); n != c.want {
			t.Errorf("after %v: %d counted, want %d", c.status, n, c.want)
		}
		if list, _, err := a.Incidents(t.Context(), member); err != nil || len(list.Value()) != 2 {
			t.Errorf("after %v the member has %d incidents, %v", c.status, len(list.Value()), err)
		}
	}
}

// kept is a bucket in memory that can refuse.
type kept struct {
	all   map[string][]byte
	fault error
}

func (k *kept) Put(_ context.Context, key string, value []byte) error {
	if k.fault == nil {
		k.all[key] = value
	}
	return k.fault
}
func (k *kept) List(context.Context) (map[string][]byte, error) { return k.all, nil }

// A decision is written down first, then kept, then holds; it runs out by itself.
func TestRulingsAreKept(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	bucket := &kept{all: map[string][]byte{}}
	var noted []audit.Entry
	var refuse error
	open := func() *rulings {
		u := &rulings{bucket: bucket, now: func() time.Time { return now }, owners: func(string) []uint32 { return []uint32{7} }, note: func(_ context.Context, e audit.Entry) error {
			noted = append(noted, e)
			return refuse
		}}
		if err := u.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := open()
	label, err := event.ParseLabel("TLP:CLEAR personal:none")
	if err != nil {
		t.Fatal(err)
	}
	d := analysts.Decision{Reason: "Báo cáo quý", Basis: "letter 12", By: "person/p", Expires: now.Add(time.Hour), Ruling: classify.Ruling{
		Does: classify.Release, Label: label, Of: classify.Selector{
			Sensor: "hue-1", From: event.TimeOf(now.Add(-time.Hour)), To: event.TimeOf(now), Received: event.TimeOf(now), Rule: "2001219",
			Kind: event.RSITScanner, Host: netip.MustParsePrefix("192.0.2.0/24"),
		},
	}}
	refuse = errors.New("the disk is full")
	if _, err := u.decide(t.Context(), "someone", d); !errors.Is(err, classify.ErrUnwitnessed) || len(bucket.all) != 0 {
		t.Errorf("kept although it could not be written down: %v", err)
	}
	refuse, bucket.fault = nil, errors.New("the journal is away")
	if _, err := u.decide(t.Context(), "someone", d); err == nil {
		t.Error("no error although it is not kept")
	}
	if list, _ := u.Rulings(); len(list) != 0 {
		t.Errorf("holds although it is not kept: %+v", list)
	}
	bucket.fault = nil
	made, err := u.decide(t.Context(), "someone", d)
	if err != nil {
		t.Fatal(err)
	}
	last := noted[len(noted)-1]
	if last.Action != audit.Release || last.Actor != "someone" || !slices.Equal(last.Organisations, []string{"7"}) || slices.Contains(last.Object.IDs, "2001219") {
		t.Errorf("%+v", last)
	}
	again := open()
	if got := again.decisions(); len(got) != 1 || got[0].ID != made.ID || got[0].Of != made.Of || got[0].Reason != d.Reason || got[0].Basis != d.Basis || !got[0].Label.Equal(&d.Label) || !got[0].Expires.Equal(d.Expires) {
		t.Errorf("kept %+v\nread %+v", made, got)
	}
	list, version := again.Rulings()
	if _, same := again.Rulings(); len(list) != 1 || same != version {
		t.Errorf("%d hold, version %d", len(list), version)
	}
	now = now.Add(2 * time.Hour)
	if list, later := again.Rulings(); len(list) != 0 || later == version {
		t.Errorf("after its end %d hold, version %d after %d", len(list), later, version)
	}
	if err := again.withdraw(t.Context(), "other", "person/q", made.ID, "done with"); err != nil {
		t.Fatal(err)
	}
	if err := again.withdraw(t.Context(), "other", "person/q", made.ID, "twice"); !errors.Is(err, classify.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if got := open().decisions(); got[0].WithdrawnBy != "person/q" || got[0].WithdrawnWhy != "done with" || got[0].Withdrawn.IsZero() {
		t.Errorf("%+v", got)
	}
	bucket.all["x"] = []byte(`{"id":"x","does":"burn"}`)
	if err := (&rulings{bucket: bucket, now: u.now}).load(t.Context()); err == nil || !strings.Contains(err.Error(), "entry x") {
		t.Errorf("an entry that cannot be read: %v", err)
	}
}
