// SPDX-License-Identifier: Apache-2.0

package classify

import "haidang/event"

// Outcome is how much of a record a viewer sees.
type Outcome uint8

// Outcomes.
const (
	Nothing Outcome = iota
	Redacted
	Whole
)

// Outcomes lists the names of outcomes.
var Outcomes = event.Enum{Name: "outcome", Names: []string{"nothing", "redacted", "whole"}}

func (o Outcome) String() string { return Outcomes.Text(uint8(o)) }

// Decision is what a viewer may see of a record, and why. Mask and Truncate are
// sorted names in the words of event.Grant; they are shared and not to be changed.
type Decision struct {
	Kind     Outcome
	Mask     []string
	Truncate []string
	Why      []Reason
}

// Decide decides by the rules of the built-in pack.
func Decide(v Viewer, p Purpose, f *Facts) Decision { return builtIn().Decide(v, p, f) }

// Decide says what a viewer may see of a record for a purpose. It is pure: the
// same arguments give the same decision, and nothing else is looked at.
func (r *Rules) Decide(v Viewer, p Purpose, f *Facts) Decision {
	if p == Figures {
		return r.figures(f)
	}
	lim := r.limitOf(v)
	if bar, barred := r.bar(v, p, &lim, f.Agreed, &f.Label); barred {
		return refuse(bar)
	}
	a := admit(v, &f.Label, &f.Terms)
	w, why := a.choose(v, p, f)
	if w == ways {
		return refuse(why)
	}
	return r.give(w, why, level(w, v, f.Label.Personal), &lim)
}

func refuse(why Reason) Decision { return Decision{Why: reasonList[why]} }

// reasonList holds the lists of one reason, so that deciding makes no garbage.
var reasonList = func() (out [128][]Reason) {
	for r := range reasonTexts {
		out[r] = []Reason{r}
	}
	return out
}()

// give makes the decision of a way.
func (r *Rules) give(w way, why Reason, level int, lim *limit) Decision {
	c := r.cuts[w][level].without(lim.mask)
	d := Decision{Kind: Redacted, Mask: c.mask, Truncate: c.truncate}
	if c.whole() {
		d.Kind, d.Why = Whole, reasonList[why]
		return d
	}
	d.Why = append(make([]Reason, 0, 4), why)
	if w >= wayOwn && w != wayCount {
		d.Why = append(d.Why, LessOthers)
	}
	switch level {
	case levelUnsteady:
		d.Why = append(d.Why, LessPasskey)
	case levelBasic, levelSensitive:
		d.Why = append(d.Why, LessPersonal)
	}
	if len(lim.mask) > 0 {
		d.Why = append(d.Why, LessPartner)
	}
	return d
}

// bar says what keeps a viewer from all records of a label, whatever else they
// are.
func (r *Rules) bar(v Viewer, p Purpose, lim *limit, agreed bool, l *event.Label) (Reason, bool) {
	switch {
	case l.Tier == event.TX:
		return NotSecret, true
	case !agreed:
		return NotAgreed, true
	case l.Audience.Nobody():
		return NotAnybody, true
	case !v.May(p):
		return NotPurpose, true
	case lim.abroad && !crosses(v, l):
		return NotAbroad, true
	case lim.tier != event.TierUnset && !l.Tier.Within(lim.tier), lim.purposes&(1<<p) == 0:
		return NotPartner, true
	case l.Tier >= event.T3 && !v.steady():
		return NotSteady, true
	case p == Block && l.PAP > event.PAPGreen:
		return NotActive, true
	}
	return 0, false
}

// crosses reports whether a label lets a viewer beyond the border have it: an
// approval is for those whom the label names.
func crosses(v Viewer, l *event.Label) bool {
	return l.Abroad == event.AbroadYes || l.Abroad == event.AbroadApproved && v.namedIn(l)
}

func (v Viewer) steady() bool { return v.a != nil && v.a.StepUp }

// namedIn reports whether the label names the person or one of its organisations.
func (v Viewer) namedIn(l *event.Label) bool {
	return v.personIn(l) || v.a != nil && hasOrg(l, v.a.Orgs)
}

func (v Viewer) personIn(l *event.Label) bool {
	return v.a != nil && v.a.Person != "" && l.Audience.Has(event.PersonMember(v.a.Person))
}

func hasOrg(l *event.Label, orgs []uint32) bool {
	for _, o := range orgs {
		if l.Audience.Has(event.OrgMember(o)) {
			return true
		}
	}
	return false
}

func (v Viewer) inCommunityOf(l *event.Label) bool {
	for _, c := range v.a.Communities {
		if l.Audience.Has(event.CommunityMember(c)) {
			return true
		}
	}
	return false
}

// level says how much personal data take away on a way. Whoever holds, is named
// or is concerned loses sensitive data only without a recent passkey; the others
// lose more with each class.
func level(w way, v Viewer, p event.Personal) int {
	if w == wayHolder || w == wayNamed || w == wayOwn {
		if p >= event.PersonalSensitive && !v.steady() {
			return levelUnsteady
		}
		return levelPlain
	}
	switch {
	case w == wayCount, p == event.PersonalNone:
		return levelPlain
	case p == event.PersonalBasic:
		return levelBasic
	}
	return levelSensitive
}
