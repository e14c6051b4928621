// SPDX-License-Identifier: Apache-2.0

package event

import (
	"math/rand/v2"
	"slices"
	"testing"

	"haidang/mutant"
)

// anyLabel gives a label of few values, so that laws meet equal ones often, and
// of members of every kind with colliding numbers.
func anyLabel(r *rand.Rand) Label {
	members := []Member{OrgMember(1), OrgMember(2), CommunityMember("an"), PersonMember("an"), PersonMember("binh")}
	l := Label{
		Tier: Tier(r.IntN(8)), Abroad: Abroad(r.IntN(4)), Personal: Personal(r.IntN(4)), PAP: PAP(r.IntN(5)),
		Importance: Importance(r.IntN(4)), System: uint8(r.IntN(6)),
		Audience: Audience{Named: r.IntN(2) == 0, State: r.IntN(3) == 0, Closed: r.IntN(6) == 0},
	}
	for _, m := range members {
		if r.IntN(2) == 0 {
			l.Audience.Members = append(l.Audience.Members, m)
		}
	}
	r.Shuffle(len(l.Audience.Members), func(i, j int) {
		m := l.Audience.Members
		m[i], m[j] = m[j], m[i]
	})
	for _, d := range []string{"hs-2", "hs-1"} {
		if r.IntN(2) == 0 {
			l.Dossiers = append(l.Dossiers, d)
		}
	}
	return l
}

func TestJoinIsASemilattice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a, b, c := anyLabel(r), anyLabel(r), anyLabel(r)
		same := func(law string, x, y Label) {
			if !x.Equal(&y) {
				t.Fatalf("%s:\n%+v\n%+v\nof %+v\n%+v\n%+v", law, x, y, a, b, c)
			}
		}
		settled, _ := a.Settle()
		twice, notes := settled.Settle()
		same("settling is idempotent", settled, twice)
		if len(notes) != 0 {
			t.Fatalf("a settled label has notes %v", notes)
		}
		same("commutative", a.Join(b), b.Join(a))
		same("associative", a.Join(b).Join(c), a.Join(b.Join(c)))
		same("idempotent", a.Join(a), settled)
		same("derive", Derive(a, b, c), a.Join(b).Join(c))
		same("strictest takes all", a.Join(Strictest()).Join(b), a.Join(b).Join(Strictest()))
	}
}

// Nothing gets more open by being derived from.
func TestJoinIsNeverMoreOpen(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		a, b := anyLabel(r), anyLabel(r)
		j := a.Join(b)
		a, _ = a.Settle()
		if !a.Tier.Within(j.Tier) || j.Abroad > a.Abroad || j.Personal < a.Personal || j.PAP < a.PAP ||
			a.Audience.State && !j.Audience.State || a.Audience.Closed && !j.Audience.Closed || a.Audience.Named && !j.Audience.Named {
			t.Fatalf("%+v\nis derived from the stricter\n%+v", j, a)
		}
		for _, m := range j.Audience.Members {
			if a.Audience.Named && !a.Audience.Has(m) {
				t.Fatalf("%+v admits %v, its source %+v does not", j, m, a)
			}
		}
		for _, d := range a.Dossiers {
			if j.Abroad == AbroadApproved && !slices.Contains(j.Dossiers, d) {
				t.Fatalf("dossier %s of %+v is lost in %+v", d, a, j)
			}
		}
	}
}

func TestStateAndCommunityMeetInT2(t *testing.T) {
	state := Label{Tier: T1, PAP: PAPClear, Personal: PersonalNone}
	community := Label{Tier: T1c, PAP: PAPClear, Personal: PersonalNone, Audience: NamedAudience(CommunityMember("health"))}
	j := state.Join(community)
	if j.Tier != T2 || !j.Audience.State || !j.Audience.Has(CommunityMember("health")) {
		t.Errorf("T1 and T1c give %+v", j)
	}
	if T1.Within(T1c) || T1c.Within(T1) || !T1.Within(T2) || !T0.Within(T1c) {
		t.Error("T1 and T1c imply each other, or T2 does not cover both")
	}
}

func TestSettle(t *testing.T) {
	for name, c := range map[string]struct {
		in   Label
		tier Tier
		note Note
	}{
		"unlabelled":               {Label{}, T4, NoteUnlabelled},
		"beyond the list":          {Label{Tier: 99}, T4, NoteUnlabelled},
		"open but named":           {Label{Tier: T0, Audience: NamedAudience(OrgMember(1))}, T2, NoteOpenButNamed},
		"open but for the State":   {Label{Tier: T0, Audience: Audience{State: true}}, T1, NoteOpenButNamed},
		"important and shared":     {Label{Tier: T1, Importance: ImportanceImportant}, T4, NoteImportant},
		"core and secret stays TX": {Label{Tier: TX, Importance: ImportanceCore}, TX, ""},
		"approved by nobody":       {Label{Tier: T2, Abroad: AbroadApproved, Audience: NamedAudience(OrgMember(1))}, T2, NoteNoDossier},
		"approved for nobody":      {Label{Tier: T2, Abroad: AbroadApproved, Dossiers: []string{"hs"}}, T2, NoteNoDossier},
		"shared but closed":        {Label{Tier: T1, Audience: Audience{Closed: true}}, T2, NoteOpenButNamed},
	} {
		got, notes := c.in.Settle()
		if got.Tier != c.tier || c.note != "" && !slices.Contains(notes, c.note) || c.note == "" && len(notes) > 0 {
			t.Errorf("%s: %v with %v", name, got.Tier, notes)
		}
		if got.Personal != PersonalSensitive || got.PAP != PAPRed || got.Abroad != AbroadNo {
			t.Errorf("%s: axes not set are not the strictest: %+v", name, got)
		}
	}
	if !Strictest().Audience.Nobody() || Derive().Tier != T4 {
		t.Error("the strictest label admits somebody")
	}
}

func TestOr(t *testing.T) {
	def := Label{Tier: T3, Audience: NamedAudience(OrgMember(7)), Abroad: AbroadYes, Personal: PersonalBasic, PAP: PAPGreen, System: 3, Importance: ImportanceOther}
	if got := (Label{}).Or(def); !got.Equal(&def) {
		t.Errorf("an empty label takes %+v", got)
	}
	own := Label{Tier: T1c, Audience: Audience{State: true}, Abroad: AbroadNo, Personal: PersonalNone, PAP: PAPRed, System: 1, Importance: ImportanceCore}
	if got := own.Or(def); !got.Equal(&own) {
		t.Errorf("a full label becomes %+v", got)
	}
}

func TestTLP(t *testing.T) {
	for text, want := range map[string]TLP{
		"TLP:CLEAR": TLPClear, "tlp:white": TLPClear, "WHITE": TLPClear, "TLP:GREEN": TLPGreen, "TLP: AMBER": TLPAmber,
		"TLP:AMBER+STRICT": TLPAmberStrict, "tlp:amber+strict": TLPAmberStrict, "TLP:AMBER STRICT": TLPAmberStrict,
		"TLP:RED": TLPRed, " red ": TLPRed,
	} {
		if got, err := ParseTLP(text); err != nil || got != want {
			t.Errorf("%q reads as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "TLP:", "TLP:BLUE", "AMBER+", "TLP:TLP:RED"} {
		if got, err := ParseTLP(text); err == nil {
			t.Errorf("%q reads as %v", text, got)
		}
	}
	if _, err := ParsePAP("PAP:AMBER+STRICT"); err == nil {
		t.Error("there is no PAP:AMBER+STRICT")
	}
	if p, err := ParsePAP("pap:white"); err != nil || p != PAPClear {
		t.Errorf("pap:white reads as %v, %v", p, err)
	}
}

func TestMarkingsBothWays(t *testing.T) {
	seen := map[string]bool{}
	for l := TLPClear; l <= TLPRed; l++ {
		if got, err := ParseTLP(l.String()); err != nil || got != l {
			t.Errorf("%v reads as %v, %v", l, got, err)
		}
		if got, ok := TLPOfSTIX(l.STIX()); !ok || got != l || seen[l.STIX()] {
			t.Errorf("%v: STIX id %s reads as %v", l, l.STIX(), got)
		}
		seen[l.STIX()] = true
		if l.Tier().TLP() != l {
			t.Errorf("%v is tier %v, which is %v", l, l.Tier(), l.Tier().TLP())
		}
	}
	for id := range stixRead {
		if seen[id] {
			t.Errorf("%s is both written and read only", id)
		}
	}
	if T1.TLP() != TLPUnset || TX.TLP() != TLPUnset {
		t.Error("T1 and TX have no TLP label")
	}
	if _, ok := TLPOfSTIX("marking-definition--00000000-0000-4000-8000-000000000000"); ok {
		t.Error("a foreign marking reads as TLP")
	}
}

func TestReadMarkings(t *testing.T) {
	for name, c := range map[string]struct {
		in    []string
		tier  Tier
		pap   PAP
		notes []Note
	}{
		"none":                   {[]string{"malware", "marking-definition--1"}, TierUnset, PAPUnset, nil},
		"one":                    {[]string{"misp:x", "tlp:amber", "PAP:GREEN"}, T2, PAPGreen, nil},
		"same in two spellings":  {[]string{"TLP:WHITE", TLPClear.STIX()}, T0, PAPUnset, nil},
		"contradictory":          {[]string{"TLP:RED", "TLP:GREEN"}, T4, PAPUnset, []Note{NoteContradictory}},
		"contradictory by PAP":   {[]string{"PAP:CLEAR", "PAP:RED"}, TierUnset, PAPRed, []Note{NoteContradictory}},
		"unknown":                {[]string{"TLP:GREEN", "TLP:EX:CHR"}, T4, PAPUnset, []Note{NoteUnknownMarking}},
		"unknown PAP":            {[]string{"PAP:BLUE"}, TierUnset, PAPRed, []Note{NoteUnknownMarking}},
		"OpenCTI's own, TLP 1's": {[]string{"marking-definition--826578e1-40ad-459f-bc73-ede076f81f37", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"}, T3, PAPUnset, []Note{NoteContradictory}},
	} {
		l, notes := ReadMarkings(c.in)
		if l.Tier != c.tier || l.PAP != c.pap || !slices.Equal(notes, c.notes) {
			t.Errorf("%s: %v %v with %v", name, l.Tier, l.PAP, notes)
		}
	}
}

func FuzzReadMarkings(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("TLP:AMBER+STRICT", "pap:white")
	f.Add("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "TLP:ẞ")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, _ := ReadMarkings([]string{a})
		both, _ := ReadMarkings([]string{a, b})
		if !one.Tier.Within(both.Tier) || both.PAP < one.PAP {
			t.Errorf("%q and %q are more open than %q alone: %+v, %+v", a, b, a, both, one)
		}
		if tlp, err := ParseTLP(a); err == nil {
			if again, err := ParseTLP(tlp.String()); err != nil || again != tlp {
				t.Errorf("%q reads as %v, which reads as %v", a, tlp, again)
			}
		}
	})
}
