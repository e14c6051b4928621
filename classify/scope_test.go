// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haidang/classify/pack"
	"haidang/event"
)

// texts gives the values that a filter sees, for one affected side.
func textsOf(e *event.Event, field string, side event.Side) []string {
	number := func(n uint32) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatUint(uint64(n), 10)
	}
	switch field {
	case "event.id":
		return []string{e.ID.String()}
	case "rule.id":
		return []string{e.RuleID}
	case "@timestamp":
		return []string{moment(e.Time)}
	case "event.ingested":
		return []string{moment(e.Ingested)}
	case "source.ip":
		return []string{e.Source.IP.String()}
	case "destination.ip":
		return []string{e.Destination.IP.String()}
	case "observer.name":
		return []string{e.Observer}
	case "cert.audience":
		return []string{number(e.Audience)}
	case "cert.tlp":
		return []string{e.TLP.String()}
	case "cert.pap":
		return []string{e.PAP.String()}
	case "cert.affected":
		return []string{e.Affected.String()}
	case "cert.sector":
		return []string{e.Sector.String()}
	case "cert.rsit":
		return []string{e.RSIT.String()}
	case "cert.orgs":
		var out []string
		for _, m := range e.Orgs {
			out = append(out, number(m.Org))
		}
		return out
	case "affected.org":
		var out []string
		for _, m := range e.Orgs {
			if m.Side == side && side != event.SideUnset {
				out = append(out, number(m.Org))
			}
		}
		return out
	}
	panic("the scope asks for " + field)
}

// often is n, or a tenth of it where time is short: under the race detector, which
// has nothing to say of what one goroutine does.
func often(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// sidesOf gives the sides that are affected; one that is not known where none is.
func sidesOf(e *event.Event) []event.Side {
	switch e.Affected {
	case event.SideSource, event.SideDestination:
		return []event.Side{e.Affected}
	case event.SideBoth:
		return []event.Side{event.SideDestination, event.SideSource}
	}
	return []event.Side{event.SideUnset}
}

// grantHolds reads event.Grant: all filters hold; those on the affected side for
// one and the same party, a negative one for all parties.
func grantHolds(g *event.Grant, e *event.Event) bool {
	some := false
	for _, side := range sidesOf(e) {
		all := true
		for _, f := range g.All {
			texts := textsOf(e, f.Field, side)
			hit := slices.ContainsFunc(texts, func(s string) bool { return slices.Contains(f.Values, s) })
			switch {
			case f.Op == event.OpNot && hit, f.Op == event.OpMissing && !slices.Equal(texts, []string{""}):
				return false
			case f.Op == event.OpEqual:
				all = all && hit
			case f.Op == event.OpAtLeast, f.Op == event.OpAtMost:
				all = all && inTime(texts[0], f)
			case f.Op == event.OpPrefix:
				all = all && inNetwork(texts[0], f.Values[0])
			case f.Op != event.OpNot && f.Op != event.OpMissing:
				panic("the scope compares in another way")
			}
		}
		some = some || all
	}
	return some
}

func inTime(text string, f event.Filter) bool {
	at, err := time.Parse(time.RFC3339Nano, text)
	bound, wrong := time.Parse(time.RFC3339Nano, f.Values[0])
	if err != nil || wrong != nil {
		return false
	}
	return f.Op == event.OpAtLeast && !at.Before(bound) || f.Op == event.OpAtMost && !at.After(bound)
}

func inNetwork(text, network string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && netip.MustParsePrefix(network).Contains(a)
}

func firstGrant(s *event.Scope, e *event.Event) *event.Grant {
	for i := range s.Grants {
		if grantHolds(&s.Grants[i], e) {
			if s.Grants[i].Stop {
				return nil
			}
			return &s.Grants[i]
		}
	}
	return nil
}

func pick[T any](r *rand.Rand, list []T) (out []T) {
	for _, x := range list {
		if r.IntN(2) == 0 {
			out = append(out, x)
		}
	}
	return out
}

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

var members = []event.Member{
	event.OrgMember(1), event.OrgMember(2), event.OrgMember(3), event.CommunityMember("an"), event.CommunityMember("binh"),
	event.PersonMember("an"), event.PersonMember("binh"),
}

func anyLabel(r *rand.Rand) event.Label {
	return event.Label{
		Tier: event.Tier(r.IntN(8)), Abroad: event.Abroad(r.IntN(4)), Personal: event.Personal(r.IntN(4)),
		PAP: event.PAP(r.IntN(5)), Importance: event.Importance(r.IntN(2)), Dossiers: pick(r, []string{"hs-1"}),
		Audience: event.Audience{Named: r.IntN(2) == 0, State: r.IntN(4) == 0, Closed: r.IntN(8) == 0, Members: pick(r, members)},
	}
}

func anyTerms(r *rand.Rand) Terms {
	return Terms{
		Owner: uint32(r.IntN(4)), Receiver: oneOf[uint32](r, 0, 0, 0, 2), CountsOpen: r.IntN(2) == 0,
		Deliver: r.IntN(2) == 0, Partner: r.IntN(3) == 0,
	}
}

// policy is a random book of agreements and sharing groups.
type policy struct {
	sensors map[string]Agreement
	rest    *Agreement
	groups  map[uint32]event.Label
	rulings []Ruling
}

func (p *policy) Agreements() (map[string]Agreement, *Agreement, uint64) { return p.sensors, p.rest, 1 }
func (p *policy) Labels() (map[uint32]event.Label, uint64)               { return p.groups, 1 }
func (p *policy) Rulings() ([]Ruling, uint64)                            { return p.rulings, 1 }

// under is the policy as FactsUnder takes it.
func (p *policy) under() Policy { return Policy{Agreements: p, Register: p, Rulings: p} }

// grouped draws sensors' groups, so that what else is drawn stays the same.
var grouped = rand.New(rand.NewPCG(5, 8))

func anyGroup() uint32 { return uint32(max(grouped.IntN(24)-21, 0)) }

func anyPolicy(r *rand.Rand) *policy {
	p := &policy{sensors: map[string]Agreement{}, groups: map[uint32]event.Label{}}
	for _, name := range []string{"hue-1", "hue-2", "hanoi-1", "feed"} {
		if r.IntN(4) > 0 {
			p.sensors[name] = Agreement{anyLabel(r), anyTerms(r), anyGroup()}
		}
	}
	if a, ok := p.sensors["hue-1"]; ok && r.IntN(2) == 0 {
		p.sensors["hue-2"] = a
	}
	if r.IntN(2) == 0 {
		p.rest = &Agreement{anyLabel(r), anyTerms(r), anyGroup()}
	}
	for id := range uint32(r.IntN(5)) {
		p.groups[id+1] = anyLabel(r)
	}
	if len(p.groups) > 1 && r.IntN(2) == 0 {
		p.groups[2] = p.groups[1]
	}
	if r.IntN(5) > 0 {
		p.rulings = anyRulings(r)
	}
	return p
}

func anyViewer(r *rand.Rand) Viewer {
	switch r.IntN(12) {
	case 0:
		return Nobody()
	case 1:
		return SensorNamed("hue-1")
	case 2:
		return OperatorNamed("an")
	}
	a := Attributes{
		Person: oneOf(r, "", "an", "chi"), Roles: pick(r, []Role{Member, Steward, Auditor, SecurityOfficer, Analyst, Operator}),
		Orgs: pick(r, []uint32{1, 2, 3}), Clients: pick(r, []uint32{4, 5}), Teams: pick(r, []uint32{2, 3}),
		StateBody: r.IntN(2) == 0, Sectors: pick(r, []event.Sector{event.SectorHealth, 7}), Kinds: pick(r, []event.RSIT{event.RSITPhishing}),
		Communities: pick(r, []string{"an", "binh"}), StepUp: r.IntN(3) > 0, Abroad: r.IntN(5) == 0,
	}
	if r.IntN(4) == 0 {
		a.Scopes = pick(r, []Purpose{Own, Community, Search, Count, Block})
	}
	return NewViewer(a)
}

func anyRecord(r *rand.Rand) *event.Event {
	var e event.Event
	e.Reset()
	e.Observer = oneOf(r, "hue-1", "hue-2", "hanoi-1", "feed", "unknown")
	e.TLP, e.PAP, e.Audience = event.TLP(r.IntN(6)), event.PAP(r.IntN(5)), uint32(r.IntN(6))
	if r.IntN(2) == 0 {
		e.TLP, e.PAP, e.Audience = 0, 0, 0
	}
	e.Affected = event.Side(r.IntN(5))
	for _, org := range pick(r, []uint32{1, 2, 4, 9}) {
		e.Orgs = append(e.Orgs, event.OrgMatch{Org: org, Reason: event.MatchPrefix, Side: oneOf(r, event.SideSource, event.SideDestination)})
	}
	e.Sector = oneOf(r, event.SectorUnset, event.SectorHealth, event.Sector(8), event.SectorBanking)
	e.RSIT = oneOf(r, event.RSITPhishing, event.RSITScanner, event.RSITUnset)
	e.ID = event.Bytes16{15: byte(1 + r.IntN(20))}
	e.Time, e.Ingested, e.RuleID = anyTime(r), anyTime(r), oneOf(r, "", "1", "2")
	e.Source.IP, e.Destination.IP = anyAddr(r), anyAddr(r)
	return &e
}

// rulesWithPartners are the built-in rules with two partners' limits.
func rulesWithPartners() *Rules {
	p := *pack.BuiltIn()
	p.Partners = []pack.Partner{
		{Org: 1, Limit: "T2", Purposes: []string{"search", "block"}, Mask: []string{"content"}},
		{Org: 3, Limit: "T1c", Abroad: true},
	}
	return NewRules(&p)
}

// The compiled scope and the decision say the same of every record.
func TestScopeIsTheDecision(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	outcomes, ruled, left := map[Outcome]int{}, map[Outcome]int{}, 0
	for round := range often(4_000) {
		rules := builtIn()
		if round%2 == 0 {
			rules = rulesWithPartners()
		}
		pol := anyPolicy(r)
		b := newBook(pol, pol, pol)
		v, p, which := anyViewer(r), Purpose(r.IntN(6)), marks(r.IntN(4))
		scope := b.scopes.of(rules, v, p, event.TierUnset, which, b).scope
		for range 60 {
			e := anyRecord(r)
			f := FactsUnder(e, pol.under())
			d := rules.Decide(v, p, &f)
			g := firstGrant(scope, e)
			isMarked := slices.ContainsFunc(pol.rulings, func(r Ruling) bool { return r.Does == Benign && r.Of.Covers(e) })
			if which == counted && !isMarked {
				isMarked = slices.ContainsFunc(pol.rulings, func(r Ruling) bool { return r.Does == FalseAlarm && r.Of.Covers(e) })
			}
			if isMarked && (which == unmarked || which == counted) || !isMarked && which == marked {
				if g != nil {
					t.Fatalf("a record that is marked (%v) is granted to %d: %+v", isMarked, which, g)
				}
				left++
				continue
			}
			outcomes[d.Kind]++
			if b.ruled(e) {
				ruled[d.Kind]++
			}
			if (g == nil) != (d.Kind == Nothing) {
				t.Fatalf("%v for %v: decided %v %v, granted %+v\nfacts %+v\nviewer %+v\nscope %+v", v, p, d.Kind, d.Why, g, f, v.a, scope)
			}
			if g != nil && (!slices.Equal(g.Mask, d.Mask) || !slices.Equal(g.Truncate, d.Truncate)) {
				t.Fatalf("%v for %v (%v):\ndecided %v %v\ngranted %v %v\nfacts %+v", v, p, d.Why, d.Mask, d.Truncate, g.Mask, g.Truncate, f)
			}
		}
	}
	for _, o := range []Outcome{Nothing, Redacted, Whole} {
		if outcomes[o] < often(1000) {
			t.Errorf("only %d of the decisions were %v: the test proves little", outcomes[o], o)
		}
		if ruled[o] < often(200) {
			t.Errorf("only %d of the decisions under rulings were %v: the test proves little", ruled[o], o)
		}
	}
}

// A scope's filters must be ones that the store takes.
func TestLongListsAreSplit(t *testing.T) {
	pol := &policy{sensors: map[string]Agreement{}, groups: map[uint32]event.Label{}}
	for i := range 2_500 {
		a := Agreement{Default: event.Label{Tier: event.T2, PAP: event.PAPClear, Personal: event.PersonalNone}}
		if i%2 == 0 {
			a.Default.Tier = event.T4
		}
		pol.sensors["s"+strconv.Itoa(i)] = a
		pol.groups[uint32(i+1)] = event.Label{Tier: event.T2}
	}
	open := OneForAll(Agreement{Default: event.Label{Tier: event.T2}})
	_, pol.rest, _ = open.Agreements()
	var orgs []uint32
	for i := range uint32(1_500) {
		orgs = append(orgs, i+1)
	}
	v := NewViewer(Attributes{Roles: []Role{Member}, Orgs: orgs, Sectors: []event.Sector{event.SectorHealth}})
	for _, p := range []Purpose{Own, Community, Search, Block} {
		scope := builtIn().scopeOf(v, p, newBook(pol, pol, pol))
		for _, g := range scope.Grants {
			for _, f := range g.All {
				if len(f.Values) == 0 && f.Op != event.OpMissing || len(f.Values) > valuesPerFilter {
					t.Fatalf("%v: %s lists %d values", p, f.Field, len(f.Values))
				}
			}
		}
		e := anyRecord(rand.New(rand.NewPCG(1, 1)))
		e.Observer, e.TLP, e.PAP, e.Audience = "unknown", event.TLPAmber, event.PAPClear, 2_400
		e.Affected, e.Orgs = event.SideSource, []event.OrgMatch{{Org: 1_400, Side: event.SideSource}}
		want := p == Own || p == Search || p == Block
		if got := firstGrant(scope, e) != nil; got != want {
			t.Errorf("%v: granted %v", p, got)
		}
	}
}

// Everything a scope names is what event.Grant knows, so that the store never
// refuses the question for it.
func TestScopesNameWhatCanBeMasked(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range often(500) {
		pol := anyPolicy(r)
		for _, g := range rulesWithPartners().scopeOf(anyViewer(r), Purpose(r.IntN(6)), newBook(pol, pol, pol)).Grants {
			for _, n := range g.Mask {
				if !pack.Maskable(n) {
					t.Fatalf("mask %q", n)
				}
			}
			for _, n := range g.Truncate {
				if !strings.HasSuffix(n, ".ip") || slices.Contains(g.Mask, n) {
					t.Fatalf("truncate %q beside mask %v", n, g.Mask)
				}
			}
			for _, f := range g.All {
				if event.Lookup(f.Field) == nil {
					t.Fatalf("filter on %q", f.Field)
				}
			}
		}
	}
}

// Whoever may read what is derived may read each of its sources: no purpose and
// no role gets round a label by way of a derivation.
func TestDerivationNeverOpens(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	read := 0
	for range often(60_000) {
		a, b := anyLabel(r), anyLabel(r)
		e, v, p := anyRecord(r), anyViewer(r), Purpose(r.IntN(6))
		f := Facts{Agreed: true, Terms: anyTerms(r), Orgs: e.Orgs, Affected: e.Affected, Sector: e.Sector, Kind: e.RSIT}
		f.Label = a.Join(b)
		derived := Decide(v, p, &f)
		f.Label, _ = a.Settle()
		source := Decide(v, p, &f)
		if derived.Kind == Nothing {
			continue
		}
		read++
		if source.Kind == Nothing {
			t.Fatalf("%v for %v reads what is derived from what it may not read:\n%+v\n%v %v\nsource %+v\n%v\njoined %+v\nterms %+v",
				v, p, v.a.Attributes, derived.Kind, derived.Why, a, source.Why, a.Join(b), f.Terms)
		}
	}
	if read < often(2_000) {
		t.Errorf("only %d derived records were read: the test proves little", read)
	}
}

func TestPropertyRecordsAreVaried(t *testing.T) {
	// The addresses play no part in a decision: what is decided by is in Facts.
	e := anyRecord(rand.New(rand.NewPCG(2, 2)))
	one := FactsOf(e, OneForAll(Enrolment()), NoGroups{})
	e.Source.IP = event.AddrFrom(netip.MustParseAddr("192.0.2.1"))
	two := FactsOf(e, OneForAll(Enrolment()), NoGroups{})
	if !one.Label.Equal(&two.Label) || one.Affected != two.Affected {
		t.Error("an address changes the facts")
	}
}
