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

// Open says which inputs count in open figures: RED, AMBER+STRICT and partner
// inputs only where the source agreed. It is for one goroutine.
type Open struct {
	library *library
	book    *book
	known   map[input]bool
}

// input is what the answer depends on.
type input struct {
	sensor   string
	audience uint32
	tlp      event.TLP
}

// NewOpen makes the set of open inputs of a policy.
func NewOpen(p Policy) *Open {
	g := (&Gate{}).WithPolicy(p)
	return &Open{library: g.library}
}

// Counts reports whether a row of a batch counts in open figures.
func (o *Open) Counts(b *event.Batch, row int) bool {
	if now := o.library.book(); now != o.book {
		o.book, o.known = now, map[input]bool{}
	}
	if o.book.rulings.about() {
		if e := essence(b, row); o.book.ruled(&e) {
			f := o.book.facts(&e)
			ok, _ := open(f.Agreed, &f.Label, &f.Terms)
			return ok
		}
	}
	in := input{b.Observer.At(row), b.Audience[row], b.TLP[row]}
	ok, asked := o.known[in]
	if !asked {
		f := o.book.facts(&event.Event{Observer: in.sensor, Audience: in.audience, TLP: in.tlp})
		ok, _ = open(f.Agreed, &f.Label, &f.Terms)
		if len(o.known) > 100_000 { // sensors and groups are few; do not rest on it
			clear(o.known)
		}
		o.known[in] = ok
	}
	return ok
}
