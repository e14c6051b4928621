// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"strings"
)

// tierOf gives what a TLP label means on the axis of sharing (CLASSES, "Labels").
var tierOf = [...]Tier{TLPUnset: TierUnset, TLPClear: T0, TLPGreen: T1c, TLPAmber: T2, TLPAmberStrict: T3, TLPRed: T4}

// Tier gives the tier of a TLP label.
func (t TLP) Tier() Tier {
	if int(t) < len(tierOf) {
		return tierOf[t]
	}
	return T4
}

// TLP gives the TLP 2.0 label of a tier; unset for T1 and TX, which have none.
func (t Tier) TLP() TLP {
	for l, u := range tierOf {
		if u == t {
			return TLP(l)
		}
	}
	return TLPUnset
}

// markingPrefix is what the ids of STIX 2.1 marking definitions begin with.
const markingPrefix = "marking-definition--"

// TLPExtension is the id of the STIX 2.1 extension that carries TLP 2.0 (OASIS
// CTI TC, "Traffic Light Protocol 2.0", property-extension).
const TLPExtension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// stixOf lists the marking of each TLP 2.0 label.
var stixOf = [...]string{
	TLPUnset:       "",
	TLPClear:       markingPrefix + "94868c89-83c2-464b-929b-a1a8aa3c8487",
	TLPGreen:       markingPrefix + "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
	TLPAmber:       markingPrefix + "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
	TLPAmberStrict: markingPrefix + "939a9414-2ddd-4d32-a0cd-375ea402b003",
	TLPRed:         markingPrefix + "e828b379-4e03-4974-9ac4-e53a884c97c1",
}

// stixRead lists what is understood beside them: the TLP 1 markings of STIX 2.1
// and OpenCTI's own for AMBER+STRICT.
var stixRead = map[string]TLP{
	markingPrefix + "613f2e26-407d-48c7-9eca-b8e91df99dc9": TLPClear,
	markingPrefix + "34098fce-860f-48ae-8e50-ebd3cc5e41da": TLPGreen,
	markingPrefix + "f88d31f6-486f-44da-b317-01333bde0b82": TLPAmber,
	markingPrefix + "5e57c739-391a-4eb3-b6be-7d15ca92d5ed": TLPRed,
	markingPrefix + "826578e1-40ad-459f-bc73-ede076f81f37": TLPAmberStrict,
}

// STIX gives the id of the label's marking definition; empty when not set.
func (t TLP) STIX() string {
	if int(t) < len(stixOf) {
		return stixOf[t]
	}
	return ""
}

// TLPOfSTIX reads the id of a marking definition; ok is false for markings that
// are not TLP.
func TLPOfSTIX(id string) (t TLP, ok bool) {
	id = strings.ToLower(strings.TrimSpace(id))
	for l := TLPClear; l <= TLPRed; l++ {
		if stixOf[l] == id {
			return l, true
		}
	}
	t, ok = stixRead[id]
	return t, ok
}

// ParseTLP reads a TLP label as others write it: in any case, with or without
// the prefix, TLP 1's WHITE as CLEAR. Only TLP.String writes one.
func ParseTLP(s string) (TLP, error) {
	word := strings.ToUpper(strings.Join(strings.Fields(s), ""))
	word = strings.TrimPrefix(word, "TLP:")
	switch word {
	case "WHITE":
		return TLPClear, nil
	case "AMBER-STRICT", "AMBERSTRICT", "AMBER_STRICT":
		return TLPAmberStrict, nil
	}
	if code, err := TLPs.Parse("TLP:" + word); err == nil && code != 0 {
		return TLP(code), nil
	}
	return TLPUnset, fmt.Errorf("%q is no TLP label; write one of %q", s, TLPs.Names[1:])
}

// ParsePAP reads a PAP label as others write it; WHITE reads as CLEAR.
func ParsePAP(s string) (PAP, error) {
	word := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "PAP:")
	if word == "WHITE" {
		word = "CLEAR"
	}
	if code, err := PAPs.Parse("PAP:" + word); err == nil && code != 0 {
		return PAP(code), nil
	}
	return PAPUnset, fmt.Errorf("%q is no PAP label; write one of %q", s, PAPs.Names[1:])
}

// ReadMarkings reads all the TLP and PAP labels and STIX markings that something
// carries. Several of one axis mean the strictest, and a note; one that claims to
// be a label but is none means T4 or PAP:RED, and a note. Texts that are no labels at all
// (other tags, statement markings) are passed over.
func ReadMarkings(texts []string) (Label, []Note) {
	var l Label
	notes := map[Note]bool{}
	for _, s := range texts {
		tlp, pap, known := readMarking(s)
		if !known {
			if readUnknown(s, &l) {
				notes[NoteUnknownMarking] = true
			}
			continue
		}
		if tier := tlp.Tier(); tier != TierUnset {
			notes[NoteContradictory] = notes[NoteContradictory] || l.Tier != TierUnset && l.Tier != tier
			l.Tier = l.Tier.Join(tier)
		}
		if pap != PAPUnset {
			notes[NoteContradictory] = notes[NoteContradictory] || l.PAP != PAPUnset && l.PAP != pap
			l.PAP = max(l.PAP, pap)
		}
	}
	var out []Note
	for _, n := range []Note{NoteContradictory, NoteUnknownMarking} {
		if notes[n] {
			out = append(out, n)
		}
	}
	return l, out
}

func readMarking(s string) (TLP, PAP, bool) {
	if t, ok := TLPOfSTIX(s); ok {
		return t, PAPUnset, true
	}
	up := strings.ToUpper(strings.TrimSpace(s))
	if strings.HasPrefix(up, "PAP:") {
		p, err := ParsePAP(s)
		return TLPUnset, p, err == nil
	}
	if strings.HasPrefix(up, "TLP:") {
		t, err := ParseTLP(s)
		return t, PAPUnset, err == nil
	}
	return TLPUnset, PAPUnset, false
}

// readUnknown takes what claims to be a label and is none as the strictest.
func readUnknown(s string, l *Label) (claims bool) {
	switch up := strings.ToUpper(strings.TrimSpace(s)); {
	case strings.HasPrefix(up, "TLP:"):
		l.Tier = l.Tier.Join(T4)
	case strings.HasPrefix(up, "PAP:"):
		l.PAP = PAPRed
	default:
		return false
	}
	return true
}
