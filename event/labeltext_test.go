// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/mutant"
)

func TestLabelText(t *testing.T) {
	for text, want := range map[string]Label{
		"":                        {},
		"T3":                      {Tier: T3},
		"TLP:AMBER+STRICT":        {Tier: T3},
		"T1 TLP:GREEN":            {Tier: T2},
		"T2 audience:nobody":      {Tier: T2, Audience: Audience{Named: true}},
		"T0 PAP:CLEAR abroad:yes": {Tier: T0, PAP: PAPClear, Abroad: AbroadYes},
		"T2 audience:org/7,community/Y+t%E1%BA%BF,person/an%2Cb state closed abroad:approved/hs-1,hs%2F2 personal:basic PAP:GREEN importance:core system:3": {
			Tier: T2, Audience: Audience{Named: true, State: true, Closed: true,
				Members: []Member{OrgMember(7), CommunityMember("Y tế"), PersonMember("an,b")}},
			Abroad: AbroadApproved, Dossiers: []string{"hs-1", "hs/2"}, Personal: PersonalBasic, PAP: PAPGreen, Importance: ImportanceCore, System: 3,
		},
	} {
		got, err := ParseLabel(text)
		if err != nil || !got.Equal(&want) {
			t.Errorf("%q reads as %+v, %v", text, got, err)
		}
		again, err := ParseLabel(got.String())
		if err != nil || !again.Equal(&got) {
			t.Errorf("%q is written as %q, which reads as %+v, %v", text, got.String(), again, err)
		}
	}
}

func TestLabelTextRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"T9": "tier", "secret": "tier", "T2 T2x": "tier", "TLP:BLUE": "TLP label", "PAP:BLUE": "PAP:BLUE", "PAP:": "PAP",
		"state:yes": "takes no value", "closed:no": "takes no value", "audience:": "names nobody", "audience:org/x": "number",
		"audience:org/99999999999": "number", "audience:club/a": "names nobody", "audience:person/": "names nobody", "audience:person/%zz": "names nobody",
		"abroad:maybe": "abroad", "abroad:yes/hs-1": "dossier", "abroad:approved/": "dossier", "personal:much": "personal", "personal:": "nothing is said",
		"system:0": "1 to 5", "system:6": "1 to 5", "personal:none personal:basic": "twice", "state state": "twice", "importance:huge": "importance",
	} {
		if got, err := ParseLabel(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q reads as %+v, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestEveryLabelHasAText(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5_000 {
		l, _ := anyLabel(r).Settle()
		raw, err := json.Marshal(struct{ Label Label }{l})
		if err != nil {
			t.Fatal(err)
		}
		var back struct{ Label Label }
		if err := json.Unmarshal(raw, &back); err != nil || !back.Label.Equal(&l) {
			t.Fatalf("%+v is written as %s, which reads as %+v, %v", l, raw, back.Label, err)
		}
	}
}

func FuzzParseLabel(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("T2 audience:org/7,community/health state abroad:approved/hs-1 personal:basic PAP:GREEN")
	f.Add("TLP:RED closed audience:nobody system:5")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLabel(s)
		if err != nil {
			return
		}
		again, err := ParseLabel(l.String())
		if err != nil || !again.Equal(&l) {
			t.Errorf("%q reads as %+v, is written as %q and reads as %+v, %v", s, l, l.String(), again, err)
		}
	})
}
