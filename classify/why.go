// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"

	"haidang/classify/pack"
	"haidang/event"
)

// Explanation answers "why did we get this?" and "why may I not?".
type Explanation struct {
	Outcome Outcome
	Reasons []Reason
	// Of a record that the viewer may see:
	Tier     *pack.Tier       // the law's words for its tier
	PAP      event.PAP        // what may be done with it
	Personal event.Personal   // class of personal data in it
	Matches  []event.OrgMatch // by what the viewer's own organisations were found; none of others'
	Mask     []string         // what was taken away, as in event.Grant
	Truncate []string
	// Otherwise: what the viewer may and may not read for the purpose, tier by tier.
	// It is the same whether the record is forbidden or not there at all.
	Standing []Standing
}

// Standing is how a viewer stands to the records of one tier that name nobody.
type Standing struct {
	Tier *pack.Tier
	May  []Reason // by what it may read some of them
	Not  Reason   // why it may not, where May is empty
}

// Why explains what a viewer sees of one record for a purpose. For a record that
// it may not see the answer is that for an id that nothing has: its standing.
func (g *Gate) Why(ctx context.Context, v Viewer, p Purpose, id event.Bytes16) (Released[Explanation], error) {
	if p == Count || p == Figures {
		return Released[Explanation]{}, ErrForbidden
	}
	scope, err := g.scope(v, p)
	if err != nil {
		return Released[Explanation]{}, err
	}
	e, err := g.record(ctx, scope, id)
	if e == nil {
		return release(v, g.unseen(v, p)), err
	}
	f := g.library.book().facts(e)
	if err := g.tell(ctx, Sight{v, p, SeenWhy, f.Label.Tier, 1}); err != nil {
		return Released[Explanation]{}, err
	}
	return release(v, g.explain(v, p, e)), nil
}

func (g *Gate) unseen(v Viewer, p Purpose) Explanation {
	return Explanation{Outcome: Nothing, Standing: g.rules.Standing(v, p)}
}

func (g *Gate) explain(v Viewer, p Purpose, e *event.Event) Explanation {
	f := g.library.book().facts(e)
	d := g.rules.Decide(v, p, &f)
	if d.Kind == Nothing { // the rules changed between the two
		return g.unseen(v, p)
	}
	out := Explanation{
		Outcome: d.Kind, Reasons: d.Why, Mask: d.Mask, Truncate: d.Truncate,
		Tier: g.rules.pack.Tier(f.Label.Tier), PAP: f.Label.PAP, Personal: f.Label.Personal,
	}
	for _, m := range f.Orgs {
		if contains(v.a.own, m.Org) && f.suffers(m.Side) {
			out.Matches = append(out.Matches, m)
		}
	}
	return out
}

// Standing answers "what may I read, and what not?" without looking at a record.
func (g *Gate) Standing(v Viewer, p Purpose) Released[[]Standing] {
	return release(v, g.rules.Standing(v, p))
}

// Standing says what a viewer may read for a purpose, tier by tier: of records
// that the national centre received, without personal data, that name nobody and
// have an agreement. It looks at no record.
func (r *Rules) Standing(v Viewer, p Purpose) []Standing {
	out := make([]Standing, 0, int(event.TX))
	for t := event.T0; t <= event.TX; t++ {
		s := Standing{Tier: r.pack.Tier(t)}
		l, _ := event.Label{Tier: t, PAP: event.PAPClear, Personal: event.PersonalNone, Abroad: event.AbroadNo}.Settle()
		s.May, s.Not = r.stand(v, p, &l)
		out = append(out, s)
	}
	return out
}

func (r *Rules) stand(v Viewer, p Purpose, l *event.Label) (may []Reason, not Reason) {
	if p == Figures {
		ok, why := open(true, l, &Terms{})
		if ok {
			return []Reason{why}, 0
		}
		return nil, why
	}
	lim := r.limitOf(v)
	if bar, barred := r.bar(v, p, &lim, true, l); barred {
		return nil, bar
	}
	a := admit(v, l, &Terms{})
	for _, w := range waysFor(p) {
		if a.has(w) && (w != wayOwn || v.a != nil && len(v.a.own) > 0) {
			may = append(may, a.why[w])
		} else if len(may) == 0 {
			not = a.why[w]
		}
	}
	if len(may) > 0 {
		not = 0
	}
	return may, not
}

// waysFor lists the ways that a purpose looks for.
func waysFor(p Purpose) []way {
	switch p {
	case Own:
		return []way{wayOwn}
	case Community:
		return []way{wayOthers}
	case Count:
		return []way{wayHolder, wayNamed, wayOwn, wayOthers, wayCount}
	}
	return []way{wayHolder, wayNamed, wayOwn, wayOthers}
}
