// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"haidang/classify/pack"
	"haidang/event"
)

// shelfOf is a store of records that answers by scopes as event.Grant says, but
// for masks; a question without a scope is remembered.
type shelfOf struct {
	answers
	rows  []*event.Event
	asked []event.Query
}

func (s *shelfOf) Events(_ context.Context, q event.Query) (Page, error) {
	s.asked = append(s.asked, q)
	out := new(event.Batch)
	for _, e := range s.rows {
		byID := len(q.Filters) == 0 || slices.Contains(q.Filters[0].Values, e.ID.String())
		if byID && (q.Scope == nil || firstGrant(q.Scope, e) != nil) {
			out.Append(e)
		}
	}
	return Page{Rows: out}, nil
}

func (s *shelfOf) Count(_ context.Context, q event.Query, m []event.Metric) ([]int64, error) {
	s.asked = append(s.asked, q)
	return make([]int64, len(m)), nil
}

func (s *shelfOf) Aggregate(_ context.Context, a event.Aggregate, _ int) ([]event.Cell, error) {
	s.asked = append(s.asked, a.Query)
	return nil, nil
}

func recordOf(id byte, org uint32, tlp event.TLP) *event.Event {
	var e event.Event
	e.Reset()
	e.ID[15], e.Time, e.Observer, e.TLP = id, event.Time(id), "hue-1", tlp
	e.Affected = event.SideDestination
	e.Orgs = []event.OrgMatch{
		{Org: org, Reason: event.MatchPrefix, Side: event.SideDestination},
		{Org: 99, Reason: event.MatchAS, Side: event.SideSource},
	}
	return &e
}

func id(n byte) event.Bytes16 { return event.Bytes16{15: n} }

var hospital = Attributes{Person: "an", Roles: []Role{Member}, Orgs: []uint32{7}, StepUp: true}

func TestEveryQuestionCarriesTheViewersScope(t *testing.T) {
	s := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPAmber), recordOf(2, 8, event.TLPAmber), recordOf(3, 7, event.TLPRed)}}
	g := NewGate(s, s, s)
	ctx, v := t.Context(), NewViewer(hospital)
	// What the asker puts into Scope does not matter.
	r, err := g.Events(ctx, v, event.Query{Scope: nil})
	if err != nil || r.Value().Rows.Rows() != 1 || r.Value().Rows.ID[0] != id(1) {
		t.Fatalf("a member gets %v, %v", r.Value().Rows.ID, err)
	}
	if r.Public() || r.Viewer().Person() != "an" {
		t.Error("what is released to a member is marked as public")
	}
	for _, p := range []Purpose{Own, Community, Search, Count, Block} {
		if _, err := g.CountFor(ctx, v, p, event.Query{}, []event.Metric{event.MetricRecords}); err != nil {
			t.Error(p, err)
		}
		if _, err := g.AggregateFor(ctx, v, p, event.Aggregate{}, 1); err != nil {
			t.Error(p, err)
		}
	}
	if _, err := g.Count(ctx, OperatorNamed("an"), event.Query{}, nil); err != nil {
		t.Error(err)
	}
	for i, q := range s.asked {
		if q.Scope == nil {
			t.Errorf("question %d reached the store without a scope", i)
		}
	}
}

func TestPurposesThatOnlyCountGiveNoRecords(t *testing.T) {
	s := &shelfOf{}
	g := NewGate(s, s, s)
	for _, p := range []Purpose{Count, Figures} {
		if _, err := g.EventsFor(t.Context(), OperatorNamed("an"), p, event.Query{}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%v: %v", p, err)
		}
		if _, err := g.Why(t.Context(), OperatorNamed("an"), p, id(1)); !errors.Is(err, ErrForbidden) {
			t.Errorf("%v: %v", p, err)
		}
	}
	// Raw counts of open inputs are for those who prepare figures.
	if _, err := g.CountFor(t.Context(), NewViewer(hospital), Figures, event.Query{}, nil); !errors.Is(err, ErrForbidden) {
		t.Errorf("a member counts open inputs: %v", err)
	}
	if _, err := g.CountFor(t.Context(), OperatorNamed("an"), Figures, event.Query{}, nil); err != nil {
		t.Error(err)
	}
	if len(s.asked) != 1 {
		t.Errorf("the store was asked %d times", len(s.asked))
	}
}

// An operator runs the machine: it counts, but reads no records of others.
func TestAnOperatorAloneReadsNoRecords(t *testing.T) {
	s := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPUnset), recordOf(2, 7, event.TLPAmber)}}
	g := NewGate(s, s, s)
	operator := NewViewer(Attributes{Name: "ops", Roles: []Role{Operator}, StepUp: true})
	if r, err := g.Events(t.Context(), operator, event.Query{}); err != nil || r.Value().Rows.Rows() != 0 {
		t.Errorf("an operator reads %d records, %v", r.Value().Rows.Rows(), err)
	}
	if _, err := g.Count(t.Context(), operator, event.Query{}, nil); err != nil {
		t.Fatal(err)
	}
	scope := s.asked[len(s.asked)-1].Scope
	grant := firstGrant(scope, s.rows[0])
	if grant == nil || !slices.Contains(grant.Mask, "destination.ip") || !slices.Contains(grant.Mask, "cert.orgs") || slices.Contains(grant.Mask, "observer.name") {
		t.Errorf("an operator counts by %+v", grant)
	}
	both := OperatorNamed("an")
	if r, err := g.Events(t.Context(), both, event.Query{}); err != nil || r.Value().Rows.Rows() != 2 {
		t.Errorf("an operator's token reads %d of 2 records, %v", r.Value().Rows.Rows(), err)
	}
	if !both.Has(Analyst) || both.Role() != Operator {
		t.Error("an operator's token is operator and analyst")
	}
}

func TestWhy(t *testing.T) {
	s := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPAmber), recordOf(2, 8, event.TLPAmber)}}
	g := NewGate(s, s, s)
	v := NewViewer(hospital)
	why := func(n byte) Explanation {
		r, err := g.Why(t.Context(), v, Own, id(n))
		if err != nil {
			t.Fatal(err)
		}
		return r.Value()
	}
	mine := why(1)
	if mine.Outcome != Redacted || !slices.Contains(mine.Reasons, ByOwnSide) || mine.Tier.Tier != "T2" {
		t.Errorf("own record: %+v", mine)
	}
	if len(mine.Matches) != 1 || mine.Matches[0].Org != 7 || mine.Matches[0].Reason != event.MatchPrefix {
		t.Errorf("matches %+v: others' are not told", mine.Matches)
	}
	before := len(s.asked)
	others, absent := why(2), why(200)
	if !reflect.DeepEqual(others, absent) || others.Outcome != Nothing || others.Tier != nil {
		t.Errorf("another's record is told from one that is not there:\n%+v\n%+v", others, absent)
	}
	if len(s.asked) != before+2 {
		t.Error("another's record costs more questions than one that is not there")
	}
	if len(others.Standing) != 7 || len(others.Standing[3].May) == 0 || others.Standing[6].Not != NotSecret {
		t.Errorf("standing %+v", others.Standing)
	}
	if _, err := g.Why(t.Context(), Nobody(), Own, id(1)); !errors.Is(err, ErrForbidden) {
		t.Errorf("a visitor: %v", err)
	}
}

// Standing and Decide say the same of a record that names nobody.
func TestStandingIsTheDecision(t *testing.T) {
	for _, a := range []Attributes{
		hospital, {Person: "b", Roles: []Role{Member}, Orgs: []uint32{7}}, {Roles: []Role{Analyst}, StepUp: true},
		{Roles: []Role{Operator}, StepUp: true}, {Roles: []Role{Auditor}}, {Roles: []Role{Analyst}, StepUp: true, Abroad: true},
		{Roles: []Role{Member}, Orgs: []uint32{7}, StateBody: true, Scopes: []Purpose{Search}},
	} {
		v := NewViewer(a)
		for p := Own; p <= Block; p++ {
			for i, s := range builtIn().Standing(v, p) {
				f := Facts{Agreed: true, Affected: event.SideDestination, Sector: event.SectorHealth}
				f.Label, _ = event.Label{Tier: event.T0 + event.Tier(i), PAP: event.PAPClear, Personal: event.PersonalNone}.Settle()
				may := false
				for _, org := range []uint32{7, 8} {
					f.Orgs = []event.OrgMatch{{Org: org, Side: event.SideDestination}}
					may = may || Decide(v, p, &f).Kind != Nothing
				}
				if p != Community && may != (len(s.May) > 0) {
					t.Errorf("%v %v for %v: standing %v %v, decided %v", v, s.Tier.Tier, p, s.May, s.Not, may)
				}
				if len(s.May) == 0 && s.Not.Text().In("vi") == "" {
					t.Errorf("%v %v for %v: refused without a reason", v, s.Tier.Tier, p)
				}
			}
		}
	}
}

func TestReasonsAreToldInBothLanguages(t *testing.T) {
	codes := map[string]bool{}
	for r, x := range reasonTexts {
		if x.text.VI == "" || x.text.EN == "" || x.code == "" || codes[x.code] {
			t.Errorf("reason %d: %+v", r, x)
		}
		codes[x.code] = true
	}
	for r := ByHolding; r <= LessPasskey; r++ {
		if r.Code() == "" {
			t.Errorf("reason %d has no words", r)
		}
	}
	for r := NotSecret; r <= NotRecords; r++ {
		if r.Code() == "" {
			t.Errorf("reason %d has no words", r)
		}
	}
}

func TestNotesAreToldInBothLanguages(t *testing.T) {
	_, notes := event.Label{}.Settle()
	_, more := event.Label{Tier: event.T0, Audience: event.Audience{State: true}, Abroad: event.AbroadApproved}.Settle()
	_, important := event.Label{Tier: event.T1, Importance: event.ImportanceCore}.Settle()
	_, read := event.ReadMarkings([]string{"TLP:RED", "TLP:GREEN", "TLP:BLUE"})
	all := slices.Concat(notes, more, important, read)
	if len(all) != len(noteTexts) {
		t.Errorf("notes %v, texts for %d", all, len(noteTexts))
	}
	for _, n := range all {
		if x := NoteText(n); x.VI == "" || x.EN == "" {
			t.Errorf("note %q has no text", n)
		}
	}
}

func TestResolve(t *testing.T) {
	amber := Agreement{Default: event.Label{Tier: event.T2, PAP: event.PAPGreen, Personal: event.PersonalBasic, Audience: event.NamedAudience(event.OrgMember(3))}}
	groups := map[uint32]event.Label{
		5: {Tier: event.T1, Personal: event.PersonalNone, Abroad: event.AbroadYes},
		6: {Audience: event.NamedAudience(event.OrgMember(4))},
	}
	for name, c := range map[string]struct {
		audience uint32
		tlp      event.TLP
		pap      event.PAP
		tier     event.Tier
		wantPAP  event.PAP
		org3     bool
	}{
		"unlabelled takes the default":       {0, 0, 0, event.T2, event.PAPGreen, true},
		"its own label wins":                 {0, event.TLPAmberStrict, event.PAPRed, event.T3, event.PAPRed, true},
		"clear is not narrowed":              {0, event.TLPClear, 0, event.T0, event.PAPGreen, false},
		"a group's label":                    {5, 0, 0, event.T1, event.PAPGreen, true},
		"group and label: the strictest":     {5, event.TLPGreen, event.PAPAmber, event.T2, event.PAPAmber, true},
		"a group that only names":            {6, 0, 0, event.T2, event.PAPGreen, false},
		"named, yet clear: a contradiction":  {6, event.TLPClear, 0, event.T2, event.PAPGreen, false},
		"a group that nobody knows":          {77, event.TLPClear, event.PAPClear, event.T4, event.PAPRed, false},
		"a label that is none of the list's": {0, 200, 200, event.T4, event.PAPRed, true},
	} {
		l := resolve(&amber, groups, c.audience, c.tlp, c.pap)
		if l.Tier != c.tier || l.PAP != c.wantPAP || l.Audience.Has(event.OrgMember(3)) != c.org3 {
			t.Errorf("%s: %+v", name, l)
		}
	}
	// A sensor's group labels what names none itself; a record's own group goes first.
	grouped := amber
	grouped.Group = 5
	for _, c := range []struct {
		audience uint32
		tlp      event.TLP
		tier     event.Tier
	}{{0, 0, event.T1}, {0, event.TLPClear, event.T1}, {0, event.TLPAmberStrict, event.T3}, {6, 0, event.T2}, {77, 0, event.T4}} {
		if l := resolve(&grouped, groups, c.audience, c.tlp, 0); l.Tier != c.tier {
			t.Errorf("of a sensor in group 5, group %d and TLP %d: %+v", c.audience, c.tlp, l)
		}
	}
	grouped.Group = 77
	if l := resolve(&grouped, groups, 0, event.TLPClear, 0); l.Tier != event.T4 {
		t.Errorf("a sensor's group that nobody knows: %+v", l)
	}
	var e event.Event
	e.Reset()
	if f := FactsOf(&e, &policy{}, NoGroups{}); f.Agreed || f.Label.Tier != event.T4 || !f.Label.Audience.Nobody() {
		t.Errorf("without an agreement: %+v", f)
	}
}

// kept is a policy that changes.
type kept struct {
	policy
	version uint64
}

func (k *kept) Agreements() (map[string]Agreement, *Agreement, uint64) {
	return k.sensors, k.rest, k.version
}
func (k *kept) Labels() (map[uint32]event.Label, uint64) { return k.groups, k.version }

func TestAgreementsTakeEffectAtOnce(t *testing.T) {
	s := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPUnset)}}
	k := &kept{policy: policy{sensors: map[string]Agreement{"hue-1": Enrolment()}}, version: 1}
	g := NewGate(s, s, s).WithPolicy(Policy{Agreements: k, Register: k})
	read := func() int {
		r, err := g.EventsFor(t.Context(), NewViewer(hospital), Own, event.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Value().Rows.Rows()
	}
	open := NewOpen(Policy{Agreements: k, Register: k})
	b := new(event.Batch)
	b.Append(s.rows[0])
	if read() != 0 || !open.Counts(b, 0) {
		t.Error("AMBER+STRICT reaches the organisation concerned without the source's permission, or does not count")
	}
	permitted := Enrolment()
	permitted.Terms = Terms{Deliver: true}
	k.sensors, k.version = map[string]Agreement{"hue-1": permitted}, 2
	if read() != 1 || open.Counts(b, 0) {
		t.Error("the source's permission has no effect")
	}
	k.sensors, k.version = map[string]Agreement{}, 3
	if read() != 0 || open.Counts(b, 0) {
		t.Error("a sensor whose agreement ended is still read")
	}
}

func TestOpenInputs(t *testing.T) {
	for name, c := range map[string]struct {
		terms Terms
		tlp   event.TLP
		want  bool
	}{
		"amber":               {Terms{}, event.TLPAmber, true},
		"amber+strict":        {Terms{}, event.TLPAmberStrict, false},
		"red":                 {Terms{}, event.TLPRed, false},
		"red, agreed":         {Terms{CountsOpen: true}, event.TLPRed, true},
		"partner's, clear":    {Terms{Partner: true}, event.TLPClear, false},
		"partner's, agreed":   {Terms{Partner: true, CountsOpen: true}, event.TLPAmberStrict, true},
		"unlabelled":          {Terms{}, event.TLPUnset, false},
		"unlabelled, agreed":  {Terms{CountsOpen: true}, event.TLPUnset, true},
		"delivery is no word": {Terms{Deliver: true}, event.TLPAmberStrict, false},
	} {
		o := NewOpen(Policy{Agreements: OneForAll{Default: event.Label{Tier: event.T3}, Terms: c.terms}})
		b := new(event.Batch)
		b.Append(recordOf(1, 7, c.tlp))
		b.Append(recordOf(2, 7, event.TLPGreen))
		for range 2 { // the second answer is a remembered one
			if o.Counts(b, 0) != c.want {
				t.Errorf("%s: counts %v", name, !c.want)
			}
		}
	}
}

func TestPartnersGetLess(t *testing.T) {
	rules := rulesWithPartners()
	v := NewViewer(Attributes{Roles: []Role{Member}, Orgs: []uint32{1}, StepUp: true})
	f := Facts{Agreed: true, Affected: event.SideDestination}
	f.Label, _ = event.Label{Tier: event.T2, PAP: event.PAPClear, Personal: event.PersonalNone, Audience: event.NamedAudience(event.OrgMember(1))}.Settle()
	if d := rules.Decide(v, Search, &f); d.Kind != Redacted || !slices.Contains(d.Mask, "url.full") || !slices.Contains(d.Why, LessPartner) {
		t.Errorf("a partner gets %+v", d)
	}
	if d := Decide(v, Search, &f); d.Kind != Whole {
		t.Errorf("without a partner's agreement: %+v", d)
	}
	if d := rules.Decide(v, Own, &f); d.Kind != Nothing || d.Why[0] != NotPartner {
		t.Errorf("a purpose that was not agreed: %+v", d)
	}
	f.Terms.Owner = 1
	f.Label.Tier = event.T3
	if d := rules.Decide(v, Search, &f); d.Why[0] != NotPartner {
		t.Errorf("beyond the limit: %+v", d)
	}
	// Who acts for two partners gets what both may get.
	both := NewViewer(Attributes{Roles: []Role{Member}, Orgs: []uint32{1, 3}, StepUp: true})
	f.Label.Tier = event.T2
	if d := rules.Decide(both, Search, &f); d.Why[0] != NotAbroad {
		t.Errorf("a partner beyond the border: %+v", d)
	}
	if meet(event.T1, event.T1c) != event.T0 || meet(event.T2, event.T1) != event.T1 || meet(event.TierUnset, event.T3) != event.T3 {
		t.Error("limits do not meet in the stricter")
	}
}

func TestViewers(t *testing.T) {
	if v := NewViewer(Attributes{Person: "an", Orgs: []uint32{7}, StepUp: true}); v != Nobody() {
		t.Error("somebody without a role is more than a visitor")
	}
	member := NewViewer(hospital)
	if !member.ActsFor(7) || member.ActsFor(8) || member.ActsFor(0) || !member.Has(Member) || member.Has(Operator) || member.String() != "member:an" {
		t.Errorf("%v %+v", member, member.a)
	}
	scoped := NewViewer(Attributes{Name: "t", Roles: []Role{Member}, Scopes: []Purpose{}})
	if scoped.May(Search) || !member.May(Search) {
		t.Error("a token without scopes is good for something, or a session for nothing")
	}
	transport := NewViewer(Attributes{Roles: []Role{Member}, Sectors: []event.Sector{7}})
	if got := transport.a.sectorTx; !slices.Equal(got, []string{"transport", "transport/air", "transport/rail", "transport/water", "transport/road"}) {
		t.Errorf("sector transport holds %v", got)
	}
	if OperatorNamed("a").Person() != "" || Nobody().Person() != "" || SensorNamed("s").Has(Member) || !SensorNamed("s").Has(Sender) {
		t.Error("machines are persons")
	}
}

func TestAnotherPackIsUsed(t *testing.T) {
	p := *pack.BuiltIn()
	p.Version = 9
	g := NewGate(nil, nil, nil).WithPolicy(Policy{Pack: &p})
	if g.Pack().Version != 9 || g.rules.Pack() != &p {
		t.Error("the gate decides by another pack than it was given")
	}
}

// Compiled scopes are kept by a viewer's key: whatever a scope depends on must be
// in it, or somebody gets another's scope.
func TestKeysTellViewersApart(t *testing.T) {
	base := Attributes{Person: "an", Name: "n", Roles: []Role{Member}, Scopes: []Purpose{Own}}
	seen := map[string]string{string(NewViewer(base).key(nil)): "base"}
	typ := reflect.TypeFor[Attributes]()
	for i := range typ.NumField() {
		name, changed := typ.Field(i).Name, base
		switch f := reflect.ValueOf(&changed).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString("other")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			one := reflect.New(f.Type().Elem()).Elem()
			if one.Kind() == reflect.String {
				one.SetString("health")
			} else {
				one.SetUint(5)
			}
			f.Set(reflect.Append(f, one))
		}
		key := string(NewViewer(changed).key(nil))
		if name == "Name" {
			continue // for logs only
		}
		if other, ok := seen[key]; ok {
			t.Errorf("a viewer with another %s has the key of %s", name, other)
		}
		seen[key] = name
	}
	for _, v := range []Viewer{Nobody(), SensorNamed("s")} {
		if other, ok := seen[string(v.key(nil))]; ok {
			t.Errorf("%v has the key of %s", v, other)
		}
		seen[string(v.key(nil))] = v.String()
	}
}

func TestKeptScopesAreBounded(t *testing.T) {
	var s scopes
	b := newBook(OneForAll(Enrolment()), NoGroups{}, NoRulings{})
	for i := range uint32(keptScopes + 10) {
		v := NewViewer(Attributes{Roles: []Role{Member}, Orgs: []uint32{i + 1}})
		if first, again := s.of(builtIn(), v, Own, event.TierUnset, everything, b), s.of(builtIn(), v, Own, event.TierUnset, everything, b); first != again {
			t.Fatal("a scope is compiled twice")
		}
	}
	if len(s.kept) > keptScopes {
		t.Errorf("%d scopes are kept", len(s.kept))
	}
}

// Agreements are kept as data: what is written is what is read back.
func TestAgreementsAsData(t *testing.T) {
	in := Agreement{Default: event.Label{Tier: event.T3, PAP: event.PAPGreen}, Terms: Terms{Owner: 8, Deliver: true}}
	raw, err := json.Marshal(in)
	if want := `{"default":"T3 PAP:GREEN","terms":{"owner":8,"deliver":true}}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v; want %s", raw, err, want)
	}
	var out Agreement
	if err := json.Unmarshal(raw, &out); err != nil || !out.equal(&in) {
		t.Errorf("%+v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"default":"T33"}`), &out); err == nil {
		t.Error("a label that is none was read")
	}
}
