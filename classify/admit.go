// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"

	"haidang/event"
)

// admission says which ways a label opens to a viewer, and the reason of each; a
// way that is closed holds the reason to refuse. It knows nothing of the record
// but its label and terms.
type admission struct {
	open uint8 // one bit a way: holder, named, own, others, count
	why  [ways]Reason
}

func (a *admission) set(w way, ok bool, yes, no Reason) {
	if ok {
		a.open |= 1 << w
		a.why[w] = yes
		return
	}
	a.why[w] = no
}

func (a *admission) has(w way) bool { return a.open&(1<<w) != 0 }

func admit(v Viewer, l *event.Label, t *Terms) (a admission) {
	a.set(wayHolder, holds(v, l, t), ByHolding, NotTier)
	a.set(wayNamed, v.isNamed(l), ByName, NotAudience)
	ok, why := ownSide(v, l, t)
	a.set(wayOwn, ok, why, why)
	ok, why = shared(v, l)
	a.set(wayOthers, ok, why, why)
	a.set(wayCount, v.anyOf(1<<Operator) && l.Tier <= event.T3, ByOperation, NotTier)
	return a
}

// holds reports whether the viewer reads for the owning or the receiving
// organisation: the national centre's analyst for what the centre received. Named
// persons' data are not the organisation's.
func holds(v Viewer, l *event.Label, t *Terms) bool {
	if l.Tier > event.T3 || !v.anyOf(reader) {
		return false
	}
	switch {
	case t.Receiver == 0 && v.anyOf(1<<Analyst):
		return true
	case t.Receiver != 0 && slices.Contains(v.a.Orgs, t.Receiver):
		return true
	}
	return t.Owner != 0 && slices.Contains(v.a.Orgs, t.Owner)
}

// isNamed reports whether the label gives the record to the viewer by name: T4 to
// a person, T2 to a person or an organisation that the viewer reads for.
func (v Viewer) isNamed(l *event.Label) bool {
	switch {
	case v.a == nil || !l.Audience.Named || l.Audience.Closed:
		return false
	case l.Audience.State && (!v.a.StateBody || !v.anyOf(reader)):
		return false
	case l.Tier != event.T2 && l.Tier != event.T4:
		return false
	case v.personIn(l):
		return true
	}
	return l.Tier == event.T2 && v.anyOf(reader) && hasOrg(l, v.a.Orgs)
}

// covers reports whether an audience, where it narrows, covers the viewer: by
// name, as a client of a named organisation, or in a named community.
func covers(v Viewer, l *event.Label) (by Reason, ok bool) {
	switch {
	case l.Audience.State && !v.a.StateBody:
		return NotAudience, false
	case !l.Audience.Named:
		return ByOwnSide, true
	case v.namedIn(l):
		return ByName, true
	case hasOrg(l, v.a.Teams):
		return ByClient, true
	case v.inCommunityOf(l):
		return ByCommunity, true
	}
	return NotAudience, false
}

// ownSide says whether an organisation concerned gets records of this label:
// at most AMBER, or AMBER+STRICT by the source's permission. An audience that
// does not cover it keeps even its own incidents from it.
func ownSide(v Viewer, l *event.Label, t *Terms) (ok bool, why Reason) {
	if !v.anyOf(reader) {
		return false, NotRecords
	}
	if by, ok := covers(v, l); !ok {
		return false, by
	}
	switch {
	case l.Tier <= event.T2:
		return true, ByOwnSide
	case l.Tier == event.T3 && t.Deliver:
		return true, ByDelivery
	case l.Tier == event.T3:
		return false, NotDelivered
	}
	return false, NotTier
}

// shared says whether others' records of this label are shared with the viewer.
func shared(v Viewer, l *event.Label) (ok bool, why Reason) {
	if l.Tier == event.T0 {
		return true, ByOpenness
	}
	if !v.anyOf(reader) && !(v.personIn(l) && !l.Audience.State) {
		return false, NotRecords
	}
	by, ok := covers(v, l)
	switch {
	case l.Tier > event.T2:
		return false, NotTier
	case !ok:
		return false, by
	case l.Tier == event.T1:
		return true, ByState
	case !l.Audience.Named || l.Audience.Closed:
		return false, NotAudience // T1c and T2 are for those whom they name
	}
	return true, by
}

// choose finds the first way that is open for the purpose and fits the record;
// ways and the reason to refuse when there is none.
func (a *admission) choose(v Viewer, p Purpose, f *Facts) (way, Reason) {
	own := v.a != nil && f.concerns(v.a.own)
	switch p {
	case Own:
		return a.ownWay(own)
	case Community:
		return a.communityWay(v, own, f)
	case Search, Block, Count:
	default:
		return ways, NotPurpose
	}
	if a.has(wayHolder) {
		return wayHolder, a.why[wayHolder]
	}
	if a.has(wayNamed) {
		return wayNamed, a.why[wayNamed]
	}
	if own && a.has(wayOwn) {
		return wayOwn, a.why[wayOwn]
	}
	if a.has(wayOthers) {
		return others(f), a.why[wayOthers]
	}
	if p == Count && a.has(wayCount) {
		return wayCount, ByOperation
	}
	if own {
		return ways, a.why[wayOwn]
	}
	return ways, a.why[wayOthers]
}

func (a *admission) ownWay(own bool) (way, Reason) {
	switch {
	case !own:
		return ways, NotYours
	case !a.has(wayOwn):
		return ways, a.why[wayOwn]
	}
	return wayOwn, a.why[wayOwn]
}

// communityWay is for others' incidents of a sector or kind that the viewer
// follows; somebody must be affected.
func (a *admission) communityWay(v Viewer, own bool, f *Facts) (way, Reason) {
	switch {
	case !v.anyOf(reader):
		return ways, NotRecords
	case own || !f.someAffected():
		return ways, NotFollowed
	case !a.has(wayOthers):
		return ways, a.why[wayOthers]
	case v.a.sectors[f.Sector]:
		return wayOthers, BySector
	case v.a.kinds[f.Kind]:
		return wayOthers, ByKind
	}
	return ways, NotFollowed
}

func others(f *Facts) way {
	if f.someAffected() {
		return wayOthers
	}
	return wayUnaffected
}
