// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"haidang/event"
)

const rulingEpoch = event.Time(1_800_000_000_000_000_000)

// anyTime gives one of few times, so that bounds are met exactly.
func anyTime(r *rand.Rand) event.Time { return rulingEpoch + event.Time(r.IntN(12)) }

func anyAddr(r *rand.Rand) event.Addr {
	return event.AddrFrom(netip.MustParseAddr(oneOf(r, "192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1")))
}

func anySelector(r *rand.Rand) Selector {
	if r.IntN(3) == 0 {
		return Selector{Record: event.Bytes16{15: byte(1 + r.IntN(20))}, From: event.TimeUnset, To: event.TimeUnset, Received: event.TimeUnset}
	}
	s := Selector{
		Sensor: oneOf(r, "hue-1", "hue-2", "feed", "unknown"), Rule: oneOf(r, "", "", "1"),
		Kind: oneOf(r, event.RSITUnset, event.RSITUnset, event.RSITPhishing), From: anyTime(r), Received: event.TimeUnset,
	}
	s.To = s.From + 2 + event.Time(r.IntN(10))
	if r.IntN(3) == 0 {
		s.Host = netip.MustParsePrefix(oneOf(r, "192.0.2.0/24", "192.0.2.1/32", "2001:db8::/32"))
	}
	if r.IntN(4) == 0 {
		s.Org = uint32(1 + r.IntN(2))
	}
	if r.IntN(3) == 0 {
		s.Received = anyTime(r)
	}
	return s
}

// anyRulings gives rulings, some axes of whose labels are not set.
func anyRulings(r *rand.Rand) (out []Ruling) {
	for i := range 1 + r.IntN(5) {
		u := Ruling{ID: strconv.Itoa(i), Does: oneOf(r, Tighten, Tighten, Tighten, Release, Benign, FalseAlarm), Of: anySelector(r), Label: anyLabel(r)}
		if r.IntN(2) == 0 {
			u.Label.Audience = event.Audience{}
		}
		if r.IntN(2) == 0 {
			u.Label.Tier = oneOf(r, event.TierUnset, event.T0, event.T2)
			u.Label.Abroad, u.Label.Importance = event.AbroadUnset, event.ImportanceUnset
		}
		out = append(out, u)
	}
	return out
}

// What tightens never opens: whoever reads a record under such rulings, read it
// without them.
func TestTighteningNeverOpens(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 7))
	read, lost := 0, 0
	for range often(60_000) {
		l, _ := anyLabel(r).Settle()
		e, v, p := anyRecord(r), anyViewer(r), Purpose(r.IntN(6))
		f := Facts{Agreed: true, Terms: anyTerms(r), Orgs: e.Orgs, Affected: e.Affected, Sector: e.Sector, Kind: e.RSIT, Label: l}
		before := Decide(v, p, &f)
		rulings := anyRulings(r)
		for i := range rulings {
			rulings[i].Does = Tighten
		}
		f.Label = Over(l, rulings...)
		after := Decide(v, p, &f)
		switch {
		case before.Kind == Nothing && after.Kind != Nothing:
			t.Fatalf("%v for %v reads what was closed: %v became %v by %+v", v, p, l, f.Label, rulings)
		case after.Kind != Nothing:
			read++
		case before.Kind != Nothing:
			lost++
		}
	}
	if read < often(1000) || lost < often(1000) {
		t.Errorf("%d could read still and %d no longer: the test proves little", read, lost)
	}
}

// The order in which rulings were made does not matter, and each holds until it is
// withdrawn.
func TestRulingsHoldTogether(t *testing.T) {
	own := event.Label{Tier: event.T3, PAP: event.PAPAmber, Personal: event.PersonalBasic, Abroad: event.AbroadNo}
	own, _ = own.Settle()
	label := func(s string) event.Label {
		l, err := event.ParseLabel(s)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	red, open := Ruling{Does: Tighten, Label: label("TLP:RED")}, Ruling{Does: Release, Label: label("TLP:CLEAR")}
	shared := Ruling{Does: Release, Label: label("TLP:AMBER audience:org/7")}
	mark := Ruling{Does: Benign}
	for _, c := range []struct {
		name    string
		rulings []Ruling
		tier    event.Tier
		named   bool
	}{
		{"none", nil, event.T3, false},
		{"a mark leaves the label", []Ruling{mark}, event.T3, false},
		{"tighter", []Ruling{red}, event.T4, false},
		{"released", []Ruling{open}, event.T0, false},
		{"released to one", []Ruling{shared}, event.T2, true},
		{"released twice: the stricter", []Ruling{open, shared}, event.T2, true},
		{"what tightens wins over a later release", []Ruling{red, open}, event.T4, false},
		{"and over an earlier", []Ruling{open, red}, event.T4, false},
	} {
		got := Over(own, c.rulings...)
		if got.Tier != c.tier || got.Audience.Named != c.named {
			t.Errorf("%s: %v", c.name, got)
		}
		if len(c.rulings) == 1 && c.rulings[0].Does == Release && (got.Personal != own.Personal || got.PAP != own.PAP) {
			t.Errorf("%s: axes that are not named changed: %v", c.name, got)
		}
	}
	if got := Over(event.Label{Tier: event.TX}, open); got.Tier != event.TX {
		t.Errorf("a state secret became %v", got)
	}
}

func TestCheckRuling(t *testing.T) {
	good := Ruling{Does: Tighten, Label: event.Label{Tier: event.T4}, Of: Selector{Sensor: "hue-1", From: 1, To: 2, Received: event.TimeUnset}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*Ruling){
		"do":       func(r *Ruling) { r.Does = 0 },
		"sensor":   func(r *Ruling) { r.Of.Sensor = "" },
		"to":       func(r *Ruling) { r.Of.To = r.Of.From },
		"label":    func(r *Ruling) { r.Label = event.Label{} },
		"label: T": func(r *Ruling) { r.Label = event.Label{Tier: event.TX} },
		"received": func(r *Ruling) { r.Does = Release },
		"host":     func(r *Ruling) { r.Does = Benign },
		"host:":    func(r *Ruling) { r.Does, r.Of.Host = Benign, netip.MustParsePrefix("0.0.0.0/0") },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Check(); !errors.Is(err, ErrRuling) || !strings.Contains(err.Error(), strings.TrimRight(strings.Split(field, ":")[0], ":")+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Rulings that overlap too often are refused before they hold; single records
// never are too many, whatever their number.
func TestRulingsAreBounded(t *testing.T) {
	set := func(i int, from, to event.Time) Ruling {
		return Ruling{ID: strconv.Itoa(i), Does: Tighten, Label: event.Label{Tier: event.T4}, Of: Selector{Sensor: "hue-1", From: from, To: to, Received: event.TimeUnset}}
	}
	var apart, nested, single []Ruling
	for i := range 100 {
		apart = append(apart, set(i, event.Time(i*10), event.Time(i*10+10)))
	}
	for i := range 12 {
		nested = append(nested, set(i, event.Time(i), event.Time(100-i)))
	}
	for i := range 5_000 {
		u := set(i, event.Time(i), event.Time(i+1))
		u.Of.Record = event.Bytes16{0: 1, 14: byte(i >> 8), 15: byte(i)}
		single = append(single, u)
	}
	if err := CheckRulings(apart); err != nil {
		t.Errorf("rulings one after the other: %v", err)
	}
	if err := CheckRulings(nested); !errors.Is(err, ErrRuling) {
		t.Errorf("twelve rulings of one hour: %v", err)
	}
	if err := CheckRulings(single); err != nil {
		t.Errorf("5,000 records: %v", err)
	}
	pol := &policy{sensors: map[string]Agreement{"hue-1": Enrolment()}, rulings: nested}
	if s := builtIn().scopeOf(OperatorNamed("an"), Search, newBook(pol, pol, pol)); len(s.Grants) != 0 {
		t.Errorf("where rulings are unclear somebody reads: %+v", s)
	}
	for _, g := range builtIn().scopeOf(OperatorNamed("an"), Search, newBook(pol, pol, &policy{rulings: single})).Grants {
		for _, f := range g.All {
			if len(f.Values) > valuesPerFilter {
				t.Fatalf("%s lists %d values", f.Field, len(f.Values))
			}
		}
	}
}

// An audit entry holds neither addresses nor what sensors wrote.
func TestWordsOfASelector(t *testing.T) {
	s := Selector{Sensor: "hue-1", From: 0, To: 1e9, Rule: "SECRET", Host: netip.MustParsePrefix("192.0.2.1/32"), Kind: event.RSITPhishing, Received: event.TimeUnset}
	if got := strings.Join(s.Words(), " "); got != "from:1970-01-01T00:00:00Z host kind:fraud/phishing rule sensor:hue-1 to:1970-01-01T00:00:01Z" {
		t.Error(got)
	}
}
