// SPDX-License-Identifier: Apache-2.0

package classify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"haidang/classify"
	"haidang/event"
)

// The oracle reads CLASSES ("Who may see what") once more, in words, case by
// case and without any thought of speed. It shares no code with the decision.

// question is one combination of all that a decision depends on, in words.
type question struct {
	tier, audience, abroad, personal, pap   string
	role, relation, purpose                 string
	passkey, state, stateBody, viewerAbroad bool
	terms                                   string
}

var (
	tiers     = []string{"T0", "T1", "T1c", "T2", "T3", "T4", "TX"}
	audiences = []string{"unsaid", "empty", "mine", "my-team", "my-client", "my-community", "me", "stranger", "somebody"}
	abroads   = []string{"no", "approved", "yes"}
	personals = []string{"none", "basic", "sensitive"}
	paps      = []string{"PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"}
	roles     = []string{"visitor", "sensor", "member", "steward", "auditor", "security-officer", "analyst", "operator", "operator+analyst"}
	relations = []string{"own", "client", "sector", "kind", "stranger", "nobody", "other-side"}
	purposes  = []string{"own", "community", "search", "count", "figures", "block"}
	termses   = []string{"plain", "deliver", "owner-me", "receiver-me", "receiver-stranger", "counts-open", "partner", "no-agreement"}
)

func oneOf(s string, list ...string) bool { return slices.Contains(list, s) }

// settled reads contradictory labels as the strictest.
func (q question) settled() question {
	named := q.audience != "unsaid"
	if q.tier == "T0" && named {
		q.tier = "T2"
	} else if q.tier == "T0" && q.state {
		q.tier = "T1"
	}
	if q.tier == "T1" {
		q.state = true
	}
	if q.abroad == "approved" && !named {
		q.abroad = "no" // approved for whom?
	}
	return q
}

// view says how the record is seen: "", "counts", "others", "unaffected", "own" or
// "whole", and what personal data do to it: "", "basic", "sensitive", "unsteady".
func view(q question) (string, string) {
	q = q.settled()
	if q.tier == "TX" || q.terms == "no-agreement" || q.audience == "empty" {
		return "", ""
	}
	if q.purpose == "figures" {
		if q.terms == "counts-open" || oneOf(q.tier, "T0", "T1", "T1c", "T2") && q.terms != "partner" {
			return "counts", ""
		}
		return "", ""
	}
	signedIn := !oneOf(q.role, "visitor", "sensor")
	if signedIn && q.viewerAbroad && !mayLeave(q) {
		return "", ""
	}
	if oneOf(q.tier, "T3", "T4") && !(signedIn && q.passkey) {
		return "", ""
	}
	if q.purpose == "block" && oneOf(q.pap, "PAP:AMBER", "PAP:RED") {
		return "", ""
	}
	return personalOf(q, rights(q))
}

// mayLeave: approved for abroad is for those whom the label names.
func mayLeave(q question) bool {
	return q.abroad == "yes" || q.abroad == "approved" && oneOf(q.audience, "mine", "me")
}

func personalOf(q question, view string) (string, string) {
	steady := !oneOf(q.role, "visitor", "sensor") && q.passkey
	switch {
	case oneOf(view, "", "counts"):
		return view, ""
	case oneOf(view, "whole", "own") && q.personal == "sensitive" && !steady:
		return view, "unsteady"
	case oneOf(view, "others", "unaffected") && q.personal != "none":
		return view, q.personal
	}
	return view, ""
}

// rights goes through the rights in their order; the first one that fits says it.
func rights(q question) string {
	whole := holds(q) || givenByName(q)
	own := oneOf(q.relation, "own", "client") && ownIncident(q)
	shared := sharedWith(q)
	others := "others"
	if q.relation == "nobody" {
		others = "unaffected"
	}
	switch q.purpose {
	case "own":
		if own {
			return "own"
		}
		return ""
	case "community":
		if shared && readsForOrg(q) && oneOf(q.relation, "sector", "kind") {
			return "others"
		}
		return ""
	}
	switch {
	case whole:
		return "whole"
	case own:
		return "own"
	case shared:
		return others
	case q.purpose == "count" && oneOf(q.role, "operator", "operator+analyst") && q.tier != "T4":
		return "counts"
	}
	return ""
}

func readsForOrg(q question) bool {
	return oneOf(q.role, "member", "steward", "analyst", "operator+analyst")
}

// holds: T3 and below belong to the owning and to the receiving organisation.
func holds(q question) bool {
	if q.tier == "T4" || !readsForOrg(q) {
		return false
	}
	switch q.terms {
	case "owner-me":
		return true // my organisation's own data, whoever received them
	case "receiver-me":
		return true
	case "receiver-stranger":
		return false
	}
	return oneOf(q.role, "analyst", "operator+analyst") // the national centre received them
}

// givenByName: T4 names persons, T2 organisations (or persons in them).
func givenByName(q question) bool {
	signedIn := !oneOf(q.role, "visitor", "sensor")
	if !signedIn || q.state && !(q.stateBody && readsForOrg(q)) {
		return false
	}
	switch q.tier {
	case "T4":
		return q.audience == "me"
	case "T2":
		return q.audience == "me" || q.audience == "mine" && readsForOrg(q)
	}
	return false
}

// inAudience: the audience, where it narrows, binds every view but the holder's.
func inAudience(q question) bool {
	if q.state && !q.stateBody {
		return false
	}
	return oneOf(q.audience, "unsaid", "mine", "my-team", "my-community", "me")
}

func ownIncident(q question) bool {
	if !readsForOrg(q) || !inAudience(q) {
		return false
	}
	return oneOf(q.tier, "T0", "T1", "T1c", "T2") || q.tier == "T3" && q.terms == "deliver"
}

func sharedWith(q question) bool {
	switch q.tier {
	case "T0":
		return true
	case "T1":
		return readsForOrg(q) && inAudience(q)
	case "T1c", "T2":
		person := !oneOf(q.role, "visitor", "sensor") && q.audience == "me" && !q.state
		return (readsForOrg(q) || person) && q.audience != "unsaid" && inAudience(q)
	}
	return false
}

// hidden lists what each view takes away, and what it cuts.
func hidden(view, personal string) (mask, cut []string) {
	content := []string{"url.full", "dns.question.name", "user.name", "user_agent.original", "process.command_line", "email.from.address", "cert.residual"}
	origin := []string{"observer.name", "participant.id", "cert.raw.sequence", "cert.raw.offset", "cert.status", "cert.audience"}
	computed := []string{"network.community_id", "event.hash"}
	counterpart := []string{"other.org", "other.sector", "other.domain"}
	add := func(lists ...[]string) { mask = append(mask, slices.Concat(lists...)...) }
	switch view {
	case "own":
		add(counterpart, origin, []string{"cert.residual"})
	case "others":
		add(counterpart, origin, content, computed, []string{"affected.ip", "affected.port", "affected.domain", "affected.as", "affected.bytes", "affected.org", "affected.sector"})
	case "unaffected":
		add(origin, content, computed, []string{"cert.orgs", "cert.sector", "cert.band"})
		for _, part := range []string{"ip", "port", "domain", "as.number", "bytes"} {
			add([]string{"source." + part, "destination." + part})
		}
	case "counts":
		for _, f := range event.Fields {
			if !oneOf(f.Name, "@timestamp", "event.id", "cert.count", "event.created", "event.ingested", "event.kind", "event.category", "event.dataset",
				"event.severity", "observer.name", "observer.type", "cert.stage", "cert.way", "cert.rsit", "cert.excluded", "cert.replay") {
				add([]string{f.Name})
			}
		}
	}
	switch {
	case view == "whole" && personal == "unsteady":
		add(content, []string{"participant.id"})
		cut = []string{"affected.ip", "hosting.ip", "other.ip"}
	case view == "own" && personal == "unsteady":
		add(content, computed, []string{"participant.id"})
		cut = []string{"other.ip"}
	case view == "others" && personal == "basic":
		cut = []string{"other.ip"}
	case view == "others" && personal == "sensitive":
		add([]string{"other.ip", "other.port", "other.as"})
	}
	slices.Sort(mask)
	return slices.Compact(mask), cut
}

func (q question) String() string {
	return fmt.Sprintf("%s of %s audience (State %v), abroad %s, personal %s, %s; %s (State body %v, abroad %v, passkey %v) to %s record for %s, terms %s",
		q.tier, q.audience, q.state, q.abroad, q.personal, q.pap, q.role, q.stateBody, q.viewerAbroad, q.passkey, q.relation, q.purpose, q.terms)
}

// Everything below puts a question in the words of classify.

func enum(t *testing.T, e *event.Enum, s string) uint8 {
	code, err := e.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func label(t *testing.T, q question) event.Label {
	l := event.Label{
		Tier: event.Tier(enum(t, &event.Tiers, q.tier)), Abroad: event.Abroad(enum(t, &event.Abroads, q.abroad)),
		Personal: event.Personal(enum(t, &event.Personals, q.personal)), PAP: event.PAP(enum(t, &event.PAPs, q.pap)),
		Dossiers: []string{"hs-1"},
	}
	switch q.audience {
	case "unsaid":
	case "empty":
		l.Audience = event.NamedAudience()
	default:
		l.Audience = event.NamedAudience(map[string]event.Member{
			"mine": event.OrgMember(1), "my-team": event.OrgMember(2), "my-client": event.OrgMember(4), "my-community": event.CommunityMember("health"),
			"me": event.PersonMember("an"), "stranger": event.OrgMember(9), "somebody": event.PersonMember("binh"),
		}[q.audience])
	}
	l.Audience.State = q.state
	l, _ = l.Settle()
	return l
}

func facts(t *testing.T, q question) classify.Facts {
	f := classify.Facts{Agreed: q.terms != "no-agreement", Label: label(t, q), Affected: event.SideDestination, Kind: event.RSITScanner}
	victim := map[string]uint32{"own": 1, "client": 4, "sector": 9, "kind": 9, "stranger": 9, "other-side": 9}[q.relation]
	if victim != 0 {
		f.Orgs = append(f.Orgs, event.OrgMatch{Org: victim, Reason: event.MatchPrefix, Side: event.SideDestination})
	}
	switch q.relation {
	case "sector":
		f.Sector = event.SectorHealth
	case "kind":
		f.Kind = event.RSITPhishing
	case "nobody":
		f.Affected = event.SideNone
		f.Orgs = []event.OrgMatch{{Org: 1, Reason: event.MatchAS, Side: event.SideSource}}
	case "other-side":
		f.Orgs = append(f.Orgs, event.OrgMatch{Org: 1, Reason: event.MatchPrefix, Side: event.SideSource})
	}
	switch q.terms {
	case "deliver":
		f.Terms.Deliver = true
	case "owner-me":
		f.Terms.Owner, f.Terms.Receiver = 1, 9
	case "receiver-me":
		f.Terms.Receiver = 1
	case "receiver-stranger":
		f.Terms.Owner, f.Terms.Receiver = 9, 9
	case "counts-open":
		f.Terms.CountsOpen = true
	case "partner":
		f.Terms.Partner = true
	}
	return f
}

func viewer(q question) classify.Viewer {
	if q.role == "visitor" {
		return classify.Nobody()
	}
	if q.role == "sensor" {
		return classify.SensorNamed("hue-1")
	}
	a := classify.Attributes{
		Person: "an", Orgs: []uint32{1}, Clients: []uint32{4}, Teams: []uint32{2}, Communities: []string{"health"},
		Sectors: []event.Sector{event.SectorHealth}, Kinds: []event.RSIT{event.RSITPhishing},
		StateBody: q.stateBody, StepUp: q.passkey, Abroad: q.viewerAbroad,
	}
	for _, r := range strings.Split(q.role, "+") {
		code, _ := classify.Roles.Parse(r)
		a.Roles = append(a.Roles, classify.Role(code))
	}
	return classify.NewViewer(a)
}

// asker keeps what was made of the parts of a question: parts repeat.
type asker struct {
	t       *testing.T
	viewers map[question]classify.Viewer
	facts   map[question]*classify.Facts
	hidden  map[[2]string][2][]string
	asked   map[string]int
}

func (a *asker) check(q question) {
	vq := question{role: q.role, stateBody: q.stateBody, passkey: q.passkey, viewerAbroad: q.viewerAbroad}
	v, ok := a.viewers[vq]
	if !ok {
		v = viewer(vq)
		a.viewers[vq] = v
	}
	fq := q
	fq.role, fq.purpose, fq.stateBody, fq.passkey, fq.viewerAbroad = "", "", false, false, false
	f := a.facts[fq]
	if f == nil {
		made := facts(a.t, fq)
		f = &made
		a.facts[fq] = f
	}
	p := classify.Purpose(slices.Index(purposes, q.purpose))
	got := classify.Decide(v, p, f)
	want, personal := view(q)
	h, ok := a.hidden[[2]string{want, personal}]
	if !ok {
		h[0], h[1] = hidden(want, personal)
		a.hidden[[2]string{want, personal}] = h
	}
	a.asked[want]++
	kind := classify.Redacted
	switch {
	case want == "":
		kind = classify.Nothing
	case len(h[0])+len(h[1]) == 0:
		kind = classify.Whole
	}
	if got.Kind != kind || !slices.Equal(got.Mask, h[0]) || !slices.Equal(got.Truncate, h[1]) || len(got.Why) == 0 {
		a.t.Fatalf("%v:\ndecided %v %v, mask %v, truncate %v\noracle  %v %q, mask %v, truncate %v", q, got.Kind, got.Why, got.Mask, got.Truncate, want, personal, h[0], h[1])
	}
}

// each goes through every combination of the axes that CLASSES names.
func each(tier string, personals, paps []string, fn func(question)) {
	for _, audience := range audiences {
		for _, abroad := range abroads {
			for _, personal := range personals {
				for _, pap := range paps {
					for _, relation := range relations {
						for _, role := range roles {
							for _, purpose := range purposes {
								for _, passkey := range []bool{false, true} {
									fn(question{tier: tier, audience: audience, abroad: abroad, personal: personal, pap: pap,
										relation: relation, role: role, purpose: purpose, passkey: passkey})
								}
							}
						}
					}
				}
			}
		}
	}
}

// with sets the remaining axes from a number below 64.
func (q question) with(n int) question {
	q.state, q.stateBody, q.viewerAbroad = n&1 != 0, n&2 != 0, n&4 != 0
	q.terms = termses[n/8%8]
	return q
}

// TestDecisionAgreesWithTheOracle asks every combination of tier, audience,
// abroad, personal, PAP, role, relation, passkey and purpose; each with two
// settings of the remaining axes, and with all 64 where personal data and PAP
// play no part. Under the race detector, which has nothing to say of it, a few.
func TestDecisionAgreesWithTheOracle(t *testing.T) {
	for _, tier := range tiers {
		t.Run(tier, func(t *testing.T) {
			t.Parallel()
			a := &asker{t, map[question]classify.Viewer{}, map[question]*classify.Facts{}, map[[2]string][2][]string{}, map[string]int{}}
			n, every := 0, 1
			if testing.Short() {
				every = 41
			}
			each(tier, personals, paps, func(q question) {
				if n += 37; n%every == 0 { // odd: comes by all 64
					a.check(q.with(n))
					a.check(q.with(n + 24))
				}
			})
			each(tier, []string{"none"}, []string{"PAP:GREEN"}, func(q question) {
				for n := 0; n < 64; n += every {
					a.check(q.with(n))
				}
			})
			t.Log(a.asked)
		})
	}
}
