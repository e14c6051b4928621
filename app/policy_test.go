// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/event"
)

func agreementOf(t *testing.T, a *App, c admin.ChangeAgreement) admin.Agreement {
	t.Helper()
	g, err := admin.Call[admin.Agreement](t.Context(), admin.Local(a.administration()), admin.MethodAgreement, c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// What is agreed holds from the next question on, over a restart, and is in the
// audit log.
func TestAgreementsHoldAtOnceAndForGood(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	enrolled(t, a, "hue.1")
	if g := agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue.1"}); g.Agreed || g.Label != "T3" || g.Deliver || !g.CountsOpen {
		t.Errorf("by enrolment: %+v", g)
	}
	member := classify.NewViewer(classify.Attributes{Person: "p", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7}})
	e := &event.Event{Observer: "hue.1", Affected: event.SideSource, Orgs: []event.OrgMatch{{Org: 7, Side: event.SideSource}}}
	sees := func() bool {
		f := classify.FactsOf(e, a.policy, a.policy)
		return classify.Decide(member, classify.Own, &f).Kind != classify.Nothing
	}
	if sees() {
		t.Error("a member sees what nobody agreed to deliver")
	}
	label, yes := "TLP:AMBER personal:basic", true
	agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue.1", Label: &label, Deliver: &yes})
	if !sees() {
		t.Error("the agreement does not hold")
	}
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	if g := agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue.1"}); !g.Agreed || g.Label != "T2 personal:basic" || !g.Deliver || !g.CountsOpen {
		t.Errorf("after a restart: %+v", g)
	}
	p, err := a.audit.Entries(t.Context(), 0, 100, audit.Filter{Action: audit.Policy})
	if err != nil || len(p.Entries) != 1 || !slices.Equal(p.Entries[0].Object.IDs, []string{"hue.1", "T2", "counts-open", "deliver", "personal:basic"}) {
		t.Errorf("%+v, %v", p.Entries, err)
	}
}

// A sensor that is put into a sharing group shares by the group's label what names
// none: with the community that it names, from the next question on, until it is
// taken out again.
func TestASensorsGroupLabelsItsRecords(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	enrolled(t, a, "hue-1")
	group, err := admin.Call[admin.Group](t.Context(), admin.Local(a.administration()), admin.MethodGroupSet, admin.Group{Name: "Y tế", Label: "TLP:GREEN personal:none audience:community/health-vn"})
	if err != nil {
		t.Fatal(err)
	}
	who := func(community string) classify.Viewer {
		return classify.NewViewer(classify.Attributes{Person: "p", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7}, Sectors: []event.Sector{event.SectorHealth}, Communities: []string{community}})
	}
	e := &event.Event{Observer: "hue-1", Affected: event.SideDestination, Sector: event.SectorHealth, Stage: event.StageIncident}
	sees := func(v classify.Viewer) bool {
		f := classify.FactsOf(e, a.policy, a.policy)
		return classify.Decide(v, classify.Search, &f).Kind != classify.Nothing
	}
	if sees(who("health-vn")) {
		t.Error("the community sees what nobody shared")
	}
	agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1", Group: &group.ID})
	if !sees(who("health-vn")) || sees(who("banks-vn")) {
		t.Errorf("the community %v, another %v", sees(who("health-vn")), sees(who("banks-vn")))
	}
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	if g := agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1"}); g.Group != group.ID || !sees(who("health-vn")) {
		t.Errorf("after a restart: %+v", g)
	}
	none := uint32(0)
	if g := agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1", Group: &none}); g.Group != 0 || sees(who("health-vn")) {
		t.Errorf("taken out: %+v", g)
	}
}

func TestAgreementsThatCannotBe(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	local := admin.Local(a.administration())
	enrolled(t, a, "hue-1")
	nobody, secret, none, wrong := uint32(4711), "TX", "PAP:GREEN", "TLP:PINK"
	for _, x := range []struct {
		want string
		c    admin.ChangeAgreement
	}{
		{"nobody of that name", admin.ChangeAgreement{Sensor: "hue-2"}},
		{"organisation 4711", admin.ChangeAgreement{Sensor: "hue-1", Owner: &nobody}},
		{"group 4711", admin.ChangeAgreement{Sensor: "hue-1", Group: &nobody}},
		{"state secrets", admin.ChangeAgreement{Sensor: "hue-1", Label: &secret}},
		{"names no tier", admin.ChangeAgreement{Sensor: "hue-1", Label: &none}},
		{"is no TLP label", admin.ChangeAgreement{Sensor: "hue-1", Label: &wrong}},
	} {
		if _, err := admin.Call[admin.Agreement](t.Context(), local, admin.MethodAgreement, x.c); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v, want %q", x.c, err, x.want)
		}
	}
	if _, err := admin.Call[admin.Token](t.Context(), local, admin.MethodSensorEnrol, admin.NewSensor{Sensor: event.Sensor{Name: "hue-1"}, Label: "TLP:CLEAR"}); err == nil {
		t.Error("a sensor is enrolled twice")
	}
	if _, own := a.policy.agreement("hue-1"); own {
		t.Error("an enrolment that failed changed the agreement")
	}
	if _, err := admin.Call[admin.Token](t.Context(), local, admin.MethodSensorEnrol, admin.NewSensor{Sensor: event.Sensor{Name: "No Name"}, Deliver: true}); err == nil {
		t.Error("a sensor of an impossible name is enrolled")
	}
	if len(a.policy.now.Load().sensors) != 0 {
		t.Error("a sensor that is not there has an agreement")
	}
}

func TestAnEnrolmentWithItsAgreement(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	_, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		admin.NewSensor{Sensor: event.Sensor{Name: "hue-1"}, Label: "TLP:AMBER", Deliver: true})
	if err != nil {
		t.Fatal(err)
	}
	if g := agreementOf(t, a, admin.ChangeAgreement{Sensor: "hue-1"}); g.Label != "T2" || !g.Deliver || !g.CountsOpen {
		t.Errorf("%+v", g)
	}
}

func TestSharingGroups(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	local := admin.Local(a.administration())
	put := func(g admin.Group) admin.Group {
		t.Helper()
		g, err := admin.Call[admin.Group](t.Context(), local, admin.MethodGroupSet, g)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	first := put(admin.Group{Name: "Y tế", Label: "TLP:GREEN audience:community/health-vn"})
	second := put(admin.Group{Name: "Ngân hàng", Label: "TLP:AMBER audience:org/7"})
	put(admin.Group{ID: first.ID, Name: "Y tế", Label: "TLP:AMBER audience:community/health-vn"})
	if first.ID != 1 || second.ID != 2 {
		t.Errorf("numbers %d, %d", first.ID, second.ID)
	}
	if _, err := admin.Call[admin.Group](t.Context(), local, admin.MethodGroupSet, admin.Group{Name: "", Label: "TLP:GREEN"}); err == nil {
		t.Error("a group without a name")
	}
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	labels, _ := a.policy.Labels()
	if len(labels) != 2 || labels[1].Tier != event.T2 || !labels[2].Audience.Has(event.OrgMember(7)) {
		t.Errorf("%v", labels)
	}
}

// faulty is a bucket, and a log, that can refuse.
type faulty struct {
	data      map[string][]byte
	put, note error
	order     []string
}

func (f *faulty) Put(_ context.Context, key string, value []byte) error {
	f.order = append(f.order, "bucket")
	if f.put != nil {
		return f.put
	}
	f.data[key] = value
	return nil
}

func (f *faulty) List(context.Context) (map[string][]byte, error) { return maps.Clone(f.data), nil }

func (f *faulty) append(context.Context, audit.Entry) error {
	f.order = append(f.order, "audit")
	return f.note
}

// A change that cannot be written down, in the log or on disk, is none.
func TestAChangeOfPolicyThatCannotBeKept(t *testing.T) {
	f := &faulty{data: map[string][]byte{}}
	p := &policy{bucket: f, note: f.append}
	if err := p.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	open := classify.Agreement{Default: event.Label{Tier: event.T0}}
	for _, refuse := range []*error{&f.note, &f.put} {
		*refuse = errors.New("no")
		if err := p.agree(t.Context(), "hue-1", open); err == nil {
			t.Error("no error")
		}
		if _, own := p.agreement("hue-1"); own || len(f.data) != 0 {
			t.Error("it was changed all the same")
		}
		*refuse = nil
	}
	_, _, before := p.Agreements()
	f.order = nil
	if err := p.agree(t.Context(), "hue-1", open); err != nil || !slices.Equal(f.order, []string{"audit", "bucket"}) {
		t.Errorf("%v in order %v", err, f.order)
	}
	by, rest, after := p.Agreements()
	if len(by) != 1 || rest == nil || after == before {
		t.Errorf("%v %v %d", by, rest, after)
	}
	for _, bad := range []map[string][]byte{
		{"agreement/hue-1": []byte("{")}, {"agreement/hue-1": []byte(`{"default":"TLP:PINK"}`)},
		{"group/1": []byte(`{"id":2,"name":"x","label":"T2"}`)}, {"else/1": []byte(`{}`)},
	} {
		if err := (&policy{bucket: &faulty{data: bad}}).load(t.Context()); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
