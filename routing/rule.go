// SPDX-License-Identifier: Apache-2.0

package routing

// rule is a Rule as bits; the lists it is made of have at most 64 values.
type rule struct {
	kinds, sectors uint64
	stages         uint8
	severity       uint8
	any            bool // allows everything
}

func (r *Rule) compile() rule {
	c := rule{kinds: ^uint64(0), sectors: ^uint64(0), stages: ^uint8(0), severity: r.MinSeverity}
	c.any = len(r.Kinds) == 0 && len(r.Stages) == 0 && len(r.Sectors) == 0 && r.MinSeverity == 0
	if len(r.Kinds) > 0 {
		c.kinds = bits(r.Kinds)
	}
	if len(r.Sectors) > 0 {
		c.sectors = bits(r.Sectors)
	}
	if len(r.Stages) > 0 {
		c.stages = uint8(bits(r.Stages))
	}
	return c
}

func bits[T ~uint8](values []T) (set uint64) {
	for _, v := range values {
		set |= 1 << v
	}
	return set
}

func (r *rule) wants(f *Facts) bool {
	return r.any || r.kinds>>f.Kind&1 == 1 && r.sectors>>f.Sector&1 == 1 && r.stages>>f.Stage&1 == 1 &&
		f.Severity >= r.severity
}

// wanting gives the contacts whose rules want the facts. Where all do, which is
// the usual case, nothing is allocated.
func (o *organisation) wanting(f *Facts) []ContactID {
	n := 0
	for n < len(o.rules) && o.rules[n].wants(f) {
		n++
	}
	if n == len(o.rules) {
		return o.all[:n:n]
	}
	out := o.all[:n:n] // a copy is made by the first append
	for i := n + 1; i < len(o.rules); i++ {
		if o.rules[i].wants(f) {
			out = append(out, o.all[i])
		}
	}
	return out
}
