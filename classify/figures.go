// SPDX-License-Identifier: Apache-2.0

package classify

import "haidang/event"

// open says whether records of a label count in open figures: RED,
// AMBER+STRICT and partner inputs only where the source agreed. It is a matter of
// the source, not of who looks.
func open(agreed bool, l *event.Label, t *Terms) (bool, Reason) {
	switch {
	case l.Tier == event.TX:
		return false, NotSecret
	case !agreed:
		return false, NotAgreed
	case l.Audience.Nobody():
		return false, NotAnybody
	case t.CountsOpen:
		return true, ByFigures
	case t.Partner || l.Tier >= event.T3:
		return false, NotOpenInput
	}
	return true, ByFigures
}

// figures decides whether a record counts in open figures; no field of it is
// shown, only what counts may be made by.
func (r *Rules) figures(f *Facts) Decision {
	ok, why := open(f.Agreed, &f.Label, &f.Terms)
	if !ok {
		return refuse(why)
	}
	c := r.cuts[wayCount][levelPlain]
	return Decision{Kind: Redacted, Mask: c.mask, Truncate: c.truncate, Why: reasonList[why]}
}
