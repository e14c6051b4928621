// SPDX-License-Identifier: Apache-2.0

package event

import (
	"cmp"
	"slices"
)

// Tier says how far something may be shared. T1 (State bodies) and T1c (the
// source's community) lie beside each other: neither implies the other.
type Tier uint8

// Tiers, from open to closed.
const (
	TierUnset Tier = iota
	T0             // everybody
	T1             // Party and State bodies, signed in
	T1c            // the source's community
	T2             // named organisations and their clients
	T3             // the owning organisation or, for received data, the receiving one
	T4             // named persons only
	TX             // state secret: refused at the door
)

// Tiers lists the names of tiers.
var Tiers = Enum{"tier", []string{"", "T0", "T1", "T1c", "T2", "T3", "T4", "TX"}}

func (t Tier) String() string { return Tiers.Text(uint8(t)) }

// Join gives the strictest of two: the least tier that is at least both. That of
// T1 and T1c is T2.
func (t Tier) Join(u Tier) Tier {
	if t == T1 && u == T1c || t == T1c && u == T1 {
		return T2
	}
	return max(t, u)
}

// Within reports whether a limit covers the tier.
func (t Tier) Within(limit Tier) bool { return t.Join(limit) == limit }

// Abroad says whether something may cross the border.
type Abroad uint8

// Values of Abroad; anything but an approval or a yes is a no.
const (
	AbroadUnset    Abroad = iota
	AbroadNo              // the default
	AbroadApproved        // to those whom the label names, by a dossier
	AbroadYes
)

// Abroads lists the names of Abroad.
var Abroads = Enum{"abroad", []string{"", "no", "approved", "yes"}}

func (a Abroad) String() string { return Abroads.Text(uint8(a)) }

// Personal says whether there are personal data, and of which class.
type Personal uint8

// Values of Personal, ordered.
const (
	PersonalUnset Personal = iota
	PersonalNone
	PersonalBasic
	PersonalSensitive
)

// Personals lists the names of Personal.
var Personals = Enum{"personal", []string{"", "none", "basic", "sensitive"}}

func (p Personal) String() string { return Personals.Text(uint8(p)) }

// Importance is the class of data by importance (Data Law 60/2024).
type Importance uint8

// Values of Importance, ordered.
const (
	ImportanceUnset Importance = iota
	ImportanceOther
	ImportanceImportant
	ImportanceCore
)

// Importances lists the names of Importance.
var Importances = Enum{"importance", []string{"", "other", "important", "core"}}

func (i Importance) String() string { return Importances.Text(uint8(i)) }

// Label says who may see what carries it. Its axes are kept apart and none is
// derived from another, but for what Settle repairs. The zero Label says
// nothing; settled it is the strictest.
type Label struct {
	Tier       Tier
	Audience   Audience
	Abroad     Abroad
	Dossiers   []string // sorted; the approvals that AbroadApproved rests on
	Personal   Personal
	PAP        PAP
	Importance Importance
	System     uint8 // system level 1–5 of the information system; 0 not said
}

// Strictest is the label of what nobody has vouched for: nobody reads it.
func Strictest() Label {
	l, _ := Label{Audience: Audience{Named: true}}.Settle()
	return l
}

// Or fills the axes that are not set from a default: the row's own label, then
// its agreement's.
func (l Label) Or(def Label) Label {
	l.Tier = cmp.Or(l.Tier, def.Tier)
	l.Personal = cmp.Or(l.Personal, def.Personal)
	l.PAP = cmp.Or(l.PAP, def.PAP)
	l.Importance = cmp.Or(l.Importance, def.Importance)
	l.System = cmp.Or(l.System, def.System)
	if l.Audience.IsZero() {
		l.Audience = def.Audience
	}
	if l.Abroad == AbroadUnset {
		l.Abroad, l.Dossiers = def.Abroad, def.Dossiers
	}
	return l
}

// Note is something that Settle or ReadMarkings had to decide.
type Note string

// Notes. classify has their texts in both languages.
const (
	NoteUnlabelled     Note = "unlabelled"      // no tier: taken as T4
	NoteContradictory  Note = "contradictory"   // several labels of one axis: the strictest holds
	NoteOpenButNamed   Note = "open-but-named"  // T0 with an audience: taken as T2, or T1 for State bodies
	NoteImportant      Note = "important"       // important or core data below T4: taken as T4
	NoteNoDossier      Note = "no-dossier"      // approved for abroad without a dossier or for nobody named: not for abroad
	NoteUnknownMarking Note = "unknown-marking" // claims to be a label and is none: taken as T4 or PAP:RED
)

// Settle fills the axes that are not set with the strictest value (importance
// and system level, which restrict nobody by themselves, stay unset) and
// resolves contradictions to the strictest. Settling twice changes nothing.
func (l Label) Settle() (Label, []Note) {
	var notes []Note
	note := func(n Note) { notes = append(notes, n) }
	if l.Tier == TierUnset || l.Tier > TX {
		l.Tier = T4
		note(NoteUnlabelled)
	}
	l.Audience = l.Audience.normal()
	if l.Importance >= ImportanceImportant && l.Tier < T4 {
		l.Tier = T4
		note(NoteImportant)
	}
	if l.settleAudience() {
		note(NoteOpenButNamed)
	}
	if l.settleAbroad() {
		note(NoteNoDossier)
	}
	l.Personal = strictIfUnset(l.Personal, PersonalSensitive)
	l.PAP = strictIfUnset(l.PAP, PAPRed)
	return l, notes
}

// settleAudience makes tier and audience agree; it reports a contradiction.
func (l *Label) settleAudience() (contradictory bool) {
	a := &l.Audience
	switch {
	case l.Tier == T0 && (a.Named || a.Closed), l.Tier == T1 && a.Closed:
		a.State = a.State || l.Tier == T1
		l.Tier, contradictory = T2, true
	case l.Tier == T0 && a.State:
		l.Tier, contradictory = T1, true
	}
	a.State = a.State || l.Tier == T1
	// A T3 is for those who hold it, whomever it names: what is made of it and of a
	// T4 is not for the persons that both name.
	a.Closed = a.Closed || l.Tier >= T1c && !a.Named || l.Tier == T3
	return contradictory
}

// settleAbroad takes an approval for a no where it has no dossier, or where
// nobody is named that it was given for; it reports that.
func (l *Label) settleAbroad() (baseless bool) {
	l.Dossiers = slices.Compact(slices.Sorted(slices.Values(l.Dossiers)))
	baseless = l.Abroad == AbroadApproved && (len(l.Dossiers) == 0 || !l.Audience.Named)
	if baseless || l.Abroad == AbroadUnset || l.Abroad > AbroadYes {
		l.Abroad = AbroadNo
	}
	if l.Abroad != AbroadApproved {
		l.Dossiers = nil
	}
	return baseless
}

func strictIfUnset[T ~uint8](v, strictest T) T {
	if v == 0 || v > strictest {
		return strictest
	}
	return v
}

// Join gives the label of what is derived from both: the strictest tier, the
// audiences' intersection, abroad only if both, the strictest of the others.
// Labels are settled first; on settled labels Join is associative, commutative
// and idempotent, and whoever may read the result may read both.
func (l Label) Join(m Label) Label {
	l, _ = l.Settle()
	m, _ = m.Settle()
	out := Label{
		Tier: l.Tier.Join(m.Tier), Audience: l.Audience.Intersect(m.Audience),
		Abroad: min(l.Abroad, m.Abroad), Personal: max(l.Personal, m.Personal), PAP: max(l.PAP, m.PAP),
		Importance: max(l.Importance, m.Importance), System: max(l.System, m.System),
	}
	if out.Abroad == AbroadApproved {
		out.Dossiers = slices.Concat(l.Dossiers, m.Dossiers)
	}
	out, _ = out.Settle()
	return out
}

// Derive gives the label of what is made from all of these; of nothing, the
// strictest.
func Derive(labels ...Label) Label {
	if len(labels) == 0 {
		return Strictest()
	}
	out, _ := labels[0].Settle()
	for _, l := range labels[1:] {
		out = out.Join(l)
	}
	return out
}

// Equal reports whether two labels say the same.
func (l *Label) Equal(m *Label) bool {
	return l.Tier == m.Tier && l.Audience.Equal(m.Audience) && l.Abroad == m.Abroad &&
		slices.Equal(l.Dossiers, m.Dossiers) && l.Personal == m.Personal && l.PAP == m.PAP &&
		l.Importance == m.Importance && l.System == m.System
}
