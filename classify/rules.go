// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"
	"sync"

	"haidang/classify/pack"
	"haidang/event"
)

// way is by which right a record is read; in this order one is looked for.
type way uint8

const (
	wayHolder     way = iota // owner or receiver: whole
	wayNamed                 // the label names the viewer: whole
	wayOwn                   // the affected side is the viewer's
	wayOthers                // others' records that the label shares
	wayUnaffected            // the same, where nobody is affected
	wayCount                 // counts only
	ways
)

// levels of what personal data take away.
const (
	levelPlain = iota
	levelBasic
	levelSensitive
	levelUnsteady // sensitive, and no recent passkey
	levels
)

// cut is what a view takes away: sorted names in the words of event.Grant.
type cut struct{ mask, truncate []string }

// limit is what partners' agreements leave of what labels would give.
type limit struct {
	tier     event.Tier // TierUnset: no limit
	purposes uint16
	mask     []string
	abroad   bool
}

// Rules are the pack of classes made ready to decide by. They are not changed.
type Rules struct {
	pack     *pack.Pack
	cuts     [ways][levels]cut
	partners map[uint32]limit
}

// NewRules makes the rules of a pack.
func NewRules(p *pack.Pack) *Rules {
	r := &Rules{pack: p, partners: map[uint32]limit{}}
	v := &p.Views
	for w, view := range map[way]*pack.View{
		wayHolder: &v.Holder, wayNamed: &v.Named, wayOwn: &v.Own, wayOthers: &v.Others, wayUnaffected: &v.Unaffected,
	} {
		r.cuts[w][levelPlain] = r.cut(view.Always)
		r.cuts[w][levelBasic] = r.cut(view.Always, view.Basic)
		r.cuts[w][levelSensitive] = r.cut(view.Always, view.Basic, view.Sensitive)
		r.cuts[w][levelUnsteady] = r.cut(view.Always, view.Basic, view.Sensitive, view.Unsteady)
	}
	for l := range levels {
		r.cuts[wayCount][l] = cut{mask: allBut(v.Counts.Keep)}
	}
	for _, x := range p.Partners {
		r.partners[x.Org] = r.limit(&x)
	}
	return r
}

// builtIn are the rules of the built-in pack.
var builtIn = sync.OnceValue(func() *Rules { return NewRules(pack.BuiltIn()) })

// Pack gives the pack that the rules were made of.
func (r *Rules) Pack() *pack.Pack { return r.pack }

func (r *Rules) cut(masks ...pack.Mask) cut {
	var c cut
	for _, m := range masks {
		c.mask = append(c.mask, r.pack.Expand(m.Mask)...)
		c.truncate = append(c.truncate, m.Truncate...)
	}
	return c.normal()
}

// normal sorts the names; what is masked need not be truncated.
func (c cut) normal() cut {
	slices.Sort(c.mask)
	c.mask = slices.Compact(c.mask)
	slices.Sort(c.truncate)
	c.truncate = slices.DeleteFunc(slices.Compact(c.truncate), func(f string) bool { return slices.Contains(c.mask, f) })
	return c
}

// without gives a cut that takes more away.
func (c cut) without(mask []string) cut {
	if len(mask) == 0 {
		return c
	}
	return cut{slices.Concat(c.mask, mask), slices.Clone(c.truncate)}.normal()
}

// whole reports whether nothing is taken away.
func (c cut) whole() bool { return len(c.mask) == 0 && len(c.truncate) == 0 }

// allBut names every field that can be masked, but these.
func allBut(keep []string) []string {
	var out []string
	for i := range event.Fields {
		if n := event.Fields[i].Name; pack.Maskable(n) && !slices.Contains(keep, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (r *Rules) limit(p *pack.Partner) limit {
	code, _ := event.Tiers.Parse(p.Limit) // checked when the pack was read
	l := limit{tier: event.Tier(code), purposes: ^uint16(0), mask: r.pack.Expand(p.Mask), abroad: p.Abroad}
	if len(p.Purposes) > 0 {
		l.purposes = 0
	}
	for _, name := range p.Purposes {
		code, _ := Purposes.Parse(name)
		l.purposes |= 1 << code
	}
	return l
}

// limitOf joins the limits of all partners that a viewer acts for: what one of
// them may not get, a person who acts for both does not get either.
func (r *Rules) limitOf(v Viewer) limit {
	out := limit{purposes: ^uint16(0)}
	if v.a == nil {
		return out
	}
	out.abroad = v.a.Abroad
	if len(r.partners) == 0 {
		return out
	}
	for _, org := range v.a.Orgs {
		l, ok := r.partners[org]
		if !ok {
			continue
		}
		out.tier = meet(out.tier, l.tier)
		out.purposes &= l.purposes
		out.abroad = out.abroad || l.abroad
		out.mask = slices.Concat(out.mask, l.mask)
	}
	return out
}

// meet gives the stricter of two limits: only what both cover. That of T1 and
// T1c is T0.
func meet(a, b event.Tier) event.Tier {
	switch {
	case a == event.TierUnset:
		return b
	case b == event.TierUnset:
		return a
	case a.Within(b):
		return a
	case b.Within(a):
		return b
	}
	return event.T0
}
